import { childEnvironment } from '../../src/embedded/child-environment';
import { runCommand } from '../../src/embedded/run-command';

const node = (script: string, limitMs = 10_000) =>
  runCommand(process.execPath, ['-e', script], { env: childEnvironment(), limitMs });

describe('runCommand', () => {
  it('joins both outputs and tells success from failure', async () => {
    const script = "console.log('out'); console.error('err')";
    expect((await node(script)).output.split('\n').sort()).toEqual(['err', 'out']);
    expect(await node('process.exit(3)')).toEqual({ ok: false, output: '' });
  });

  it('takes a missing program as a failure that says so', async () => {
    const result = await runCommand('/nonexistent/x', [], { env: {}, limitMs: 1_000 });
    expect(result.ok).toBe(false);
    expect(result.output).toContain('ENOENT');
  });

  it('ends a program that takes too long', async () => {
    const result = await node('setInterval(() => {}, 1000)', 200);
    expect(result).toEqual({ ok: false, output: 'stopped after 0.2 s' });
  });

  it('keeps only the end of a long output', async () => {
    const { output } = await node("process.stdout.write('a'.repeat(9000) + 'end')");
    expect(output).toHaveLength(8_000);
    expect(output.endsWith('end')).toBe(true);
  });
});

describe('the environment of a child', () => {
  it('holds the PATH and no secret of ours', () => {
    process.env['SLACK_BOT_TOKEN'] = 'xoxb-secret';
    process.env['TEMPORAL_API_KEY'] = 'secret';
    const environment = childEnvironment();
    delete process.env['SLACK_BOT_TOKEN'];
    delete process.env['TEMPORAL_API_KEY'];
    expect(environment['PATH']).toBe(process.env['PATH']);
    expect(JSON.stringify(environment)).not.toContain('secret');
  });
});
