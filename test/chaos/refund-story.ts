import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionView, VoteReceipt } from '../../src/core/execution/view';
import { type Cast, must, refund } from '../support/cast';
import type { Journal } from './journal';

/** The awaits of the story, in order. A kill is aimed at one of them. */
export const MOMENTS = [
  'submit in flight',
  'after 202',
  'while waiting',
  'vote in flight',
  'after the vote',
  'release in flight',
  'outcome in flight',
] as const;
export type Moment = (typeof MOMENTS)[number];

export interface StoryDeps {
  readonly cast: Cast;
  readonly journal: Journal;
  /** Called at every moment; the harness may hold the story up and kill something meanwhile. */
  readonly reach: (moment: Moment) => Promise<void>;
}

/**
 * One refund of 450 from submission to outcome, told by a client that repeats what it got no answer to,
 * with the ids it was first sent with. A second worker of the same agent tries to take the release too.
 */
export async function tellRefundStory({ cast, journal, reach }: StoryDeps): Promise<string> {
  const ids = { idempotencyKey: randomUUID(), attemptId: randomUUID() };
  await reach('submit in flight');
  const asked = await journal.reliably('submit', async () =>
    must(await cast.bot.post<ExecutionView>('/v1/executions', refund(450, ids)), 202),
  );
  const id = asked.executionId;
  const path = `/v1/executions/${id}`;
  await reach('after 202');

  const woken = journal.reliably('wait', async () => {
    for (;;) {
      const view = await cast.bot.get<ExecutionView>(`${path}?waitMs=20000`);
      if (view.status !== 202) return must(view, 200);
    }
  });
  woken.catch(() => undefined);
  await delay(50);
  await reach('while waiting');

  const commandId = randomUUID();
  await reach('vote in flight');
  const receipt = await journal.reliably('vote', async () =>
    must(
      await cast.alice.post<VoteReceipt>(`/v1/approvals/${asked.approval?.id ?? ''}/approve`, {
        rationale: 'Matches ticket 4711',
        argsDigest: asked.argsDigest,
        commandId,
      }),
      200,
    ),
  );
  expect(receipt).toMatchObject({ counted: true, status: 'approved' });
  await reach('after the vote');
  expect((await woken).status).toBe('approved');

  const rival = randomUUID();
  const release = (attemptId: string) => () =>
    cast.bot.post<ExecutionView & { readonly code: string }>(`${path}/release`, {
      argsDigest: asked.argsDigest,
      attemptId,
    });
  await reach('release in flight');
  const answers = await Promise.all(
    [ids.attemptId, rival].map((attempt) => journal.reliably('release', release(attempt))),
  );
  const winners = answers.filter(({ status, body }) => status === 200 && body.mayRun);
  const losers = answers.filter(({ status }) => status === 409).map(({ body }) => body.code);
  for (const { body } of winners) journal.runTool(body.executionId);
  expect([winners.length, losers]).toEqual([1, ['already_released']]);
  const attemptId = winners[0]?.body.attemptId ?? '';

  await reach('outcome in flight');
  const done = await journal.reliably('outcome', async () =>
    must(
      await cast.bot.post<ExecutionView>(`${path}/outcome`, { status: 'committed', attemptId }),
      200,
    ),
  );
  expect(done.status).toBe('committed');
  return id;
}
