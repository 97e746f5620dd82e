import type { ReceiptVerifier } from '../core/audit/verify-receipt';
import type { TextSink } from './output';
import type { Diagnostic, IntegrityReport, KillScopeName, Severity } from './resources';

/** Flags of `start`; what is left out comes from the environment, then from the defaults. */
export interface StartOptions {
  readonly port?: number;
  readonly host?: string;
  readonly dataDir?: string;
  readonly reset: boolean;
}

export interface DemoOptions {
  readonly color: boolean;
}

export interface ProcessOptions {
  readonly port?: number;
  readonly host?: string;
  readonly dataDir?: string;
}

export interface OutOfBandKill {
  readonly id: string;
  readonly scope?: string;
  readonly target?: string;
  readonly engagedAt?: string;
  readonly engagedSeq?: number;
}

export interface VerifyProgress {
  readonly checked: number;
  readonly total?: number | undefined;
}

type Awaitable<Value> = Value | Promise<Value>;

/** What the composition root hands to the CLI: everything that must work without REST, and the terminal. */
export interface CliDeps {
  readonly version: string;
  /** Each resolves to the exit code of the process. */
  start(options: StartOptions): Promise<number>;
  demo(options: DemoOptions): Promise<number>;
  api?(options: ProcessOptions): Promise<number>;
  worker?(options: ProcessOptions): Promise<number>;
  channels?(options: ProcessOptions): Promise<number>;
  migrate?(options: ProcessOptions): Promise<number>;
  /** Engages a kill switch straight in Postgres; `databaseUrl` absent = the embedded one of the data folder. */
  killOutOfBand(options: {
    readonly databaseUrl?: string;
    readonly dataDir: string;
    readonly scope: KillScopeName;
    readonly target?: string;
    /** Whose, for every scope but `global`; absent = the default tenant. */
    readonly tenant?: string;
    readonly id?: string;
    readonly reason: string;
    readonly severity: Severity;
  }): Promise<OutOfBandKill>;
  /** Reads the chain straight from Postgres, without the server. */
  verifyOffline(options: {
    readonly databaseUrl?: string;
    readonly dataDir: string;
    /** Where the last trusted checkpoint is remembered. */
    readonly trustDir: string;
    readonly onProgress: (progress: VerifyProgress) => void;
  }): Promise<IntegrityReport>;
  /** From the text of a published key set; undefined when it holds no usable key. */
  receiptVerifier(keysText: string): ReceiptVerifier | undefined;
  lintPolicy(
    text: string,
    id: string,
  ): Awaitable<{
    readonly problems: readonly Diagnostic[];
    readonly warnings: readonly Diagnostic[];
  }>;
  lintChain(text: string): Awaitable<{
    readonly problems: readonly Diagnostic[];
    readonly warnings: readonly Diagnostic[];
  }>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTty: { readonly stdout: boolean; readonly stderr: boolean };
  readonly fetch: typeof fetch;
  /** Registers a Ctrl-C handler and returns how to take it off again. */
  onInterrupt(handler: () => void): () => void;
}
