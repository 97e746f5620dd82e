import { z } from 'zod';
import { DomainError, type Problem } from '../core/errors';
import { slackProblems, slackSettingsOf, slackVariables, type SlackSettings } from './slack-config';

const text = (what: string, longest = 1_000) =>
  z
    .string()
    .max(longest, what)
    .regex(/^\P{Cc}+$/u, what);

const wholeNumber = (least: number, most: number) => {
  const what = `use a whole number from ${String(least)} to ${String(most)}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, what)
    .transform(Number)
    .refine((value) => value >= least && value <= most, what);
};

const url = (protocols: readonly string[], example: string) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `use a URL such as ${example}`,
    );

const environment = z.strictObject({
  PORT: wholeNumber(0, 65_535).default(8_080),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'use a host name or an IP address')
    .default('127.0.0.1'),
  COUNTERSIGN_DATA_DIR: text('use the path of a folder').default('.countersign'),
  COUNTERSIGN_KEYS_DIR: text('use the path of a folder').optional(),
  DATABASE_URL: url(
    ['postgres:', 'postgresql:'],
    'postgres://user:password@host:5432/countersign',
  ).optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]_-]+:\d{1,5}$/, 'use host:port, such as 127.0.0.1:7233')
    .optional(),
  TEMPORAL_NAMESPACE: text('use the name of a Temporal namespace', 200).default('default'),
  TEMPORAL_TASK_QUEUE: text('use the name of a task queue', 200).default('countersign'),
  TEMPORAL_UI_URL: url(['http:', 'https:'], 'http://127.0.0.1:8233').optional(),
  COUNTERSIGN_PUBLIC_URL: url(['http:', 'https:'], 'https://countersign.example.com').optional(),
  COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{1,512}$/, 'use up to 512 visible ASCII characters without spaces')
    .optional(),
  COUNTERSIGN_ENV: z
    .enum(['development', 'production'], 'use "development" or "production"')
    .default('development'),
  COUNTERSIGN_MAX_START_LAG_MS: wholeNumber(0, 3_600_000).default(60_000),
  COUNTERSIGN_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'use debug, info, warn, error or silent')
    .default('info'),
  ...slackVariables,
});

/** Settings of one process. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly keysDir: string;
  /** Absent: an embedded Postgres. May hold a password; never to be logged. */
  readonly databaseUrl?: string;
  /** Absent: an embedded Temporal server. */
  readonly temporalAddress?: string;
  readonly temporalNamespace: string;
  readonly temporalTaskQueue: string;
  readonly temporalUiUrl?: string;
  /** Address under which people open this installation in a browser; for links on cards. */
  readonly publicUrl?: string;
  /** A secret; never to be logged. */
  readonly bootstrapAdminKey?: string;
  readonly environment: 'development' | 'production';
  readonly maxStartLagMs: number;
  /** Absent: no Slack; in development the local page stands in for it. */
  readonly slack?: SlackSettings;
  /** Where cards go: a name without `#`, or an id. */
  readonly slackChannel: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

const SHORTEST_PRODUCTION_KEY = 16;

/**
 * Reads the settings from environment variables; an empty one counts as not set.
 *
 * @throws DomainError `configuration_error` naming every wrong variable at once, never a value.
 */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const known = Object.keys(environment.shape);
  const set = Object.fromEntries(
    known.flatMap((name) => {
      const value = variables[name]?.trim();
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const result = environment.safeParse(set);
  const problems: Problem[] = result.success
    ? [...weakKeyProblems(result.data), ...slackProblems(result.data)]
    : result.error.issues.map((issue) => ({
        path: issue.path.map(String).join('.'),
        message: issue.message,
      }));
  if (!result.success || problems.length > 0) {
    const names = [...new Set(problems.map((problem) => problem.path))].join(', ');
    throw new DomainError('configuration_error', {
      what: `These settings are wrong: ${names}.`,
      problems,
    });
  }
  return toConfig(result.data);
}

function weakKeyProblems(read: z.output<typeof environment>): Problem[] {
  const key = read.COUNTERSIGN_BOOTSTRAP_ADMIN_KEY;
  if (read.COUNTERSIGN_ENV !== 'production' || key === undefined) return [];
  if (key.length >= SHORTEST_PRODUCTION_KEY) return [];
  const message = `use at least ${String(SHORTEST_PRODUCTION_KEY)} characters in production`;
  return [{ path: 'COUNTERSIGN_BOOTSTRAP_ADMIN_KEY', message }];
}

function toConfig(read: z.output<typeof environment>): Config {
  const {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_UI_URL: temporalUiUrl,
    COUNTERSIGN_PUBLIC_URL: publicUrl,
    COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: bootstrapAdminKey,
  } = read;
  const slack = slackSettingsOf(read);
  return {
    port: read.PORT,
    host: read.HOST,
    dataDir: read.COUNTERSIGN_DATA_DIR,
    keysDir: read.COUNTERSIGN_KEYS_DIR ?? `${read.COUNTERSIGN_DATA_DIR.replace(/\/+$/, '')}/keys`,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(temporalAddress === undefined ? {} : { temporalAddress }),
    temporalNamespace: read.TEMPORAL_NAMESPACE,
    temporalTaskQueue: read.TEMPORAL_TASK_QUEUE,
    ...(temporalUiUrl === undefined ? {} : { temporalUiUrl }),
    ...(publicUrl === undefined ? {} : { publicUrl: publicUrl.replace(/\/+$/, '') }),
    ...(bootstrapAdminKey === undefined ? {} : { bootstrapAdminKey }),
    environment: read.COUNTERSIGN_ENV,
    maxStartLagMs: read.COUNTERSIGN_MAX_START_LAG_MS,
    ...(slack === undefined ? {} : { slack }),
    slackChannel: read.SLACK_CHANNEL,
    logLevel: read.COUNTERSIGN_LOG_LEVEL,
  };
}
