import { randomUUID } from 'node:crypto';
import type { CommandAnswer, ExecutionSteps, GovernedInput, RunView } from '../../activities/ports';
import { DomainError } from '../../src/core/errors';
import { executionId, tenantId, type ExecutionId } from '../../src/core/ids';

type Moving = { -readonly [K in 'status' | 'version' | 'waitingFor' | 'verdict']: RunView[K] };

/** One execution as the database would hold it: its state, and what time alone does to it. */
export interface FakeExecution extends Moving {
  readonly input: GovernedInput;
  level: NonNullable<RunView['level']> | undefined;
  dueAtMs: number | undefined;
  /** What is due then, where it is not the end of the wait. */
  next?: 'reminder' | undefined;
  onDue: (execution: FakeExecution) => void;
  agent: string;
  reason: string;
}

export interface FakeDatabase {
  readonly steps: ExecutionSteps;
  readonly executions: Map<string, FakeExecution>;
  /** Names of the steps taken for one execution, in order. */
  readonly calls: (id: ExecutionId) => readonly string[];
  /** Every step throws this until it is cleared. */
  outage: Error | undefined;
  histories: Map<string, Uint8Array>;
}

const settle = (execution: FakeExecution, status: RunView['status']): void => {
  Object.assign(execution, { status, waitingFor: 'nothing', level: undefined, dueAtMs: undefined });
  execution.next = undefined;
  execution.version += 1;
};

export const reject = (execution: FakeExecution): void => settle(execution, 'rejected');
export const kill = (execution: FakeExecution): void => settle(execution, 'killed');
export const expire = (execution: FakeExecution): void => settle(execution, 'expired');

export function awaitRelease(execution: FakeExecution, dueInMs = 3_600_000): void {
  Object.assign(execution, { status: 'approved', waitingFor: 'release', level: undefined });
  execution.dueAtMs = Date.now() + dueInMs;
  execution.next = undefined;
  execution.onDue = expire;
  execution.version += 1;
}

export function allowed(): FakeExecution {
  return {
    input: {
      tenant: tenantId('default'),
      executionId: executionId(randomUUID()),
      digest: 'a'.repeat(64),
    },
    verdict: 'ALLOW',
    status: 'executing',
    version: 1,
    waitingFor: 'nothing',
    level: undefined,
    dueAtMs: undefined,
    onDue: () => undefined,
    agent: 'support-bot',
    reason: 'Refunds up to 100 are allowed.',
  };
}

/** Waits for L1; L2 follows when `levels` says so, then rejection. */
export function pending(levelMs: number, levels = 1): FakeExecution {
  const execution = allowed();
  const open = (index: number): void => {
    execution.dueAtMs = Date.now() + levelMs;
    execution.level = {
      index,
      of: levels,
      name: `L${index}`,
      approvers: 'role:support-manager',
      deadline: new Date(execution.dueAtMs).toISOString(),
    };
    execution.onDue = () => {
      execution.version += 1;
      if (index < levels) open(index + 1);
      else reject(execution);
    };
  };
  Object.assign(execution, {
    verdict: 'REQUIRE_APPROVAL',
    status: 'pending_approval',
    waitingFor: 'approval',
    reason: 'Refunds over 100 need a manager.',
  });
  open(1);
  return execution;
}

/** Goes back to the level below and opens it again, before any worker saw the one above. */
export function reopen(execution: FakeExecution, opening: number): void {
  if (execution.level === undefined) throw new Error('no level is open');
  execution.level = { ...execution.level, opening };
  execution.version += 1;
}

/** A level that is asked, with reminders so long after it opened. */
export interface FakeLevel {
  /** 1-based; a level that is asked again comes twice. */
  readonly number: number;
  readonly timeoutMs: number;
  readonly remindersMs?: readonly number[];
}

/** Waits at each opening in turn, reminding where it says so; rejection follows the last. */
export function climbing(openings: readonly FakeLevel[]): FakeExecution {
  const execution = pending(1, Math.max(...openings.map(({ number }) => number)));
  const open = (position: number): void => {
    const opening = openings[position];
    if (opening === undefined) return reject(execution);
    const { number, timeoutMs, remindersMs = [] } = opening;
    const openedAtMs = Date.now();
    const endsAtMs = openedAtMs + timeoutMs;
    const name = `L${String(number)}`;
    const deadline = new Date(endsAtMs).toISOString();
    const { of, approvers } = { of: 1, approvers: 'nobody', ...execution.level };
    execution.level = { index: number, opening: position + 1, of, name, approvers, deadline };
    const ahead = [...remindersMs];
    const wait = (): void => {
      const remindMs = ahead.shift();
      execution.next = remindMs === undefined ? undefined : 'reminder';
      execution.dueAtMs = remindMs === undefined ? endsAtMs : openedAtMs + remindMs;
      execution.onDue = () => {
        execution.version += 1;
        if (remindMs === undefined) open(position + 1);
        else wait();
      };
    };
    wait();
  };
  open(0);
  return execution;
}

/** The use cases over memory: same contract, no servers. */
export function createFakeDatabase(): FakeDatabase {
  const executions = new Map<string, FakeExecution>();
  const log = new Map<string, string[]>();
  const histories = new Map<string, Uint8Array>();
  const database: FakeDatabase = {
    executions,
    histories,
    outage: undefined,
    calls: (id) => log.get(id) ?? [],
    steps: {
      checkPolicy: async (input) => viewOf(found('checkPolicy', input)),
      openLevel: async (input) => viewOf(found('openLevel', input)),
      notifyApprovers: async (input) => {
        found(`notifyApprovers ${input.level}`, input);
        return { asked: 2 };
      },
      recordDue: async (input) => {
        const execution = found('recordDue', input);
        if (execution.dueAtMs !== undefined && Date.now() >= execution.dueAtMs) {
          execution.onDue(execution);
        }
        return viewOf(execution);
      },
      closeExecution: async (input) => {
        const execution = found('closeExecution', input);
        if (input.history !== undefined) histories.set(input.executionId, input.history);
        return viewOf(execution);
      },
      command: async (kind, input, payload, credential) =>
        command(found(`command ${kind}`, input), kind, payload['verdict'], credential),
    },
  };
  const found = (step: string, input: GovernedInput): FakeExecution => {
    if (database.outage !== undefined) throw database.outage;
    const execution = executions.get(input.executionId);
    if (execution === undefined) throw new DomainError('execution_not_found');
    log.set(input.executionId, [...database.calls(input.executionId), step]);
    return execution;
  };
  return database;
}

function command(
  execution: FakeExecution,
  kind: 'vote' | 'release' | 'outcome',
  verdict: unknown,
  credential: string,
): CommandAnswer {
  if (credential !== 'token-of-alice') throw new DomainError('unauthenticated');
  if (kind === 'vote') {
    if (execution.waitingFor !== 'approval') {
      return { ok: false, code: 'already_decided', why: 'Decided before.' };
    }
    if (verdict === 'approve') awaitRelease(execution);
    else reject(execution);
  } else if (kind === 'release') {
    if (execution.status !== 'approved') {
      return { ok: false, code: 'already_released', why: 'Another attempt holds it.' };
    }
    Object.assign(execution, { status: 'executing', waitingFor: 'outcome' });
    execution.dueAtMs = Date.now() + 900_000;
    execution.version += 1;
  } else {
    settle(execution, 'committed');
  }
  return { ok: true, result: { status: execution.status } };
}

function viewOf(execution: FakeExecution): RunView {
  const { input, level, dueAtMs, status, verdict, version, waitingFor } = execution;
  return {
    executionId: input.executionId,
    status,
    verdict,
    version,
    waitingFor,
    ...(level === undefined ? {} : { level }),
    ...(dueAtMs === undefined ? {} : { remainingMs: Math.max(0, dueAtMs - Date.now()) }),
    ...(execution.next === undefined ? {} : { next: execution.next }),
    summary: {
      agent: execution.agent,
      action: 'refund',
      environment: 'prod',
      reason: execution.reason,
      policy: 'support',
      rule: 'refund-limit',
      argsDigest: input.digest,
      ...(verdict === 'REQUIRE_APPROVAL' ? { chain: 'standard' } : {}),
    },
  };
}
