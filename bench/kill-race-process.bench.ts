import type { Caller } from '../src/app/caller';
import type { SubmitInput } from '../src/app/submit-input';
import { composeApi, AGENT, type ApiComposition, type Installation } from './database-bench';

/** What the parent tells one of the racing processes. */
export type RaceOrder =
  | { readonly kind: 'kill' }
  | { readonly kind: 'lift'; readonly id: string }
  | { readonly kind: 'finish' };

export interface RaceSetting extends Installation {
  readonly adminKey: string;
  readonly agentKey: string;
  readonly clients: number;
}

/** Times are milliseconds of the machine's monotonic clock, the same in every process. */
export type RaceNews =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'killed';
      readonly id: string;
      readonly sentMs: number;
      readonly doneMs: number;
    }
  | { readonly kind: 'lifted' }
  | {
      readonly kind: 'finished';
      /** When each allowed request was sent, and when its answer came. */
      readonly allowed: readonly (readonly [sentMs: number, answeredMs: number])[];
      readonly submitMs: readonly number[];
      readonly denied: number;
      readonly failed: number;
    };

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Resolves when the parent's pipe has taken it. */
const say = (news: RaceNews): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(news, () => {
      resolve();
    });
  });

/** Each client asks again as soon as it has its answer. */
function startClients(api: ApiComposition, agent: Caller, clients: number) {
  const allowed: (readonly [number, number])[] = [];
  const submitMs: number[] = [];
  let denied = 0;
  let failed = 0;
  let stopped = false;
  const client = async (name: number): Promise<void> => {
    for (let count = 0; !stopped; count += 1) {
      const input: SubmitInput = {
        agent: AGENT,
        action: 'issue_refund',
        args: { order_id: `${process.pid}-${name}-${count}`, amount: 45 },
        context: {},
        mode: 'decide',
      };
      const sentMs = nowMs();
      try {
        const { verdict } = await api.core.useCases.submitExecution(agent, input);
        const answeredMs = nowMs();
        submitMs.push(answeredMs - sentMs);
        if (verdict === 'ALLOW') allowed.push([sentMs, answeredMs]);
        else denied += 1;
      } catch {
        failed += 1;
      }
    }
  };
  const ended = Promise.all(Array.from({ length: clients }, (_, name) => client(name)));
  return async (): Promise<RaceNews> => {
    stopped = true;
    await ended;
    return { kind: 'finished', allowed, submitMs, denied, failed };
  };
}

async function race(setting: RaceSetting): Promise<void> {
  const api = composeApi(setting);
  const agent = await api.callerOf(setting.agentKey);
  const { useCases } = api.core;
  const finish = startClients(api, agent, setting.clients);
  const obey = async (order: RaceOrder): Promise<void> => {
    const admin = await api.callerOf(setting.adminKey);
    switch (order.kind) {
      case 'kill': {
        const sentMs = nowMs();
        const { id } = await useCases.engageKillSwitch(admin, {
          scope: 'global',
          reason: 'race',
          severity: 'critical',
        });
        await say({ kind: 'killed', id, sentMs, doneMs: nowMs() });
        return;
      }
      case 'lift':
        await useCases.liftKillSwitch(admin, { id: order.id, reason: 'race' });
        await say({ kind: 'lifted' });
        return;
      case 'finish':
        await say(await finish());
        await api.stop();
        process.disconnect();
    }
  };
  process.on('message', (order: RaceOrder) => {
    obey(order).catch(fail);
  });
  await say({ kind: 'ready' });
}

function fail(error: unknown): void {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

process.once('message', (setting: RaceSetting) => {
  race(setting).catch(fail);
});
