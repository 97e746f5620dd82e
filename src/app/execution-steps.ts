import { DomainError } from '../core/errors';
import { describeApprovers, selectorsOf } from '../core/escalation/chain';
import { currentLevel } from '../core/escalation/ladder';
import { dueAtMs, endsAtMs, isOpen, statusOf, type ExecutionStatus } from '../core/execution/state';
import { endOf } from '../core/execution/answers';
import type { ExecutionId, PrincipalId, TenantId } from '../core/ids';
import { EFFECTS, type PolicyVerdict } from '../core/policy/model';
import { createApplyDue } from './apply-due';
import { executionFields, SYSTEM_ACTOR } from './audit-records';
import type { Tx } from './commit-ports';
import type { StoredExecution } from './ports';
import type { ExecutionReads, ReadExecution } from './read-ports';
import { stageOpening } from './stage-messages';
import { stepUnit, type AfterStep, type StepDeps, type Stepped } from './step-execution';

/** Reference to one execution, as its workflow knows it: never arguments. */
export interface GovernedReference {
  readonly tenant: TenantId;
  readonly executionId: ExecutionId;
  /** argsDigest; a step refuses one that is not the stored one. */
  readonly digest: string;
}

/** One execution as its workflow and the readers of its history need it. Texts are raw. */
export interface RunView {
  readonly executionId: string;
  readonly verdict: PolicyVerdict;
  readonly status: ExecutionStatus;
  readonly version: number;
  readonly waitingFor: 'nothing' | 'approval' | 'release' | 'outcome';
  /**
   * `index` and `of` count from 1; `deadline` is ISO 8601 UTC. `opening` tells two openings of one level
   * apart; histories from before levels could be reopened lack it.
   */
  readonly level?: {
    readonly index: number;
    readonly opening?: number;
    readonly name: string;
    readonly of: number;
    readonly approvers: string;
    readonly deadline: string;
  };
  /** Until the next due moment by the database's clock; absent = no timer. */
  readonly remainingMs?: number;
  /** What is due then; absent = the end of the wait. */
  readonly next?: 'reminder';
  readonly summary: {
    readonly agent: string;
    readonly action: string;
    readonly environment: string;
    readonly reason: string;
    readonly policy: string;
    readonly rule: string;
    readonly argsDigest: string;
    readonly chain?: string;
  };
}

function waitingFor(row: StoredExecution): RunView['waitingFor'] {
  const { state } = row;
  if (isOpen(state)) return 'approval';
  if (state.approval === undefined) return 'nothing';
  if (state.verdict === 'approved' && state.run.kind === 'none') return 'release';
  return state.run.kind === 'executing' && state.outcomeDueMs !== undefined ? 'outcome' : 'nothing';
}

function runView(row: StoredExecution, nowMs: number): RunView {
  const { state, decision } = row;
  const strictest = [...decision.matched].sort(
    (a, b) => EFFECTS.indexOf(b.effect) - EFFECTS.indexOf(a.effect),
  )[0];
  const waits = waitingFor(row);
  const due = waits === 'nothing' ? undefined : dueAtMs(state);
  const approval = waits === 'approval' ? state.approval : undefined;
  const level = approval === undefined ? undefined : currentLevel(approval);
  return {
    executionId: state.id,
    verdict: decision.verdict,
    status: statusOf(state),
    version: state.version,
    waitingFor: waits,
    summary: {
      agent: row.agent,
      action: row.action,
      environment: row.environment,
      reason: (endOf(state) ?? decision).reason,
      policy: strictest?.policy ?? 'none',
      rule: strictest?.rule ?? 'none',
      argsDigest: state.argsDigest,
      ...(state.approval === undefined ? {} : { chain: state.approval.chain.id }),
    },
    ...(due === undefined ? {} : { remainingMs: Math.max(0, due - nowMs) }),
    ...(due === undefined || due === endsAtMs(state) ? {} : { next: 'reminder' }),
    ...(approval === undefined || level === undefined
      ? {}
      : {
          level: {
            index: approval.level.number,
            opening: approval.level.opening,
            name: level.name,
            of: approval.chain.of,
            approvers: describeApprovers(level),
            deadline: new Date(approval.level.deadlineMs).toISOString(),
          },
        }),
  };
}

export interface ExecutionStepDeps extends StepDeps {
  readonly reads: ExecutionReads;
  /** Hex SHA-256 of the stored history. */
  readonly historyDigest: (history: Uint8Array) => string;
}

/** Names in the chain who is asked at this level, once. Their inbox is the pending list. */
function tellLevel(
  input: GovernedReference & { readonly level: number },
  deps: ExecutionStepDeps,
): Promise<Stepped> {
  const after: AfterStep = async (tx, { answer, row }) => {
    const { approval } = row.state;
    if (answer.kind !== 'ok' || answer.repeated || approval === undefined) return undefined;
    const asked = askedPeople(row);
    stageOpening(tx, row, await onCallNow(tx, row, asked));
    const context = {
      level: input.level,
      name: currentLevel(approval).name,
      chain: approval.chain.id,
      people: asked,
      deadlineMs: approval.level.deadlineMs,
      surface: 'inbox',
    };
    return tx.audit({
      type: 'approval.requested',
      actor: SYSTEM_ACTOR,
      ...executionFields(row),
      outcome: 'asked',
      context,
    });
  };
  const told = { kind: 'told', level: input.level } as const;
  return deps.committer.commit(
    input.tenant,
    stepUnit(deps, input.executionId, () => told, { actor: SYSTEM_ACTOR, after }),
  );
}

/** Those of the asked who are asked because they are on call: they get a copy of the card. */
async function onCallNow(
  tx: Tx,
  { state }: StoredExecution,
  asked: readonly PrincipalId[],
): Promise<readonly PrincipalId[]> {
  if (state.approval === undefined) return [];
  const selectors = selectorsOf([currentLevel(state.approval)]).filter(
    ({ kind }) => kind === 'on_call',
  );
  if (selectors.length === 0) return [];
  const people = [...(await tx.approvers(selectors)).values()].flat();
  return people.map(({ principal }) => principal).filter((person) => asked.includes(person));
}

const askedPeople = ({ state }: StoredExecution): readonly PrincipalId[] => [
  ...new Set((state.approval?.level.groups ?? []).flatMap((group) => [...group.eligible])),
];

/** Chains the end of the run once and keeps its compressed history for replay. */
async function keepHistory(
  deps: ExecutionStepDeps,
  input: GovernedReference,
  row: StoredExecution,
  history: Uint8Array,
): Promise<void> {
  const digest = deps.historyDigest(history);
  await deps.committer.commit(input.tenant, {
    lane: 'exclusive',
    work: async (tx) => {
      if (!(await tx.registry.storeHistory(input.executionId, history, digest))) return;
      const context = { historySha256: digest, historyBytes: history.length };
      tx.audit({
        type: 'execution.closed',
        actor: SYSTEM_ACTOR,
        ...executionFields(row),
        outcome: statusOf(row.state),
        context,
      });
    },
  });
}

/** What the workflow's activities call. Each may run any number of times for one call, so each is idempotent. */
export function createExecutionSteps(deps: ExecutionStepDeps) {
  const applyDue = createApplyDue(deps);
  const read = async (input: GovernedReference): Promise<ReadExecution> => {
    const found = await deps.reads.execution(input.tenant, input.executionId);
    if (found === undefined)
      throw new DomainError('execution_not_found', {
        what: `No execution ${input.executionId} is stored.`,
      });
    if (found.row.state.argsDigest !== input.digest) {
      throw new DomainError('digest_mismatch', {
        what: 'The workflow names other arguments than were decided.',
      });
    }
    return found;
  };
  const view = async (input: GovernedReference): Promise<RunView> => {
    const found = await read(input);
    return runView(found.row, found.nowMs);
  };
  return {
    checkPolicy: view,
    openLevel: view,
    notifyApprovers: async (
      input: GovernedReference & { readonly level: number },
    ): Promise<{ readonly asked: number }> => {
      await read(input);
      const told = await tellLevel(input, deps);
      return { asked: askedPeople(told.row).length };
    },
    recordDue: async (input: GovernedReference): Promise<RunView> => {
      await read(input);
      const done = await applyDue(input.tenant, input.executionId);
      return runView(done.row, done.nowMs);
    },
    closeExecution: async (
      input: GovernedReference & { readonly history?: Uint8Array },
    ): Promise<RunView> => {
      const found = await read(input);
      const ended = waitingFor(found.row) === 'nothing';
      if (ended && input.history !== undefined) {
        await keepHistory(deps, input, found.row, input.history);
      }
      return runView(found.row, found.nowMs);
    },
  };
}
