import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { problem } from './canned-server';
import { useCannedServer } from './run-against';
import { runCaptured } from './run-captured';

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const policyFile = path.join(folder, 'support.rules.json');
writeFileSync(policyFile, '{"rules":[]}');
const valuesFile = path.join(folder, 'domains.txt');
writeFileSync(valuesFile, 'acme.com\n\nexample.org\n');
const against = useCannedServer();

describe('policy', () => {
  const problems = [
    { path: 'rules.0.when', message: 'unknown field amout', line: 3, column: 7, hint: 'amount' },
    { path: '', message: 'no default', line: 9, column: 1 },
  ];

  it('create prints every problem with file, line and column, and exits 3', async () => {
    const run = await against(
      () => problem(422, 'policy_invalid', { problems }),
      ['policy', 'create', policyFile],
    );
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain(
      `${policyFile}:3:7: rules.0.when: unknown field amout (did you mean "amount"?)`,
    );
    expect(run.stderr).toContain(`${policyFile}:9:1: no default`);
    expect(run.requests[0]?.headers['content-type']).toBe('application/json');
  });

  it('lint needs no server and exits 3 when a file has problems', async () => {
    const run = await runCaptured(['policy', 'lint', policyFile, valuesFile], {
      env: { COUNTERSIGN_URL: 'http://127.0.0.1:1' },
      lintPolicy: (_text, id) =>
        id === 'support'
          ? { problems: [], warnings: problems.slice(1) }
          : { problems, warnings: [] },
    });
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toContain(`warning ${policyFile}:9:1: no default`);
    expect(run.stdout).toContain(`error ${valuesFile}:3:7:`);
  });

  it.each([
    [[], 0],
    [['--strict'], 3],
  ])('lint %j judges warnings', async (flags, exitCode) => {
    const run = await runCaptured(['policy', 'lint', policyFile, ...flags], {
      lintPolicy: () => ({ problems: [], warnings: problems }),
    });
    expect(run.exitCode).toBe(exitCode);
  });

  it('says which file cannot be read', async () => {
    const run = await runCaptured(['policy', 'lint', '/nonexistent/p.yaml']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('Cannot read /nonexistent/p.yaml (ENOENT)');
  });
});
