import { DomainError } from '../core/errors';
import type { CountedVote } from '../core/escalation/ladder';
import type { ExecutionRecord } from '../core/execution/settle';
import {
  applyEvent,
  type Answer,
  type ExecutionEvent,
  type TransitionContext,
  type VoteEvent,
} from '../core/execution/transition';
import { currentLevel } from '../core/escalation/ladder';
import type { ExecutionId, PrincipalId, TenantId } from '../core/ids';
import type { JsonObject } from '../core/json';
import type { AgentProfile, Facts } from '../core/policy/model';
import { auditRecords, type Actor } from './audit-records';
import { decideRequest, policyRequest } from './decide-request';
import { openKind } from './payloads';
import type { Committer, Cryptography, StoredExecution, TenantSnapshot, Tx, Unit } from './ports';
import { claimedUser, namedNow, whoMayDecide, type Asked } from './separation';

export interface StepDeps {
  readonly committer: Committer;
  readonly crypto: Cryptography;
}

export interface Stepped {
  readonly row: StoredExecution;
  readonly answer: Answer;
  readonly records: readonly ExecutionRecord[];
  readonly counted?: CountedVote;
  readonly changed: boolean;
  readonly snapshot: TenantSnapshot;
  readonly nowMs: number;
  /** Sequence of the last audit event this step wrote, 0 for none. */
  readonly auditSeq: number;
}

/** What the event's own use case adds in the same transaction: its audit row, its vote, its payloads. */
export type AfterStep = (tx: Tx, stepped: Omit<Stepped, 'auditSeq'>) => number | undefined;

const nobody = (): readonly PrincipalId[] => [];

interface RequestAgain {
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly facts: Facts;
  readonly justification?: string;
}

async function openRequest(
  deps: StepDeps,
  tx: Tx,
  row: StoredExecution,
): Promise<RequestAgain | undefined> {
  const payloads = await tx.payloads(row.state.id);
  const value = (kind: 'arguments' | 'context' | 'facts' | 'justification') =>
    openKind(deps.crypto, tx.tenant, payloads, kind)?.value;
  const args = value('arguments');
  if (args === undefined) return undefined;
  const justification = value('justification');
  return {
    args: args as JsonObject,
    context: (value('context') ?? {}) as JsonObject,
    facts: (value('facts') ?? {}) as unknown as Facts,
    ...(typeof justification === 'string' ? { justification } : {}),
  };
}

/** Decides the stored request again, under today's controls, at its own recorded time and facts (I-3). */
function recheckOf(
  deps: StepDeps,
  row: StoredExecution,
  snapshot: TenantSnapshot,
  request: RequestAgain | undefined,
  agent: AgentProfile | undefined,
): TransitionContext['recheck'] {
  return () => {
    if (request === undefined)
      return { kind: 'changed', why: 'The arguments were erased, so nobody can approve them.' };
    if (agent === undefined) return { kind: 'changed', why: 'The agent is no longer registered.' };
    const { args, context, facts, justification } = request;
    const fields = {
      action: row.action,
      environment: row.environment,
      args,
      context,
      exceptionRequested: row.exceptionRequested,
      ...(justification === undefined ? {} : { justification }),
      ...(row.workflowType === undefined ? {} : { workflowType: row.workflowType }),
    };
    const again = decideRequest(
      deps.crypto,
      { ...snapshot, kills: [] },
      policyRequest(agent, fields),
      facts,
      row.decidedAtMs,
    );
    if (again.decision.verdict === 'DENY')
      return { kind: 'changed', why: `It would be denied now: ${again.decision.reason}.` };
    if (again.basis !== row.state.approval?.basis) {
      return {
        kind: 'changed',
        why: 'The rules that apply to it are no longer the ones it was shown under.',
      };
    }
    return { kind: 'same' };
  };
}

async function voterCheck(
  tx: Tx,
  row: StoredExecution,
  asked: Asked | undefined,
  event: ExecutionEvent,
  credentialId: string | undefined,
): Promise<TransitionContext['voterExcluded']> {
  if (event.kind !== 'vote' || row.state.approval === undefined || asked === undefined)
    return () => undefined;
  const active = credentialId === undefined || (await tx.credentialActive(credentialId));
  const approval = row.state.approval;
  return (vote: VoteEvent) => {
    if (!vote.voter.startsWith('user:'))
      return 'Only people decide; a machine is never an approver.';
    if (!active) return 'The credential or its holder is no longer active.';
    if (asked.excluded.includes(vote.voter)) {
      return "Separation of duties: the requester, the agent's owner, and without a human requester whoever registered the agent or made its keys, do not decide.";
    }
    if (vote.issuer !== undefined && vote.issuer === row.requester && vote.assurance === 'issued') {
      return 'The requester issued this credential, so both count as one human.';
    }
    const selectors = currentLevel(approval).groups.flatMap((group) => [...group.selectors]);
    return namedNow(asked, selectors, vote.voter)
      ? undefined
      : 'This person does not hold a role that the open level asks.';
  };
}

/**
 * The one way an existing execution changes: loads it under the head lock, applies the event through the
 * pure state machine, writes row, audit and outbox in the same transaction. REST, CLI, the workflow's
 * activities and its timers all come through here.
 */
export function stepUnit(
  deps: StepDeps,
  id: ExecutionId,
  toEvent: (tx: Tx) => ExecutionEvent,
  options: { readonly actor: Actor; readonly after?: AfterStep; readonly credentialId?: string },
): Unit<Stepped> {
  let agent:
    | { readonly id: string; readonly profile: AgentProfile | undefined; readonly epoch: number }
    | undefined;
  return {
    key: `execution ${id}`,
    work: async (tx, snapshot) => {
      const row = await tx.execution(id);
      if (row === undefined)
        throw new DomainError('execution_not_found', {
          what: `No execution ${id} exists for this credential.`,
        });
      if (agent?.epoch !== snapshot.epoch)
        agent = { id: row.agent, profile: await snapshot.agent(row.agent), epoch: snapshot.epoch };
      const event = toEvent(tx);
      const judges = event.kind === 'vote' || event.kind === 'release';
      const request =
        row.state.approval !== undefined && (judges || event.kind === 'due')
          ? await openRequest(deps, tx, row)
          : undefined;
      const claimed = request === undefined ? undefined : claimedUser(request.context);
      const asked =
        row.state.approval === undefined || event.kind === 'kill'
          ? undefined
          : await whoMayDecide(
              tx,
              row.state.approval.chain,
              row,
              claimed,
              row.state.approval.excluded,
            );
      const context: TransitionContext = {
        nowMs: tx.nowMs,
        kills: snapshot.kills,
        resolve: asked?.resolve ?? nobody,
        voterExcluded: await voterCheck(tx, row, asked, event, options.credentialId),
        stillEligible: (voter) =>
          asked !== undefined &&
          [...asked.people.values()].some((people) =>
            people.some((person) => person.principal === voter),
          ) &&
          !asked.excluded.includes(voter),
        recheck: recheckOf(deps, row, snapshot, request, agent.profile),
        agentActive: agent.profile?.status === 'active',
      };
      const moved = applyEvent(row.state, event, context);
      const changed = moved.state !== row.state;
      const next: StoredExecution = changed
        ? { ...row, state: moved.state, updatedAtMs: tx.nowMs }
        : row;
      const stepped = {
        row: next,
        answer: moved.answer,
        records: moved.records,
        changed,
        snapshot,
        nowMs: tx.nowMs,
        ...(moved.counted === undefined ? {} : { counted: moved.counted }),
      };
      const own = options.after?.(tx, stepped);
      const last = auditRecords(tx, next, moved.records, options.actor);
      if (changed) {
        tx.updateExecution(next);
        tx.notifyChanged(id, next.state.version);
        if (row.state.approval !== undefined && event.kind !== 'told') {
          tx.enqueue({
            kind: 'nudge',
            execution: id,
            version: next.state.version,
            signal: event.kind === 'kill' ? 'kill' : 'approval',
          });
        }
      }
      return { ...stepped, auditSeq: last ?? own ?? 0 };
    },
    stopsOnly: ({ row }) =>
      ['denied', 'killed', 'cancelled', 'expired', 'rejected'].includes(row.state.verdict),
  };
}

export function commitStep(
  deps: StepDeps,
  tenant: TenantId,
  unit: Unit<Stepped>,
): Promise<Stepped> {
  return deps.committer.commit(tenant, unit);
}

/** A refusal as the error that REST and the other doors show. */
export function refusalOf(stepped: Stepped): DomainError | undefined {
  if (stepped.answer.kind === 'ok') return undefined;
  const { code, why } = stepped.answer;
  return new DomainError(code, { what: why, extra: { executionId: stepped.row.state.id } });
}
