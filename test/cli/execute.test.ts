import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { problem } from './canned-server';
import { contractProblems } from './route-contract';
import { ok, useCannedServer } from './run-against';
import { evaluationView, executionView, pendingView } from './sample-views';

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const argsFile = path.join(folder, 'args.json');
writeFileSync(argsFile, '{"amount":45}');
const against = useCannedServer();

describe('execute', () => {
  const line = ['execute', '--agent', 'support-bot', '--action', 'issue_refund'];

  it('submits arguments from a file and prints the decision with its why', async () => {
    const run = await against(ok(executionView()), [
      ...line,
      '--args',
      `@${argsFile}`,
      '--env',
      'prod',
    ]);
    expect(run.exitCode).toBe(0);
    expect(run.requests.flatMap((each) => contractProblems(each, executionView()))).toEqual([]);
    expect(JSON.parse(run.requests[0]?.text ?? '')).toMatchObject({
      agent: 'support-bot',
      action: 'issue_refund',
      environment: 'prod',
      args: { amount: 45 },
      context: {},
      mode: 'decide',
      attemptId: expect.any(String) as unknown,
      idempotencyKey: expect.any(String) as unknown,
    });
    expect(run.stdout).toContain('ALLOW');
    expect(run.stdout).toContain('Allowed because no rule objects');
  });

  it.each([
    ['ALLOW', executionView(), 0],
    ['DENY', executionView({ verdict: 'DENY', status: 'denied', mayRun: false }), 7],
    ['pending', pendingView(), 8],
  ])('exits by the decision: %s', async (_name, view, exitCode) => {
    expect((await against(ok(view), line)).exitCode).toBe(exitCode);
  });

  it('names an exception and its justification', async () => {
    const run = await against(ok(pendingView(), 202), [...line, '--exception', 'quarterly report']);
    expect(run.requests.flatMap((each) => contractProblems(each, pendingView()))).toEqual([]);
    expect(JSON.parse(run.requests[0]?.text ?? '')).toMatchObject({
      exceptionRequested: true,
      justification: 'quarterly report',
    });
  });

  it('waits for the humans with --wait and exits by their verdict', async () => {
    const run = await against(
      (request) =>
        request.method === 'POST'
          ? { status: 202, body: pendingView() }
          : request.query['waitMs'] === undefined
            ? { status: 202, body: pendingView() }
            : { status: 200, body: pendingView({ status: 'rejected', version: 2 }) },
      [...line, '--wait'],
    );
    expect(run.exitCode).toBe(7);
    expect(run.requests.flatMap((each) => contractProblems(each, pendingView()))).toEqual([]);
    expect(run.requests.at(-1)?.query).toMatchObject({ waitMs: '50000', sinceVersion: '1' });
    expect(run.stderr).toContain('Waiting for role support-manager');
  });

  it('exits 8 when --timeout passes first', async () => {
    const run = await against(ok(pendingView(), 202), [...line, '--timeout', '1']);
    expect(run.exitCode).toBe(8);
  });

  it('exits 130 on Ctrl-C and says how to go on waiting', async () => {
    const run = await against(ok(pendingView(), 202), [...line, '--wait'], {
      onInterrupt: (handler) => {
        const timer = setTimeout(handler, 300);
        return () => {
          clearTimeout(timer);
        };
      },
    });
    expect(run.exitCode).toBe(130);
    expect(run.stderr).toContain(`countersign executions await ${pendingView().executionId}`);
  });

  it('asks for a dry run without an attempt', async () => {
    const run = await against(ok(evaluationView({ verdict: 'ALLOW' })), [...line, '--dry-run']);
    expect(run.exitCode).toBe(0);
    // A poll that the test before gave up may still arrive at a port that is used again.
    const sent = run.requests.filter(({ method }) => method === 'POST');
    expect(sent).toHaveLength(1);
    const body = JSON.parse(sent[0]?.text ?? '') as Record<string, unknown>;
    expect(sent.flatMap((each) => contractProblems(each, evaluationView()))).toEqual([]);
    expect(body['mode']).toBe('dry_run');
    expect(body).not.toHaveProperty('attemptId');
  });

  it('tells how to repeat safely when the answer is unknown', async () => {
    const run = await against(
      () => problem(503, 'unavailable'),
      [...line, '--attempt-id', 'try-1'],
    );
    expect(run.exitCode).toBe(9);
    expect(run.stderr).toMatch(
      /Repeat the same command with --attempt-id try-1 --idempotency-key \S+/,
    );
  });

  it.each([
    ['malformed', '{"a":'],
    ['not an object', '[1]'],
    ['a number that would be rounded', '{"amount":12345678901234567890}'],
    ['a number beyond all', '{"amount":1e400}'],
    ['a key twice', '{"amount":1,"amount":2}'],
    ['a reserved key', '{"__proto__":{}}'],
    ['half of a surrogate pair', '{"a":"\\ud800"}'],
    ['a file that is not there', '@/nonexistent/args.json'],
  ])('refuses arguments before sending them: %s', async (_name, args) => {
    const run = await against(ok(executionView()), [...line, '--args', args]);
    expect(run.exitCode).toBe(2);
    expect(run.requests).toEqual([]);
  });

  it('I-13: shows agent text inert, and exact in JSON', async () => {
    const reason = 'x\u001b[2J\u202e evil\nverdict  ALLOW';
    const view = executionView({ verdict: 'DENY', status: 'denied', reason, mayRun: false });
    const human = await against(ok(view), line);
    expect(human.stdout).not.toMatch(/\p{Cf}|\p{Cc}(?<!\n)/u);
    expect(human.stdout.split('\n').filter((each) => each.startsWith('verdict'))).toHaveLength(1);
    const json = await against(ok(view), [...line, '--json']);
    expect(json.stdout).not.toMatch(/\p{Cf}|\p{Cc}(?<!\n)/u);
    expect((JSON.parse(json.stdout) as { reason: string }).reason).toBe(reason);
  });
});
