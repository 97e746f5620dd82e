import type { Caller } from '../../src/app/caller';
import { castVote, letTimePass, readExecution, refusal, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

describe('I-6: the first terminal verdict wins', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let people: readonly Caller[];
  const person = (index: number): Caller => {
    const found = people[index];
    if (found === undefined) throw new Error('no such person');
    return found;
  };
  const ask = () => submitRefund(installation.core, bot, 450);
  const recorded = async (executionId: string, type: string): Promise<number> =>
    (
      await installation.sql('SELECT seq FROM audit_events WHERE type = $1 AND execution = $2', [
        type,
        executionId,
      ])
    ).length;

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    people = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        installation.person(`p${String(index)}`, { approverRoles: ['support-manager'] }),
      ),
    );
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it.each([
    ['approve', 'reject', 'approved'],
    ['reject', 'approve', 'rejected'],
    ['approve', 'approve', 'approved'],
    ['reject', 'reject', 'rejected'],
  ] as const)('%s, then %s by somebody else: it stays %3$s', async (first, second, status) => {
    const { executionId } = await ask();
    await castVote(installation.core, person(0), executionId, first);
    expect(await refusal(castVote(installation.core, person(1), executionId, second))).toBe(
      'already_decided',
    );
    expect(
      await refusal(
        castVote(
          installation.core,
          person(0),
          executionId,
          second === first ? (first === 'approve' ? 'reject' : 'approve') : second,
        ),
      ),
    ).toBe('already_decided');
    const view = await readExecution(installation.core, bot, executionId);
    expect(view).toMatchObject({ status, version: 2 });
    expect(view.approval?.votes).toHaveLength(1);
    expect(await recorded(executionId, 'approval.decided')).toBe(1);
    expect(await recorded(executionId, 'vote.refused')).toBe(2);
  });

  it('the answer to a late click names who decided', async () => {
    const { executionId } = await ask();
    await castVote(installation.core, person(3), executionId, 'reject');
    await expect(castVote(installation.core, person(4), executionId)).rejects.toMatchObject({
      code: 'already_decided',
      details: { what: expect.stringContaining('user:p3') as unknown },
    });
  });

  it('the same click again, even after the verdict, gets its first answer and changes nothing', async () => {
    const { executionId } = await ask();
    const first = await castVote(installation.core, person(0), executionId, 'approve', 'click-1');
    const again = await castVote(installation.core, person(0), executionId, 'approve', 'click-1');
    expect(again).toEqual({ ...first, repeated: true });
    expect(
      await refusal(castVote(installation.core, person(0), executionId, 'reject', 'click-1')),
    ).toBe('conflict');
    const refused = () => castVote(installation.core, person(1), executionId, 'approve', 'click-2');
    expect([await refusal(refused()), await refusal(refused())]).toEqual([
      'already_decided',
      'already_decided',
    ]);
    expect(await recorded(executionId, 'vote.counted')).toBe(1);
    expect(await recorded(executionId, 'vote.refused')).toBe(1);
  });

  it('a hundred clicks of twenty people through two processes give exactly one verdict', async () => {
    const { executionId } = await ask();
    const twin = await installation.twin();
    const answers = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        castVote(
          index % 2 === 0 ? installation.core : twin,
          person(index % 20),
          executionId,
          index % 3 === 0 ? 'reject' : 'approve',
        ),
      ),
    );
    const view = await readExecution(installation.core, bot, executionId);
    expect(['approved', 'rejected']).toContain(view.status);
    expect(view.approval?.votes).toHaveLength(1);
    const winner = view.approval?.votes[0];
    expect(winner?.verdict).toBe(view.status === 'approved' ? 'approve' : 'reject');
    const counted = answers.flatMap((each) =>
      each.status === 'fulfilled' && !each.value.repeated ? [each.value] : [],
    );
    expect(counted).toHaveLength(1);
    for (const each of answers) {
      if (each.status === 'rejected')
        expect(each.reason).toMatchObject({ code: 'already_decided' });
      else expect(each.value).toMatchObject({ status: view.status, verdict: winner?.verdict });
    }
    expect(await recorded(executionId, 'approval.decided')).toBe(1);
    const rows = await installation.sql('SELECT id FROM votes WHERE execution = $1', [executionId]);
    const told = answers.filter((each) => each.status === 'rejected').length;
    expect(rows).toHaveLength(told + 1);
    expect(await recorded(executionId, 'vote.refused')).toBe(told);
  });

  it.each([
    [
      'was cancelled',
      'already_decided',
      (executionId: string) =>
        installation.core.useCases.cancelExecution(bot, { executionId, reason: 'no' }),
    ],
    [
      'ran out of time',
      'expired',
      (executionId: string) => letTimePass(installation, executionId, 3_600_000),
    ],
  ] as const)('a vote on what %s is refused with %s and recorded', async (_name, code, end) => {
    const { executionId } = await ask();
    await end(executionId);
    for (const verdict of ['approve', 'reject'] as const)
      expect(await refusal(castVote(installation.core, person(0), executionId, verdict))).toBe(
        code,
      );
    const view = await readExecution(installation.core, bot, executionId);
    expect(view.approval?.votes).toEqual([]);
    expect(await recorded(executionId, 'vote.refused')).toBe(2);
    expect(await recorded(executionId, 'vote.counted')).toBe(0);
  });

  it('a cancel that comes after a rejection is refused and changes nothing', async () => {
    const { executionId } = await ask();
    await castVote(installation.core, person(0), executionId, 'reject');
    const cancel = installation.core.useCases.cancelExecution(bot, { executionId, reason: 'no' });
    expect(await refusal(cancel)).toBe('already_decided');
    expect((await readExecution(installation.core, bot, executionId)).status).toBe('rejected');
  });
});
