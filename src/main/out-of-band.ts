import { join } from 'node:path';

import { createEngage } from '../app/engage-kill-switch';
import type { Logger } from '../app/ports';
import type { AuditLog } from '../app/read-ports';
import { createVerifyAudit } from '../app/verify-audit';
import { engageKillSwitchBody, toEngageKillSwitchInput } from '../contract/kill-switches';
import { parseInput } from '../contract/parse-input';
import { checkpointOrigin } from '../core/audit/checkpoint';
import type { VerifySignature, VerifyResult } from '../core/audit/verify';
import type { KillScope } from '../core/controls/kill-switch';
import { DomainError } from '../core/errors';
import { DEFAULT_TENANT, tenantId, type TenantId } from '../core/ids';
import { VERIFY_STATES } from '../core/audit/verify-states';
import { createAuditLog } from '../db/audit-log';
import { commitEverywhere, commitStop } from '../db/commit-everywhere';
import { openDatabase, openDatabaseAsGiven, type Database } from '../db/pool';
import { parseDatabaseUrl } from '../db/roles';
import { createCrypto, hmacSha256, sha256, uuidv7 } from '../evidence/crypto';
import { loadOrCreateKeys, type KeySet } from '../evidence/keys';
import { createTrustStore } from '../evidence/trust-store';
import { readRuntimeFile } from './runtime-file';

export interface Place {
  /** A Postgres URL; with a user it is used as it is, without one the installation's own login is. */
  readonly databaseUrl?: string;
  readonly dataDir: string;
}

function keysNear(place: Place, env: NodeJS.ProcessEnv): KeySet | undefined {
  const dir =
    env['COUNTERSIGN_KEYS_DIR'] ??
    readRuntimeFile(place.dataDir)?.keysDir ??
    join(place.dataDir, 'keys');
  try {
    return loadOrCreateKeys({ dir, create: false, env });
  } catch {
    return undefined;
  }
}

function connect(place: Place, keys: KeySet | undefined): Database {
  const url = place.databaseUrl ?? readRuntimeFile(place.dataDir)?.databaseUrl;
  if (url === undefined) {
    throw new DomainError('configuration_error', {
      what: 'No database is known.',
      why: `Neither a database URL was given nor does ${place.dataDir} hold an embedded installation.`,
      howToFix: 'Pass --database-url, set DATABASE_URL, or name the data folder with --data-dir.',
    });
  }
  if (parseDatabaseUrl(url).username !== '') return openDatabaseAsGiven(url);
  if (keys === undefined) {
    throw new DomainError('configuration_error', {
      what: 'The database URL names no user and the keys of the installation were not found.',
      howToFix: 'Set COUNTERSIGN_KEYS_DIR, or pass a URL with a user who may act as cs_system.',
    });
  }
  return openDatabase(url, { secret: keys.token.secret });
}

async function withDatabase<T>(
  place: Place,
  env: NodeJS.ProcessEnv,
  work: (database: Database, keys: KeySet | undefined) => Promise<T>,
): Promise<T> {
  const keys = keysNear(place, env);
  const database = connect(place, keys);
  try {
    return await work(database, keys);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError('unavailable', {
      what: 'The database did not take the command.',
      why: error instanceof Error ? error.message : String(error),
      howToFix:
        'Check that Postgres runs and that the URL leads to a migrated Countersign database.',
      cause: error,
    });
  } finally {
    await database.close();
  }
}

export interface OutOfBandEngagement {
  /** As in `POST /v1/kill-switches`; global unless told. */
  readonly scope?: KillScope | 'tool';
  readonly target?: string;
  /** Whose, for every scope but `global`; the default tenant unless told. */
  readonly tenant?: string;
  readonly id?: string;
  readonly reason: string;
  readonly severity: 'info' | 'warning' | 'critical';
}

/** The brake with nothing but Postgres: connects as cs_system, actor `db-operator`, chains its own row. */
export async function killOutOfBand(
  options: Place & OutOfBandEngagement,
  env: NodeJS.ProcessEnv,
  logger: Logger,
): Promise<{
  readonly id: string;
  readonly scope: KillScope;
  readonly target?: string;
  readonly engagedAt: string;
  readonly engagedSeq: number;
}> {
  const { databaseUrl, dataDir, tenant, ...body } = options;
  const input = toEngageKillSwitchInput(parseInput(engageKillSwitchBody, body));
  const place = { dataDir, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
  return withDatabase(place, env, async (database) => {
    const deps = { database, sha256, uuid: () => uuidv7(), logger };
    const engage = createEngage({
      committer: {
        commitEverywhere: (work, how) => commitEverywhere(deps, work, how),
        commitStop: (only, work) => commitStop(deps, only, work),
      },
      crypto: { uuidv7: () => uuidv7() },
    });
    const { kill } = await engage(
      { kind: 'db-operator', id: 'system:db-operator' },
      input,
      tenant === undefined ? DEFAULT_TENANT : tenantId(tenant),
    );
    return {
      id: kill.id,
      scope: kill.scope,
      ...(kill.target === undefined ? {} : { target: kill.target }),
      engagedAt: new Date(kill.engagedAtMs).toISOString(),
      engagedSeq: kill.engagedSeq,
    };
  });
}

export interface VerifyPlace extends Place {
  readonly trustDir: string;
  readonly onProgress: (progress: { readonly checked: number; readonly total?: number }) => void;
}

const unknownKey: VerifySignature = () => 'unknown_key';

export function verifyLog(
  log: AuditLog,
  keys: KeySet | undefined,
  tenant: TenantId,
  options: Parameters<ReturnType<typeof createVerifyAudit>>[1],
): Promise<VerifyResult> {
  const verifySignature =
    keys === undefined ? unknownKey : createCrypto(keys).verifyCheckpointSignature;
  return createVerifyAudit({
    log,
    crypto: { sha256, hmacSha256, verifyCheckpointSignature: verifySignature },
  })(tenant, options);
}

/** One verdict over several logs: the worst state, all breaks, the sizes added up. */
function combined(
  results: readonly { readonly tenant: string; readonly result: VerifyResult }[],
): VerifyResult {
  const worst = [...results].sort(
    (a, b) => VERIFY_STATES.indexOf(a.result.state) - VERIFY_STATES.indexOf(b.result.state),
  )[0];
  const sum = (pick: (result: VerifyResult) => number): number =>
    results.reduce((total, { result }) => total + pick(result), 0);
  return {
    state: worst?.result.state ?? 'UNVERIFIABLE',
    size: sum((result) => result.size),
    checkpointSize: sum((result) => result.checkpointSize),
    breakCount: sum((result) => result.breakCount),
    breaks: results.flatMap(({ tenant, result }) =>
      result.breaks.map((found) => ({ ...found, message: `${tenant}: ${found.message}` })),
    ),
  };
}

/**
 * Reads and judges the log of every tenant and the system's own straight from Postgres, and remembers the
 * checkpoints it came to believe. A log that was remembered and is gone reads as cut.
 */
export function verifyOffline(options: VerifyPlace, env: NodeJS.ProcessEnv): Promise<VerifyResult> {
  return withDatabase(options, env, async (database, keys) => {
    const trust = createTrustStore(options.trustDir);
    const log = createAuditLog(database.app, database.system);
    const results: { tenant: string; result: VerifyResult }[] = [];
    for (const tenant of await log.tenants()) {
      const origin = checkpointOrigin(tenant);
      const trusted = trust.read(origin);
      const result = await verifyLog(log, keys, tenant, {
        ...(trusted === undefined ? {} : { trusted }),
        onProgress: (checked, total) => {
          options.onProgress({ checked, total });
        },
      });
      if (result.state === 'VALID' && result.checkpoint !== undefined)
        trust.remember(origin, result.checkpoint);
      results.push({ tenant, result });
    }
    return combined(results);
  });
}
