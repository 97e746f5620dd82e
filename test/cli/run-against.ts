import type { CliDeps } from '../../src/cli/cli-deps';
import {
  startCannedServer,
  type CannedAnswer,
  type CannedServer,
  type SeenRequest,
} from './canned-server';
import { runCaptured, type Captured } from './run-captured';

export type Answering = (request: SeenRequest) => CannedAnswer | undefined;
export type RunAgainst = (
  answering: Answering,
  argv: readonly string[],
  replaced?: Partial<CliDeps>,
) => Promise<Captured & { readonly requests: readonly SeenRequest[] }>;

/** One server for the tests of a file; each call says what it answers and gets what was asked. */
export function useCannedServer(): RunAgainst {
  let server: CannedServer;
  let current: Answering = () => undefined;
  beforeAll(async () => {
    server = await startCannedServer((request) => current(request));
  });
  afterAll(() => server.close());
  return async (answering, argv, replaced = {}) => {
    const before = server.seen.length;
    current = answering;
    const captured = await runCaptured(argv, {
      env: { COUNTERSIGN_URL: server.url, COUNTERSIGN_API_KEY: 'cs_key' },
      ...replaced,
    });
    return { ...captured, requests: server.seen.slice(before) };
  };
}

export const ok =
  (body: unknown, status = 200): Answering =>
  () => ({ status, body });
