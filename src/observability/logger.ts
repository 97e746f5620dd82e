import pino from 'pino';
import type { Logger } from '../app/ports';

const SECRET_NAMES = [
  'authorization',
  'bearer',
  'key',
  'apiKey',
  'bootstrapAdminKey',
  'token',
  'releaseToken',
  'argsSalt',
  'password',
  'secret',
  'databaseUrl',
  'connectionString',
  'args',
  'context',
  'rationale',
  'justification',
  'result',
];

/** Names wherever they stand down to the third level; nothing deeper is logged on purpose. */
const REDACTED = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Constant fields of every line, such as the process's role. */
  readonly base?: Readonly<Record<string, string>>;
  /** Takes each line; standard output if absent. */
  readonly destination?: { write(line: string): void };
}

/** JSON lines with time in ISO 8601; secrets and what agents wrote are blanked by name. */
export function createLogger({ level, base = {}, destination }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { ...base },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED, censor: '[redacted]' },
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err },
  };
  const log = destination === undefined ? pino(options) : pino(options, destination);
  return {
    info: (fields, message) => {
      log.info(fields, message);
    },
    warn: (fields, message) => {
      log.warn(fields, message);
    },
    error: (fields, message) => {
      log.error(fields, message);
    },
  };
}
