import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './api-problem';

export const DEFAULT_URL = 'http://127.0.0.1:8080';
export const DEFAULT_DATA_DIR = '.countersign';
const BOOTSTRAP_KEY_FILE = 'bootstrap-admin.key';
const READABLE_BY_OTHERS = 0o077;

export interface ConnectionFlags {
  readonly url?: string;
  readonly apiKey?: string;
  readonly dataDir?: string;
}

export interface Connection {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** The key would cross a network in the clear. */
  readonly insecure: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Flag, then COUNTERSIGN_DATA_DIR, then `.countersign` here. Absolute. */
export const resolveDataDir = (flags: ConnectionFlags, env: Environment): string =>
  path.resolve(flags.dataDir ?? setting(env, 'COUNTERSIGN_DATA_DIR') ?? DEFAULT_DATA_DIR);

/**
 * Address and credential by flag, then environment, then file. The bootstrap key of the data folder goes to
 * this machine only: it is never sent to another host. Throws UsageError.
 */
export function resolveConnection(flags: ConnectionFlags, env: Environment): Connection {
  const url = parseUrl(flags.url ?? setting(env, 'COUNTERSIGN_URL') ?? DEFAULT_URL);
  const local = isLoopback(url.hostname);
  const apiKey =
    checkKey(flags.apiKey, '--api-key') ??
    checkKey(setting(env, 'COUNTERSIGN_API_KEY'), 'COUNTERSIGN_API_KEY') ??
    (local ? readBootstrapKey(resolveDataDir(flags, env)) : undefined);
  return {
    baseUrl: url.href.replace(/\/+$/, ''),
    ...(apiKey === undefined ? {} : { apiKey }),
    insecure: apiKey !== undefined && url.protocol === 'http:' && !local,
  };
}

/** A set, non-empty variable; an empty one counts as unset. */
export function setting(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === '' ? undefined : value;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(
      `"${text}" is not an http or https address.`,
      `Give --url or COUNTERSIGN_URL such as ${DEFAULT_URL}.`,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new UsageError(
      'The address holds more than a host, a port and a path.',
      'Put the key into COUNTERSIGN_API_KEY and leave user, query and fragment out of the address.',
    );
  return url;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function checkKey(key: string | undefined, source: string): string | undefined {
  const trimmed = key?.trim();
  if (trimmed === undefined) return undefined;
  if (!/^[\x21-\x7e]+$/.test(trimmed))
    throw new UsageError(
      `${source} does not hold an API key.`,
      'Give the key as it was printed when it was made: one word of plain characters.',
    );
  return trimmed;
}

function readBootstrapKey(dataDir: string): string | undefined {
  const file = path.join(dataDir, BOOTSTRAP_KEY_FILE);
  try {
    if (process.platform !== 'win32' && (statSync(file).mode & READABLE_BY_OTHERS) !== 0)
      throw new UsageError(
        `${file} can be read by other users of this machine, so it is not used.`,
        `Run: chmod 600 '${file}', and replace the key if others may have read it.`,
      );
    return checkKey(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = (error as { readonly code?: unknown }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UsageError(
      `${file} cannot be read (${String(code)}).`,
      'Run as the user who started the server, or set COUNTERSIGN_API_KEY.',
    );
  }
}
