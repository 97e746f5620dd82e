import type { ApprovalState } from '../core/escalation/approval-state';
import { currentLevel } from '../core/escalation/ladder';
import { dueAtMs, isOpen } from '../core/execution/state';
import type { ExecutionEvent, TransitionContext } from '../core/execution/transition';
import { issuerOf, type VoteEvent } from '../core/execution/vote';
import type { PrincipalId } from '../core/ids';
import type { JsonObject } from '../core/json';
import type { AgentProfile, Facts } from '../core/policy/model';
import type { Tx } from './commit-ports';
import { displayDigestOf, displayOf } from './approval-display';
import { decideRequest, policyRequest } from './decide-request';
import { killSubjects } from './kill-subjects';
import { openKind } from './payloads';
import type { Cryptography, StoredExecution, TenantSnapshot } from './ports';
import { claimedUser, namedNow, whoMayDecide, type Asked } from './separation';

const nobody = (): readonly PrincipalId[] => [];

/** The request as it was sent, opened again. */
interface RequestAgain {
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly facts: Facts;
  readonly justification?: string;
}

async function openRequest(
  deps: ContextDeps,
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
  deps: ContextDeps,
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
  if (event.kind !== 'vote' || asked === undefined) return () => undefined;
  const active = credentialId === undefined || (await tx.credentialActive(credentialId));
  // The level is the one open when the vote is judged: a timeout found due may have opened another.
  return (vote: VoteEvent, approval: ApprovalState) => {
    if (!vote.voter.startsWith('user:'))
      return 'Only people decide; a machine is never an approver.';
    if (!active) return 'The credential or its holder is no longer active.';
    if (asked.excluded.includes(vote.voter)) {
      return "Separation of duties: the requester, the agent's owner, and without a human requester whoever registered the agent or made its keys, do not decide.";
    }
    if (issuerOf(vote) === row.requester) {
      return 'The requester issued this credential, so both count as one human.';
    }
    const selectors = currentLevel(approval).groups.flatMap((group) => [...group.selectors]);
    return namedNow(asked, selectors, vote.voter)
      ? undefined
      : 'This person does not hold a role that the open level asks.';
  };
}

export interface ContextDeps {
  readonly crypto: Cryptography;
}

/** What judging an event needs besides the state: people, the request decided again, the agent's standing. */
export async function transitionContext(
  deps: ContextDeps,
  tx: Tx,
  row: StoredExecution,
  snapshot: TenantSnapshot,
  event: ExecutionEvent,
  credentialId: string | undefined,
): Promise<TransitionContext> {
  const { approval } = row.state;
  const due = dueAtMs(row.state);
  const judges = event.kind === 'vote' || event.kind === 'release';
  // A timeout may open the next level, so the people are needed whenever one is due, whatever the event.
  const mayOpenLevel = isOpen(row.state) && due !== undefined && due <= tx.nowMs;
  const needed = approval !== undefined && (judges || mayOpenLevel);
  const request = needed ? await openRequest(deps, tx, row) : undefined;
  const claimed = request === undefined ? undefined : claimedUser(request.context);
  const asked = needed
    ? await whoMayDecide(tx, approval.chain, row, claimed, approval.excluded)
    : undefined;
  const agent = needed ? await snapshot.agent(row.agent) : undefined;
  return {
    nowMs: tx.nowMs,
    kills: snapshot.kills,
    subjects: await killSubjects(row, snapshot),
    resolve: asked?.resolve ?? nobody,
    addTime: snapshot.addTime,
    voterExcluded: await voterCheck(tx, row, asked, event, credentialId),
    recheck: recheckOf(deps, row, snapshot, request, agent),
    agentActive: agent?.status === 'active',
    ...(event.kind !== 'vote' || approval === undefined || request === undefined
      ? {}
      : {
          displayDigest: (open: ApprovalState) =>
            displayDigestOf(deps.crypto, displayOf(row, open, request)),
        }),
  };
}
