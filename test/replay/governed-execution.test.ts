import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHistoryReader, replayHistory } from '../../src/temporal/history';
import { approvalSignal, releaseUpdate, voteUpdate } from '../../workflows/messages';
import { bundlePath, startEngine, until, type Engine } from '../workflows/engine';
import { expire, pending } from '../workflows/fake-execution';

jest.setTimeout(60_000);

const FOLDER = join(__dirname, 'histories');
/** Set once for each changed workflow: an older history stays and must replay for as long as runs live. */
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

describe('history kept at the end of an execution', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ fetchHistory: ({ client }) => createHistoryReader(client) });
    await engine.startWorker();
  });
  afterAll(() => engine.stop());

  it('tells the whole story and replays', async () => {
    const governed = await engine.govern(pending(400, 2));
    const { execution } = governed;
    await until('second level asked', () =>
      engine.database.calls(execution.input.executionId).includes('notifyApprovers 2'),
    );
    execution.dueAtMs = Date.now() + 3_600_000;
    const signed = { credential: 'token-of-alice', command: { verdict: 'approve' } };
    await governed.executeUpdate(voteUpdate, { args: [signed] });
    await governed.signal(approvalSignal, { version: 999 });
    await governed.executeUpdate(releaseUpdate, { args: [signed] });
    expire(execution);
    await governed.signal(approvalSignal, { version: execution.version });
    await governed.result();

    const kept = engine.database.histories.get(execution.input.executionId);
    if (kept === undefined) throw new Error('no history was kept');
    const text = gunzipSync(kept).toString();
    await expect(replay(parse(text), governed.workflowId)).resolves.toEqual({ ok: true });
    const { runId } = await governed.describe();
    const whole = gunzipSync(
      await createHistoryReader(engine.temporal.client)(governed.workflowId, runId),
    ).toString();
    await expect(replay(parse(whole), governed.workflowId)).resolves.toEqual({ ok: true });
    if (RECORD !== undefined) writeFileSync(join(FOLDER, `${RECORD}.json`), anonymous(whole));
  });
});
