import type { AgentId, EventId, ExecutionId } from '../ids';
import type { Json, JsonObject } from '../json';
import { boundedContext, boundedText } from './bounded';
import type { AuditEventType } from './event-types';
import { redactText } from './redact';

export type AuditActorKind = 'user' | 'agent' | 'system' | 'db-operator';

/** Who acted. `id` is an opaque principal id, never a name or an e-mail address. */
export interface AuditActor {
  readonly kind: AuditActorKind;
  readonly id: string;
  /** How the identity was proven: `api_key`, `oidc`, `chat_link`. */
  readonly assurance?: string;
  /** Network address the request came from. */
  readonly address?: string;
}

export interface AuditTarget {
  readonly kind: string;
  readonly id: string;
}

export interface AuditPolicyResult {
  readonly policy: string;
  readonly version: number;
  readonly rule?: string;
  readonly effect: string;
}

/** What a use case hands over; text may be anything, `auditEvent` makes it fit. */
export interface AuditEventDraft {
  readonly id: EventId;
  readonly type: AuditEventType;
  /** Milliseconds since the epoch, from the database's clock. */
  readonly tsMs: number;
  readonly actor: AuditActor;
  readonly agent?: AgentId;
  readonly action?: string;
  readonly target?: AuditTarget;
  readonly execution?: ExecutionId;
  readonly policy?: { readonly results: readonly AuditPolicyResult[] };
  /** 0 to 100. */
  readonly riskScore?: number;
  readonly outcome?: string;
  readonly context?: Readonly<Record<string, unknown>>;
  /** Payload kind to the hex of its salted commitment. */
  readonly payloads?: Readonly<Record<string, string>>;
  /** Correlation or trace id. */
  readonly correlation?: string;
}

declare const bounded: unique symbol;
/**
 * An event whose every text is bounded and well formed: appending it cannot fail. Made by
 * `auditEvent` only.
 */
export type AuditEvent = Omit<AuditEventDraft, 'context' | 'policy'> & {
  readonly context?: JsonObject;
  readonly policy?: { readonly results: readonly AuditPolicyResult[]; readonly omitted?: number };
  readonly [bounded]: true;
};

/** Copies of body fields that storage indexes; the verifier compares them with the body. */
export interface AuditIndex {
  readonly actorKind: string;
  readonly actorId: string;
  readonly agent: string | null;
  readonly execution: string | null;
  readonly action: string | null;
  readonly outcome: string | null;
}

const POLICY_RESULTS_MAX = 32;
const PAYLOADS_MAX = 8;
const NAME_MAX = 64;
const ID_MAX = 128;
const LONG_MAX = 256;
/** A body never exceeds this, whatever was sent. */
export const BODY_BYTES_MAX = 65_536;

/**
 * Makes an event fit for the chain: bounds and cleans every text, redacts credentials. Total for
 * any text.
 */
export function auditEvent(draft: AuditEventDraft): AuditEvent {
  const { actor, agent, action, target, execution, policy, riskScore, outcome } = draft;
  const { context, payloads, correlation } = draft;
  const event = {
    id: boundedText(draft.id, NAME_MAX),
    type: draft.type,
    tsMs: Math.trunc(draft.tsMs),
    actor: boundActor(actor),
    ...(agent !== undefined && { agent: boundedText(agent, ID_MAX) }),
    ...(action !== undefined && { action: boundFree(action) }),
    ...(target !== undefined && {
      target: { kind: boundedText(target.kind, NAME_MAX), id: boundFree(target.id) },
    }),
    ...(execution !== undefined && { execution: boundedText(execution, NAME_MAX) }),
    ...(policy !== undefined && { policy: boundPolicy(policy.results) }),
    ...(riskScore !== undefined && Number.isFinite(riskScore) && { riskScore }),
    ...(outcome !== undefined && { outcome: boundedText(outcome, NAME_MAX) }),
    ...(context !== undefined && { context: boundedContext(context) }),
    ...(payloads !== undefined && { payloads: boundPayloads(payloads) }),
    ...(correlation !== undefined && { correlation: boundedText(correlation, ID_MAX) }),
  };
  return event as AuditEvent;
}

const boundFree = (text: string): string =>
  boundedText(redactText(text.slice(0, LONG_MAX * 4)), LONG_MAX);

const boundActor = (actor: AuditActor): AuditActor => ({
  kind: actor.kind,
  id: boundedText(actor.id, ID_MAX),
  ...(actor.assurance !== undefined && { assurance: boundedText(actor.assurance, NAME_MAX) }),
  ...(actor.address !== undefined && { address: boundedText(actor.address, NAME_MAX) }),
});

function boundPolicy(results: readonly AuditPolicyResult[]): NonNullable<AuditEvent['policy']> {
  const kept = results.slice(0, POLICY_RESULTS_MAX).map((result) => ({
    policy: boundedText(result.policy, NAME_MAX),
    version: result.version,
    ...(result.rule !== undefined && { rule: boundedText(result.rule, NAME_MAX) }),
    effect: boundedText(result.effect, NAME_MAX),
  }));
  const omitted = results.length - kept.length;
  return omitted === 0 ? { results: kept } : { results: kept, omitted };
}

const boundPayloads = (payloads: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(payloads)
      .slice(0, PAYLOADS_MAX)
      .map(([kind, commitment]) => [boundedText(kind, NAME_MAX), boundedText(commitment, ID_MAX)]),
  );

/** The index columns of an event, of a parsed body of any shape too. */
export function auditIndexOf(body: Readonly<Record<string, unknown>> | AuditEvent): AuditIndex {
  const fields = body as { readonly [key: string]: Json | undefined };
  const actor = fields['actor'];
  const actorFields = isObject(actor) ? actor : {};
  return {
    actorKind: textOr(actorFields['kind'], ''),
    actorId: textOr(actorFields['id'], ''),
    agent: textOr(fields['agent'], null),
    execution: textOr(fields['execution'], null),
    action: textOr(fields['action'], null),
    outcome: textOr(fields['outcome'], null),
  };
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOr = <Fallback>(value: Json | undefined, fallback: Fallback): string | Fallback =>
  typeof value === 'string' ? value : fallback;
