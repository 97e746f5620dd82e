import type { Facts, FactValue, PolicyRequest } from '../core/policy/model';
import { createParserThread, type FactParser } from './parser-thread';
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

type Gather = (request: PolicyRequest, parser: FactParser, deadline: number) => Promise<FactValue>;

const GATHER: ReadonlyMap<string, Gather> = new Map<string, Gather>([
  ['sql', ({ args }, parser, deadline) => gatherSql(args, parser, deadline)],
  ['recipients', ({ args }, parser, deadline) => gatherRecipients(args, parser, deadline)],
]);

export function createFactGatherer(): FactGatherer {
  const thread = createParserThread();
  return {
    gather: async (request, names, deadlineMs) => {
      const deadline = performance.now() + deadlineMs;
      const parser: FactParser = {
        parse: (job, timeoutMs) => thread.parse(job, timeoutMs, request.agent.id),
      };
      const facts = names.map(
        async (name) => [name, await gatherOne(name, request, parser, deadline)] as const,
      );
      return Object.fromEntries(await Promise.all(facts));
    },
    close: () => thread.close(),
  };
}

async function gatherOne(
  name: string,
  request: PolicyRequest,
  parser: FactParser,
  deadline: number,
): Promise<FactValue> {
  try {
    const gather = GATHER.get(name);
    return gather === undefined
      ? { error: 'unknown fact' }
      : await gather(request, parser, deadline);
  } catch {
    return { error: 'the fact could not be computed' };
  }
}
