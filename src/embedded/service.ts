/** What one line of the embedded services' story looks like; the caller decides where it goes. */
export interface EmbeddedLogEvent {
  readonly level: 'info' | 'warn' | 'error';
  readonly msg: string;
}

export type EmbeddedLog = (event: EmbeddedLogEvent) => void;

/** A supervised child that keeps its address over restarts. */
export interface EmbeddedService {
  /** True when the service of an earlier process was found healthy and taken over. */
  readonly adopted: boolean;
  /** The pid of the child now running, undefined while it is being restarted or after `stop`. */
  readonly pid: () => number | undefined;
  /** Ends supervision and the child; within 8 s, repeated calls wait for the same end. */
  readonly stop: () => Promise<void>;
}

/** Called after a dead child was replaced; the address is unchanged. */
export type OnRestart = (event: {
  readonly service: 'postgres' | 'temporal';
  readonly pid: number;
}) => void;

/**
 * The embedded part cannot start here. The message says what happened, why, and how to fix it, and is
 * meant for the terminal.
 */
export class EmbeddedStartError extends Error {
  override readonly name = 'EmbeddedStartError';
}

/** Turns a refused file access into an error that says whose folder it is; others pass unchanged. */
export function explainAccess(error: unknown, dataDir: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') return error;
  return new EmbeddedStartError(
    `The data folder ${dataDir} cannot be used by this user (${messageOf(error)}). ` +
      'It was probably made by another one. Give it to the user who runs Countersign, ' +
      'or choose another folder with COUNTERSIGN_DATA_DIR.',
  );
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
