import { createApplyDue } from '../../src/app/apply-due';
import type { Caller } from '../../src/app/caller';
import { DEFAULT_TENANT, executionId as toExecutionId } from '../../src/core/ids';
import type { VoteReceipt } from '../../src/core/execution/view';
import type { CoreParts } from '../../src/main/core-parts';
import { chainOf, groupOf, levelOf } from '../core/execution/state-builders';
import { castVote, readExecution, refusal, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { auditOf, openUnder } from '../support/ladders';

const CLICKS = 100;
const HOUR_MS = 3_600_000;
const ORDERS = 200;
const AT_ONCE = 10;

const quorum = (count: number) =>
  chainOf({
    levels: [
      levelOf('support-manager', {
        timeoutMs: HOUR_MS,
        groups: [groupOf('support-manager', count)],
      }),
    ],
  });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('I-6: the first terminal verdict wins, whatever comes at the same time', () => {
  let installation: TestInstallation;
  let twin: CoreParts;
  let bot: Caller;
  let people: readonly Caller[];
  const cores = (index: number): CoreParts => (index % 2 === 0 ? installation.core : twin);
  const person = (index: number): Caller => {
    const found = people[index];
    if (found === undefined) throw new Error('no such person');
    return found;
  };
  const ask = async (): Promise<string> =>
    (await submitRefund(installation.core, bot, 450)).executionId;
  const votesOf = (executionId: string) =>
    installation.sql<{ principal: string; counted: boolean; refusal: string | null; at: number }>(
      'SELECT principal, counted, refusal, at FROM votes WHERE execution = $1',
      [executionId],
    );
  const count = async (executionId: string, type: string): Promise<number> =>
    (await auditOf(installation, executionId)).filter((row) => row.type === type).length;

  beforeAll(async () => {
    installation = await createTestInstallation();
    twin = await installation.twin();
    bot = await installation.agent('support-bot');
    people = await Promise.all(
      Array.from({ length: CLICKS }, (_, index) =>
        installation.person(`p${String(index)}`, { approverRoles: ['support-manager'] }),
      ),
    );
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it('a hundred clicks of one person, of two keys and through two processes, are one vote', async () => {
    const executionId = await ask();
    await openUnder(installation, executionId, quorum(2));
    const { key } = await installation.core.useCases.issueUserKey(installation.admin, 'p0', {});
    const second = await installation.core.useCases.authenticate(key, undefined);
    const receipts = await Promise.all(
      Array.from({ length: CLICKS }, (_, index) =>
        castVote(cores(index), index % 3 === 0 ? second : person(0), executionId),
      ),
    );
    expect(receipts.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(receipts.map(({ status }) => status))).toEqual(new Set(['pending_approval']));
    expect(await votesOf(executionId)).toMatchObject([{ principal: 'user:p0', counted: true }]);
    expect(await count(executionId, 'vote.counted')).toBe(1);
    expect(await count(executionId, 'vote.refused')).toBe(0);
    await castVote(twin, person(1), executionId);
    expect((await readExecution(twin, bot, executionId)).status).toBe('approved');
  });

  it('a hundred clicks of a hundred people fill exactly the quorum; all others are told the truth', async () => {
    const executionId = await ask();
    const needed = 7;
    await openUnder(installation, executionId, quorum(needed));
    const answers = await Promise.allSettled(
      people.map((voter, index) => castVote(cores(index), voter, executionId)),
    );
    const counted = answers.flatMap((each): VoteReceipt[] =>
      each.status === 'fulfilled' ? [each.value] : [],
    );
    const refused = answers.flatMap((each): unknown[] =>
      each.status === 'rejected' ? [each.reason] : [],
    );
    expect(counted).toHaveLength(needed);
    expect(counted.every(({ repeated }) => !repeated)).toBe(true);
    expect(counted.filter(({ status }) => status === 'approved')).toHaveLength(1);
    expect(refused).toHaveLength(CLICKS - needed);
    const view = await readExecution(installation.core, bot, executionId);
    const last = view.approval?.votes.at(-1)?.by ?? 'nobody';
    for (const reason of refused)
      expect(reason).toMatchObject({
        code: 'already_decided',
        details: { what: expect.stringContaining(`It was approved by ${last}`) as unknown },
      });
    expect(view.status).toBe('approved');
    expect(new Set(view.approval?.votes.map(({ by }) => by)).size).toBe(needed);
    const rows = await votesOf(executionId);
    expect(rows.filter((row) => row.counted)).toHaveLength(needed);
    expect(rows.filter((row) => row.refusal === 'already_decided')).toHaveLength(CLICKS - needed);
    expect(await count(executionId, 'vote.counted')).toBe(needed);
    expect(await count(executionId, 'vote.refused')).toBe(CLICKS - needed);
    expect(await count(executionId, 'approval.decided')).toBe(1);
  });

  it('a click and a timer in the same tick: the clock of the database decides, and everybody is told so', async () => {
    const due = createApplyDue({ ...installation.core, crypto: installation.crypto });
    const seen = { before: 0, after: 0 };
    const race = async (index: number): Promise<void> => {
      const executionId = await ask();
      const timeoutMs = 30 + Math.floor(Math.random() * 50);
      const levels = [levelOf('support-manager', { timeoutMs })];
      const deadlineMs = await openUnder(installation, executionId, chainOf({ levels }));
      const around = (): Promise<void> =>
        pause(Math.max(0, deadlineMs - Date.now() - 25 + Math.random() * 30));
      const timer = async () => {
        await around();
        await due(DEFAULT_TENANT, toExecutionId(executionId));
      };
      const click = async (): Promise<string> => {
        await around();
        return refusal(castVote(cores(index), person(index % CLICKS), executionId));
      };
      const clock = Math.random() < 0.5 ? [timer(), timer()] : [timer()];
      const [answer] = await Promise.all([click(), ...clock]);
      const [vote] = await votesOf(executionId);
      if (vote === undefined) throw new Error('the click is not on record');
      const inTime = Number(vote.at) < deadlineMs;
      seen[inTime ? 'before' : 'after'] += 1;
      expect([answer, vote.counted]).toEqual(inTime ? ['none', true] : ['expired', false]);
      const { status } = await readExecution(installation.core, bot, executionId);
      expect(status).toBe(inTime ? 'approved' : 'expired');
      expect(await count(executionId, 'approval.decided')).toBe(inTime ? 1 : 0);
      expect(await count(executionId, 'execution.expired')).toBe(inTime ? 0 : 1);
    };
    for (let start = 0; start < ORDERS; start += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => race(start + index)));
    // Both orders must have occurred, or nothing was tried.
    expect(seen.before).toBeGreaterThan(0);
    expect(seen.after).toBeGreaterThan(0);
  }, 120_000);

  it('a click and a kill switch: whichever was committed first, and no vote counts after the kill', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      const asked = await Promise.all(Array.from({ length: 4 }, ask));
      const kill = async () => {
        await pause(Math.random() * 12);
        return installation.core.useCases.engageKillSwitch(installation.admin, {
          ...{ scope: 'global', reason: 'drill', severity: 'info' },
        });
      };
      const click = async (executionId: string, index: number): Promise<string> => {
        await pause(Math.random() * 12);
        return refusal(castVote(cores(index), person(index), executionId));
      };
      const [engaged, ...answers] = await Promise.all([kill(), ...asked.map(click)]);
      const [row] = await installation.sql<{ seq: string }>(
        `SELECT max(seq) AS seq FROM audit_events WHERE type = 'kill.engaged'`,
      );
      const killSeq = Number(row?.seq);
      for (const [index, executionId] of asked.entries()) {
        const answer = answers[index] ?? '';
        seen.add(answer);
        const [vote] = await installation.sql<{ counted: boolean; seq: string }>(
          'SELECT counted, audit_seq AS seq FROM votes WHERE execution = $1',
          [executionId],
        );
        const first = Number(vote?.seq) < killSeq;
        expect([answer, vote?.counted]).toEqual(
          first ? ['none', true] : ['kill_switch_active', false],
        );
        const view = await readExecution(installation.core, bot, executionId);
        expect(view.status).toBe('killed');
        expect(await count(executionId, 'approval.decided')).toBe(first ? 1 : 0);
        expect(await count(executionId, 'execution.killed')).toBe(1);
      }
      await installation.core.useCases.liftKillSwitch(installation.admin, {
        ...{ id: engaged.id, reason: 'over' },
      });
    }
    expect([...seen].sort()).toEqual(['kill_switch_active', 'none']);
  }, 120_000);
});
