import { Worker } from 'node:worker_threads';

/**
 * Runs the SQL and address parsers on a thread of their own. Their running time can grow without bound on hostile text (a
 * dozen open parentheses cost a second), and a thread is the only thing that can be stopped in the middle of it.
 */
export interface ParserThread {
  /**
   * The parser's plain result, or why there is none. Never rejects. Jobs that wait are taken from each `turn` in turn, so
   * that one agent with many or slow texts cannot keep the others waiting.
   */
  readonly parse: (job: ParserJob, timeoutMs: number, turn?: string) => Promise<ParserAnswer>;
  readonly close: () => Promise<void>;
}

/** The parsers as one request sees them. */
export interface FactParser {
  readonly parse: (job: ParserJob, timeoutMs: number) => Promise<ParserAnswer>;
}

export type ParserJob =
  | { readonly kind: 'sql'; readonly text: string; readonly dialect: 'Postgresql' | 'MySQL' }
  | { readonly kind: 'addresses'; readonly text: string };

export type ParserAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'unparsable' | 'timeout' | 'unavailable' };

interface Waiting {
  readonly job: ParserJob;
  readonly deadlineMs: number;
  readonly answer: (answer: ParserAnswer) => void;
}

/** Plain JavaScript, because a thread starts from source text; the modules are named by their resolved paths. */
const THREAD_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const parsers = {};
const sqlParser = (dialect) => {
  if (parsers[dialect] === undefined) {
    const { Parser } = require(workerData.dialects[dialect]);
    parsers[dialect] = new Parser();
  }
  return parsers[dialect];
};
const addresses = (text) => {
  const { parseAddressList } = require(workerData.addresses);
  const read = (addressListSeparator) =>
    parseAddressList({ input: text, rfc6532: true, addressListSeparator });
  const found = read(',') ?? read(';');
  if (found === null) throw new Error('unparsable');
  return found.flatMap((entry) => entry.addresses ?? [entry]).map(({ local, domain }) => ({ local, domain }));
};
parentPort.on('message', ({ kind, text, dialect }) => {
  try {
    const value = kind === 'sql'
      ? sqlParser(dialect).astify(text, { database: dialect })
      : addresses(text);
    parentPort.postMessage({ ok: true, value: JSON.parse(JSON.stringify(value ?? null)) });
  } catch {
    parentPort.postMessage({ ok: false, reason: 'unparsable' });
  }
});
`;

/** No honest text takes as long, and everyone behind it waits. */
const MAX_PARSE_MS = 1000;

/** One thread, started when first needed and again after it had to be stopped; jobs run one after the other. */
export function createParserThread(): ParserThread {
  let worker: Worker | undefined;
  let running: { readonly waiting: Waiting; readonly timer: NodeJS.Timeout } | undefined;
  const queue = createTurns<Waiting>();

  const finish = (answer: ParserAnswer): void => {
    if (running === undefined) return;
    const { waiting, timer } = running;
    running = undefined;
    clearTimeout(timer);
    // An idle thread must not keep the process alive.
    worker?.unref();
    waiting.answer(answer);
    next();
  };
  const stop = (answer: ParserAnswer): void => {
    const stopped = worker;
    worker = undefined;
    void stopped?.terminate();
    finish(answer);
  };
  const start = (): Worker => {
    const started = new Worker(THREAD_SOURCE, {
      eval: true,
      workerData: parserModules(),
      resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: 4 },
    });
    const isCurrent = (): boolean => worker === started;
    started.on('message', (answer: ParserAnswer) => isCurrent() && finish(answer));
    started.on('error', () => isCurrent() && stop({ ok: false, reason: 'unavailable' }));
    started.on('exit', () => isCurrent() && stop({ ok: false, reason: 'unavailable' }));
    return started;
  };
  const next = (): void => {
    if (running !== undefined) return;
    let waiting = queue.take();
    while (waiting !== undefined && waiting.deadlineMs <= performance.now()) {
      waiting.answer({ ok: false, reason: 'timeout' });
      waiting = queue.take();
    }
    if (waiting === undefined) return;
    const leftMs = waiting.deadlineMs - performance.now();
    worker ??= start();
    worker.ref();
    const timer = setTimeout(
      () => stop({ ok: false, reason: 'timeout' }),
      Math.min(leftMs, MAX_PARSE_MS),
    );
    running = { waiting, timer };
    worker.postMessage(waiting.job);
  };
  return {
    parse: (job, timeoutMs, turn = '') =>
      new Promise((answer) => {
        queue.add(turn, { job, deadlineMs: performance.now() + timeoutMs, answer });
        next();
      }),
    close: async () => {
      const stopped = worker;
      worker = undefined;
      for (let waiting = queue.take(); waiting !== undefined; waiting = queue.take()) {
        waiting.answer({ ok: false, reason: 'unavailable' });
      }
      finish({ ok: false, reason: 'unavailable' });
      await stopped?.terminate();
    },
  };
}

interface Turns<T> {
  readonly add: (turn: string, item: T) => void;
  readonly take: () => T | undefined;
}

/** One queue for each turn; a turn that was served goes to the end. */
function createTurns<T>(): Turns<T> {
  const turns = new Map<string, T[]>();
  return {
    add: (turn, item) => {
      const items = turns.get(turn);
      if (items === undefined) turns.set(turn, [item]);
      else items.push(item);
    },
    take: () => {
      for (const [turn, items] of turns) {
        const item = items.shift();
        turns.delete(turn);
        if (items.length > 0) turns.set(turn, items);
        return item;
      }
      return undefined;
    },
  };
}

const parserModules = () => ({
  dialects: {
    Postgresql: require.resolve('node-sql-parser/build/postgresql'),
    MySQL: require.resolve('node-sql-parser/build/mysql'),
  },
  addresses: require.resolve('email-addresses'),
});
