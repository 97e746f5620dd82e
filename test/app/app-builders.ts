import { createHash } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import type { Approver, Tx } from '../../src/app/commit-ports';
import type { SealedPayload, StoredExecution, TenantSnapshot } from '../../src/app/ports';
import type { AuditEventDraft } from '../../src/core/audit/event';
import { wallTime } from '../../src/core/escalation/business-time';
import { describeSelector, type ApproverSelector } from '../../src/core/escalation/chain';
import { STANDARD_CHAIN } from '../../src/core/escalation/predefined-chains';
import type { ExecutionState } from '../../src/core/execution/state';
import {
  agentId,
  agentPrincipal,
  DEFAULT_TENANT,
  userPrincipal,
  type PrincipalId,
} from '../../src/core/ids';
import type { PolicyDecision } from '../../src/core/policy/model';
import type { PolicySet } from '../../src/core/policy/policy-set';
import { CALM, OPENED_MS } from '../core/execution/state-builders';
import { inputOf } from '../core/policy/policy-builders';

export const BOT = agentId('bot');

export const SHA256 = {
  sha256: (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest(),
};

const approverOf = (name: string): Approver => ({
  principal: userPrincipal(name),
  email: `${name}@company.com`,
});

type Registration = Awaited<ReturnType<Tx['agentRegistration']>>;

export interface Stage {
  readonly tx: Tx;
  readonly audited: Omit<AuditEventDraft, 'id' | 'tsMs'>[];
  /** The selectors of every look-up of people. */
  readonly lookedUp: string[][];
}

/** An open transaction in which these people hold these roles, by `role:<name>`. */
export function stageOf(
  people: Readonly<Record<string, readonly string[]>>,
  rest: {
    readonly nowMs?: number;
    readonly registration?: Registration;
    readonly payloads?: readonly SealedPayload[];
  } = {},
): Stage {
  const audited: Stage['audited'] = [];
  const lookedUp: string[][] = [];
  const tx: Partial<Tx> = {
    tenant: DEFAULT_TENANT,
    nowMs: rest.nowMs ?? OPENED_MS,
    approvers: (selectors: readonly ApproverSelector[]) => {
      const names = selectors.map(describeSelector);
      lookedUp.push(names);
      return Promise.resolve(
        new Map(names.map((name) => [name, (people[name] ?? []).map(approverOf)])),
      );
    },
    agentRegistration: () => Promise.resolve(rest.registration),
    payloads: () => Promise.resolve(rest.payloads ?? []),
    credentialActive: () => Promise.resolve(true),
    audit: (event) => audited.push(event),
  };
  return { tx: tx as Tx, audited, lookedUp };
}

export const registrationOf = (
  owner: string,
  registeredBy: PrincipalId,
  ...keyMinters: PrincipalId[]
): NonNullable<Registration> => ({ owner, registeredBy, keyMinters });

const DECISION: PolicyDecision = {
  verdict: 'REQUIRE_APPROVAL',
  reasonCode: 'approval_required',
  reason: 'Over the limit',
  explanation: 'A person must look at it.',
  matched: [],
  trace: [],
  obligations: [],
  requirements: [{ chain: 'standard' }],
  policyChain: [],
};

export function rowOf(state: ExecutionState, row: Partial<StoredExecution> = {}): StoredExecution {
  return {
    tenant: DEFAULT_TENANT,
    state,
    agent: BOT,
    action: 'pay',
    environment: 'prod',
    decision: DECISION,
    agentProfile: inputOf().request.agent,
    requester: agentPrincipal('bot'),
    requestDigest: 'q1',
    exceptionRequested: false,
    decidedAtMs: OPENED_MS,
    updatedAtMs: OPENED_MS,
    startPending: false,
    ...row,
  };
}

export const snapshotOf = (
  policySet: PolicySet,
  snapshot: Partial<TenantSnapshot> = {},
): TenantSnapshot => ({
  tenant: DEFAULT_TENANT,
  epoch: 1,
  policySet,
  chains: new Map([['standard', STANDARD_CHAIN]]),
  chainFacts: [],
  situation: (_input, riskScore) => ({ ...CALM, riskScore }),
  addTime: wallTime,
  kills: [],
  bundleDefault: 'deny',
  listNames: new Set(),
  agent: () => Promise.resolve(inputOf().request.agent),
  ...snapshot,
});

export const callerOf = (caller: Partial<Caller> = {}): Caller => ({
  tenant: DEFAULT_TENANT,
  principal: agentPrincipal('bot'),
  kind: 'agent',
  credentialId: 'c1',
  assurance: 'issued',
  permissions: new Set(),
  agent: BOT,
  ...caller,
});
