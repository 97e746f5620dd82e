import { DomainError, type ErrorCode } from '../core/errors';
import type { CountedVote, Surface } from '../core/escalation/approval-state';
import { statusOf } from '../core/execution/state';
import type { VoteReceipt } from '../core/execution/view';
import { eventId, executionId, type ExecutionId } from '../core/ids';
import { actorOf, executionFields } from './audit-records';
import type { Caller } from './caller';
import { seal } from './payloads';
import type { WorkflowStarter } from './ports';
import type { ExecutionReads } from './read-ports';
import type { Tx, Unit, VoteRow } from './commit-ports';
import { refusalOf, stepUnit, type StepDeps, type Stepped } from './step-execution';

export interface VoteInput {
  /** Approval id, or the id of its execution. */
  readonly approvalId: string;
  readonly verdict: CountedVote['verdict'];
  readonly rationale: string;
  /** Number (1-based) of the level that was shown. */
  readonly level?: number;
  /** Hex digest of what was shown, or its first 16 digits or more. */
  readonly displayDigest?: string;
  readonly surface?: Surface;
  readonly argsDigest?: string;
  /** Client-made id of this command: the same one gets the same answer. */
  readonly commandId?: string;
}

export interface VoteDeps extends StepDeps {
  readonly reads: ExecutionReads;
  readonly starter: WorkflowStarter;
}

async function executionOf(deps: VoteDeps, caller: Caller, id: string): Promise<ExecutionId> {
  const found =
    (await deps.reads.executionByApproval(caller.tenant, id)) ??
    (await deps.reads.execution(caller.tenant, executionId(id)));
  if (found?.row.state.approval === undefined)
    throw new DomainError('approval_not_found', { what: `No approval ${id} exists.` });
  return found.row.state.id;
}

function recordVote(deps: VoteDeps, caller: Caller, input: VoteInput, command: string) {
  return (tx: Tx, stepped: Omit<Stepped, 'auditSeq'>): number | undefined => {
    if (stepped.answer.kind === 'ok' && stepped.answer.repeated) return undefined;
    const { row, counted, answer, displayDigest } = stepped;
    const refusal = answer.kind === 'refused' ? answer.code : undefined;
    const rationale =
      input.rationale.trim() === ''
        ? undefined
        : seal(
            deps.crypto,
            { tenant: tx.tenant, execution: row.state.id },
            'rationale',
            input.rationale,
          );
    if (rationale !== undefined) tx.insertPayload(rationale.payload);
    const level = counted?.level ?? input.level ?? row.state.approval?.level.number ?? 1;
    const surface = input.surface ?? 'api';
    const seq = tx.audit({
      type: refusal === undefined ? 'vote.counted' : 'vote.refused',
      actor: actorOf(caller),
      ...executionFields(row),
      outcome: refusal ?? input.verdict,
      context: {
        verdict: input.verdict,
        level,
        surface,
        command,
        argsDigest: input.argsDigest ?? row.state.argsDigest,
        ...(displayDigest === undefined ? {} : { displayDigest }),
      },
      ...(rationale === undefined ? {} : { payloads: { rationale: rationale.commitment } }),
    });
    const vote: VoteRow = {
      id: eventId(deps.crypto.uuidv7()),
      execution: row.state.id,
      principal: caller.principal,
      level,
      verdict: input.verdict,
      counted: refusal === undefined,
      assurance: caller.assurance,
      surface,
      commandId: command,
      atMs: tx.nowMs,
      auditSeq: seq,
      ...(refusal === undefined ? {} : { refusal }),
      ...(displayDigest === undefined ? {} : { displayDigest }),
      ...(rationale === undefined ? {} : { rationaleCommitment: rationale.commitment }),
    };
    tx.insertVote(vote);
    return seq;
  };
}

/** What one command came to: a step taken now, or the answer it got before. */
type Cast =
  | { readonly stepped: Stepped }
  | {
      readonly earlier: VoteRow;
      readonly status: VoteReceipt['status'];
      readonly approvalId: string;
    };

/** The vote as one unit: a command seen before changes nothing and gets its first answer again. */
function voteUnit(
  deps: VoteDeps,
  caller: Caller,
  input: VoteInput,
  id: ExecutionId,
  command: string,
): Unit<Cast> {
  const event = {
    kind: 'vote',
    voteId: command,
    verdict: input.verdict,
    voter: caller.principal,
    assurance: caller.assurance,
    surface: input.surface ?? 'api',
    rationale: input.rationale,
    ...(input.level === undefined ? {} : { level: input.level }),
    ...(input.displayDigest === undefined ? {} : { displayDigest: input.displayDigest }),
    ...(caller.issuer === undefined ? {} : { issuer: caller.issuer }),
    ...(input.argsDigest === undefined ? {} : { argsDigest: input.argsDigest }),
  } as const;
  const step = stepUnit(deps, id, () => event, {
    actor: actorOf(caller),
    credentialId: caller.credentialId,
    after: recordVote(deps, caller, input, command),
  });
  return {
    key: `execution ${id}`,
    work: async (tx, snapshot) => {
      const earlier = await tx.voteByCommand(caller.principal, command);
      if (earlier === undefined) return { stepped: await step.work(tx, snapshot) };
      if (earlier.execution !== id || earlier.verdict !== input.verdict) {
        throw new DomainError('conflict', {
          what: `Command ${command} was used for another vote.`,
        });
      }
      const row = await tx.execution(id);
      if (row === undefined) throw new DomainError('execution_not_found');
      return {
        earlier,
        status: statusOf(row.state),
        approvalId: row.state.approval?.approvalId ?? '',
      };
    },
    stopsOnly: (cast) => 'stepped' in cast && step.stopsOnly?.(cast.stepped) === true,
  };
}

function receiptOf(id: ExecutionId, verdict: VoteInput['verdict'], cast: Cast): VoteReceipt {
  if ('earlier' in cast) {
    const { earlier, status, approvalId } = cast;
    if (earlier.refusal !== undefined) {
      throw new DomainError(earlier.refusal as ErrorCode, {
        what: 'This command was refused before.',
      });
    }
    return {
      executionId: id,
      approvalId,
      counted: true,
      repeated: true,
      verdict,
      status,
      auditSeq: earlier.auditSeq,
    };
  }
  const refusal = refusalOf(cast.stepped);
  if (refusal !== undefined) throw refusal;
  const { row, answer, auditSeq } = cast.stepped;
  return {
    executionId: id,
    approvalId: row.state.approval?.approvalId ?? '',
    counted: true,
    repeated: answer.kind === 'ok' && answer.repeated,
    verdict,
    status: statusOf(row.state),
    auditSeq,
  };
}

/** A vote of somebody who may not vote at all, an agent's key among them, still stands in the chain. */
async function refuseUnentitled(deps: VoteDeps, caller: Caller, input: VoteInput): Promise<never> {
  const id = await executionOf(deps, caller, input.approvalId).catch(() => undefined);
  if (id !== undefined) {
    await deps.committer.commit(caller.tenant, {
      work: (tx) =>
        void tx.audit({
          type: 'vote.refused',
          actor: actorOf(caller),
          execution: id,
          outcome: 'forbidden',
          context: { verdict: input.verdict },
        }),
    });
  }
  // The same answer whether the approval exists or not.
  throw new DomainError('forbidden', {
    what: 'This credential lacks the permission approvals:decide.',
  });
}

/**
 * One vote of one person, the same for every door. It is final and truthfully answered at its commit, with
 * worker and Temporal down. Refusals are DomainErrors and stand in the chain.
 */
export function createCastVote(deps: VoteDeps) {
  return async (caller: Caller, input: VoteInput): Promise<VoteReceipt> => {
    if (!caller.permissions.has('approvals:decide')) return refuseUnentitled(deps, caller, input);
    const id = await executionOf(deps, caller, input.approvalId);
    const command = input.commandId ?? deps.crypto.uuidv7();
    const cast = await deps.committer.commit(
      caller.tenant,
      voteUnit(deps, caller, input, id, command),
    );
    if ('stepped' in cast && cast.stepped.changed) {
      const { version } = cast.stepped.row.state;
      deps.starter.nudgeSoon(
        { kind: 'nudge', execution: id, version, signal: 'approval' },
        caller.tenant,
      );
    }
    return receiptOf(id, input.verdict, cast);
  };
}
