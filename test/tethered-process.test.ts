import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startTethered } from './support/tethered-process';

const LIMIT_MS = 4_000;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie still takes signals; only its state tells.
    return !/^Z/.test(
      execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim(),
    );
  } catch {
    return false;
  }
}

async function eventually(holds: () => boolean): Promise<boolean> {
  for (const limit = Date.now() + LIMIT_MS; Date.now() < limit;) {
    if (holds()) return true;
    await new Promise((done) => setTimeout(done, 20));
  }
  return holds();
}

describe('startTethered', () => {
  it('stops the server and removes its folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cs-tether-'));
    const pidFile = join(folder, 'pid');
    const server = startTethered({
      command: '/bin/sh',
      args: ['-c', 'echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 300', pidFile],
      folder,
      stopSignal: 'TERM',
    });
    expect(await eventually(() => existsSync(pidFile))).toBe(true);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(isRunning(pid)).toBe(true);
    await server.stop();
    expect(isRunning(pid)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it('stops the server when its parent is killed with no chance to clean up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cs-tether-'));
    const pidFile = join(folder, 'pid');
    const parent = `
      const { transformFileSync } = require('@swc/core');
      const file = ${JSON.stringify(resolve(__dirname, 'support', 'tethered-process.ts'))};
      const module_ = { exports: {} };
      const { code } = transformFileSync(file, {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' },
      });
      new Function('require', 'module', 'exports', code)(require, module_, module_.exports);
      module_.exports.startTethered({
        command: '/bin/sh',
        args: ['-c', 'echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 300', ${JSON.stringify(pidFile)}],
        folder: ${JSON.stringify(folder)}, stopSignal: 'TERM',
      });
      const { existsSync } = require('node:fs');
      setInterval(() => {
        if (existsSync(${JSON.stringify(pidFile)})) {
          process.stdout.write(require('node:fs').readFileSync(${JSON.stringify(pidFile)}));
          process.kill(process.pid, 'SIGKILL');
        }
      }, 20);`;
    const ended = spawnSync(process.execPath, ['-e', parent], {
      cwd: resolve(__dirname, '..'),
      encoding: 'utf8',
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    expect(ended.signal).toBe('SIGKILL');
    const pid = Number(ended.stdout);
    expect(pid).toBeGreaterThan(0);
    expect(await eventually(() => !isRunning(pid) && !existsSync(folder))).toBe(true);
  });
});
