import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AuditLog } from '../app/read-ports';
import { createApiClient } from '../cli/api-client';
import { playStory } from '../cli/demo/story';
import type { TextSink } from '../cli/output';
import { DEFAULT_TENANT } from '../core/ids';
import type { VerifyResult } from '../core/audit/verify';
import { createAuditLog } from '../db/audit-log';
import { openDatabase } from '../db/pool';
import { createReceiptVerifier } from '../evidence/receipt-verifier';
import { scenarioText } from './assets';
import { demoSlack } from './demo-slack';
import type { FakeSlack } from '../slack-local/surface';
import { verifyLog } from './out-of-band';
import { startStack, type RunningStack } from './start';

/** A copy of the log in which one bit of one body differs; the real rows stay as they are. */
function withOneByteChanged(log: AuditLog): AuditLog {
  let changed = false;
  return {
    ...log,
    rowsAfter: async (tenant, seq, limit) => {
      const rows = await log.rowsAfter(tenant, seq, limit);
      return rows.map((row, index) => {
        const { body } = row;
        if (changed || body === undefined || index !== Math.floor(rows.length / 2)) return row;
        changed = true;
        const copy = Uint8Array.from(body);
        copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
        return { ...row, body: copy };
      });
    },
  };
}

async function tamperOneByte(stack: RunningStack): Promise<VerifyResult> {
  const database = openDatabase(stack.databaseUrl, { secret: stack.keys.token.secret });
  try {
    return await verifyLog(
      withOneByteChanged(createAuditLog(database.app, database.system)),
      stack.keys,
      DEFAULT_TENANT,
      {},
    );
  } finally {
    await database.close();
  }
}

async function publishedKeys(url: string): Promise<string> {
  const answer = await fetch(`${url}/.well-known/countersign-keys.json`);
  if (!answer.ok) throw new Error(`The keys are not published: HTTP ${String(answer.status)}`);
  return answer.text();
}

function localSlackOf({ localSlack }: RunningStack): FakeSlack {
  if (localSlack === undefined) throw new Error('The local Slack did not start.');
  return localSlack.slack;
}

/** `countersign demo`: the whole story in a stack of its own, thrown away afterwards. Resolves to the exit code. */
export async function runDemo(
  options: { readonly color: boolean },
  env: NodeJS.ProcessEnv,
  sink: TextSink,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  const say = (line: string): void => void sink.write(`${line}\n`);
  const own = { ...env };
  for (const name of [
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'TEMPORAL_UI_URL',
    'COUNTERSIGN_KEYS_DIR',
    'COUNTERSIGN_BOOTSTRAP_ADMIN_KEY',
    'COUNTERSIGN_ENV',
    // The story must never be played in a Slack where people work.
    'SLACK_BOT_TOKEN',
    'SLACK_APP_TOKEN',
    'SLACK_SIGNING_SECRET',
    'SLACK_API_URL',
    'SLACK_CHANNEL',
  ])
    delete own[name];
  for (const name of Object.keys(own)) if (/^COUNTERSIGN_.*_FILE$/.test(name)) delete own[name];
  own['COUNTERSIGN_LOG_LEVEL'] = env['COUNTERSIGN_LOG_LEVEL'] ?? 'error';
  let stack: RunningStack | undefined;
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve(130);
      });
  });
  try {
    say('Starting a throwaway Countersign: Postgres, Temporal, API and worker');
    stack = await startStack(
      { port: 0, host: '127.0.0.1', dataDir: folder, reset: false },
      own,
      say,
    );
    const running = stack;
    const admin = createApiClient({
      baseUrl: running.url,
      fetch,
      ...(running.adminKey === undefined ? {} : { apiKey: running.adminKey }),
    });
    const story = playStory(
      admin,
      { sink, color: options.color },
      {
        policyText: scenarioText('support.rules.json'),
        tamperOneByte: () => tamperOneByte(running),
        publishedKeys: () => publishedKeys(running.url),
        receiptVerifier: createReceiptVerifier,
        slack: demoSlack(localSlackOf(running)),
        ...(running.temporalUiUrl === undefined ? {} : { temporalUiUrl: running.temporalUiUrl }),
      },
    );
    return await Promise.race([story, interrupted]);
  } finally {
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
