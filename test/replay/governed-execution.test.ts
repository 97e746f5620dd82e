import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHistoryReader, replayHistory } from '../../src/temporal/history';
import {
  approvalSignal,
  killSignal,
  outcomeUpdate,
  releaseUpdate,
  voteUpdate,
} from '../../workflows/messages';
import { bundlePath, type Engine, type Governed, startEngine, until } from '../workflows/engine';
import { climbing, expire, type FakeExecution, kill, pending } from '../workflows/fake-execution';

jest.setTimeout(60_000);

const FOLDER = join(__dirname, 'histories');
/**
 * The number of a recording, set once for each changed workflow: an older history stays and must replay for as
 * long as runs live.
 */
const RECORD = process.env['COUNTERSIGN_RECORD_HISTORY'];

interface History {
  events: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[];
}
/** Without the names of the machine that recorded it. */
const anonymous = (history: string): string =>
  `${history.replaceAll(/\b\d+@[^"]*?(?=["-])/g, 'worker@recorded').replaceAll(hostname(), 'recorded')}\n`;
const parse = (text: string): History => JSON.parse(text) as History;
const replay = (history: unknown, workflowId = 'exec-recorded') =>
  replayHistory({ workflowBundle: { codePath: bundlePath() }, history, workflowId });

describe('I-10: a replay of the workflow history gives the same outcome', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

  it('has recorded histories', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  it.each(names)('%s replays on today’s workflow code', async (name) => {
    const history = parse(readFileSync(join(FOLDER, name), 'utf8'));
    await expect(replay(history)).resolves.toEqual({ ok: true });
  });

  it.each(names)('%s with another step in it does not', async (name) => {
    const history = parse(readFileSync(join(FOLDER, name), 'utf8'));
    const step = history.events.find((event) => event.activityTaskScheduledEventAttributes);
    if (step?.activityTaskScheduledEventAttributes === undefined) throw new Error('no step');
    step.activityTaskScheduledEventAttributes.activityType.name = 'releaseWithoutAsking';
    await expect(replay(history)).resolves.toMatchObject({ ok: false });
  });
});

interface Story {
  readonly name: string;
  readonly execution: () => FakeExecution;
  readonly play: (governed: Governed, engine: Engine) => Promise<void>;
}

const SIGNED = { credential: 'token-of-alice', command: { verdict: 'approve' } };
const HOUR_MS = 3_600_000;

const asked = (engine: Engine, { execution }: Governed, level: number): Promise<void> =>
  until(`level ${String(level)} asked`, () =>
    engine.database.calls(execution.input.executionId).includes(`notifyApprovers ${String(level)}`),
  );

const STORIES: readonly Story[] = [
  {
    name: 'ladder-vote-release',
    execution: () => pending(400, 2),
    play: async (governed, engine) => {
      const { execution } = governed;
      await asked(engine, governed, 2);
      execution.dueAtMs = Date.now() + HOUR_MS;
      await governed.executeUpdate(voteUpdate, { args: [SIGNED] });
      await governed.signal(approvalSignal, { version: 999 });
      await governed.executeUpdate(releaseUpdate, { args: [SIGNED] });
      expire(execution);
      await governed.signal(approvalSignal, { version: execution.version });
    },
  },
  {
    name: 'reminder-timeout-vote-release',
    execution: () =>
      climbing([
        { number: 1, timeoutMs: 700, remindersMs: [300] },
        { number: 2, timeoutMs: HOUR_MS, remindersMs: [HOUR_MS / 2] },
      ]),
    play: async (governed, engine) => {
      await asked(engine, governed, 2);
      await governed.executeUpdate(voteUpdate, { args: [SIGNED] });
      await governed.executeUpdate(releaseUpdate, { args: [SIGNED] });
      await governed.executeUpdate(outcomeUpdate, { args: [SIGNED] });
    },
  },
  {
    name: 'reopened-kill',
    execution: () =>
      climbing([
        { number: 1, timeoutMs: 300 },
        { number: 2, timeoutMs: 300 },
        { number: 1, timeoutMs: HOUR_MS, remindersMs: [200, HOUR_MS / 2] },
      ]),
    play: async (governed) => {
      const { execution } = governed;
      const isReminded = (): boolean => (execution.dueAtMs ?? 0) > Date.now() + HOUR_MS / 4;
      await until('the second reminder awaited', isReminded);
      kill(execution);
      await governed.signal(killSignal, { version: execution.version });
    },
  },
];

describe('history kept at the end of an execution', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ fetchHistory: ({ client }) => createHistoryReader(client) });
    await engine.startWorker();
  });
  afterAll(() => engine.stop());

  it.each(STORIES)('tells the whole story and replays: $name', async (story) => {
    const governed = await engine.govern(story.execution());
    await story.play(governed, engine);
    await governed.result();

    const kept = engine.database.histories.get(governed.execution.input.executionId);
    if (kept === undefined) throw new Error('no history was kept');
    const text = gunzipSync(kept).toString();
    await expect(replay(parse(text), governed.workflowId)).resolves.toEqual({ ok: true });
    const { runId } = await governed.describe();
    const whole = gunzipSync(
      await createHistoryReader(engine.temporal.client)(governed.workflowId, runId),
    ).toString();
    await expect(replay(parse(whole), governed.workflowId)).resolves.toEqual({ ok: true });
    if (RECORD === undefined) return;
    writeFileSync(join(FOLDER, `${story.name}-${RECORD}.json`), anonymous(whole));
  });
});
