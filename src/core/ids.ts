/** Branded identifiers: an ExecutionId never slips into the place of a PrincipalId. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Lower-case slug, 1-63 characters. */
export type TenantId = Branded<'TenantId'>;
/** UUID version 7; the Temporal workflow id is `exec-<executionId>`. */
export type ExecutionId = Branded<'ExecutionId'>;
/** UUID version 7; one approval id serves all levels of an execution. */
export type ApprovalId = Branded<'ApprovalId'>;
/** `user:<id>`, `agent:<id>` or `system:<name>`: opaque to the audit chain. */
export type PrincipalId = Branded<'PrincipalId'>;
/** The agent's registered id, a slug. */
export type AgentId = Branded<'AgentId'>;
/** Random text made by the client; identifies one try to run the action. */
export type AttemptId = Branded<'AttemptId'>;
/** UUID of one audit event. */
export type EventId = Branded<'EventId'>;

export const tenantId = (text: string): TenantId => text as TenantId;
export const executionId = (text: string): ExecutionId => text as ExecutionId;
export const approvalId = (text: string): ApprovalId => text as ApprovalId;
export const principalId = (text: string): PrincipalId => text as PrincipalId;
export const agentId = (text: string): AgentId => text as AgentId;
export const attemptId = (text: string): AttemptId => text as AttemptId;
export const eventId = (text: string): EventId => text as EventId;

export const userPrincipal = (userId: string): PrincipalId => principalId(`user:${userId}`);
export const agentPrincipal = (agent: string): PrincipalId => principalId(`agent:${agent}`);
export const systemPrincipal = (name: string): PrincipalId => principalId(`system:${name}`);

/** The tenant of the embedded default, and the log that takes events belonging to no tenant. */
export const DEFAULT_TENANT = tenantId('default');
export const SYSTEM_TENANT = tenantId('system');

export const workflowIdOf = (id: ExecutionId): string => `exec-${id}`;
