import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a server that cannot outlive the test run. The shell around it waits for the end of its standard
 * input, which comes when this process closes it or dies in any way, kill -9 included; then it stops the
 * server and removes the folder. Without it an aborted run would leave a Postgres and its data behind.
 */
const TETHER = `
folder=$1; signal=$2; shift 2
"$@" &
server=$!
trap '' INT TERM HUP PIPE
cat >/dev/null
kill -s "$signal" "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
`;

export interface TetheredCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Removed after the server has stopped; must belong to the user that runs it. */
  readonly folder: string;
  readonly stopSignal: 'QUIT' | 'TERM';
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly env?: Readonly<Record<string, string>>;
}

export interface TetheredProcess {
  /** What the server has printed so far, for messages about a failed start. */
  output(): string;
  /** Resolves when the server is gone and its folder removed. */
  stop(): Promise<void>;
}

export function startTethered(options: TetheredCommand): TetheredProcess {
  const child = spawn(
    '/bin/sh',
    ['-c', TETHER, 'tether', options.folder, options.stopSignal, options.command, ...options.args],
    {
      // A group of its own, or Ctrl-C would stop the shell before it could clean up.
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.user === undefined ? {} : options.user),
    },
  );
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-8_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { output: () => text, stop: () => stopTethered(child) };
}

async function stopTethered(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}
