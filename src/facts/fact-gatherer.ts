import type { Facts, FactValue, PolicyRequest } from '../core/policy/model';
import { createParserThread, type ParserThread } from './parser-thread';
import { gatherRecipients } from './recipients-fact';
import { gatherSql } from './sql-fact';

/** Computes the facts that candidate rules name, before deciding. */
export interface FactGatherer {
  /** Never rejects: a fact that cannot be computed within `deadlineMs` milliseconds is `{ error }`. */
  readonly gather: (
    request: PolicyRequest,
    names: readonly string[],
    deadlineMs: number,
  ) => Promise<Facts>;
  readonly close: () => Promise<void>;
}

type Gather = (
  request: PolicyRequest,
  thread: ParserThread,
  deadline: number,
) => Promise<FactValue>;

const GATHER: ReadonlyMap<string, Gather> = new Map<string, Gather>([
  ['sql', ({ args }, thread, deadline) => gatherSql(args, thread, deadline)],
  ['recipients', ({ args }, thread, deadline) => gatherRecipients(args, thread, deadline)],
]);

export function createFactGatherer(): FactGatherer {
  const thread = createParserThread();
  return {
    gather: async (request, names, deadlineMs) => {
      const deadline = performance.now() + deadlineMs;
      const facts = names.map(
        async (name) => [name, await gatherOne(name, request, thread, deadline)] as const,
      );
      return Object.fromEntries(await Promise.all(facts));
    },
    close: () => thread.close(),
  };
}

async function gatherOne(
  name: string,
  request: PolicyRequest,
  thread: ParserThread,
  deadline: number,
): Promise<FactValue> {
  try {
    const gather = GATHER.get(name);
    return gather === undefined
      ? { error: 'unknown fact' }
      : await gather(request, thread, deadline);
  } catch {
    return { error: 'the fact could not be computed' };
  }
}
