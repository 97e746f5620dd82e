import {
  isCard,
  type ChannelMessage,
  type ChannelMessageStore,
  type MessageContent,
} from '../../src/app/channel-ports';
import { createDelivery, type Delivery } from '../../src/channels/delivery';
import type { ReadContent } from '../../src/channels/deliver-message';
import { executionId, type ExecutionId } from '../../src/core/ids';
import { createMemoryMessageStore, type MemoryMessageStore } from './memory-message-store';
import { sampleCard } from './sample-card';
import { createScriptedGateway, type Fault, type ScriptedGateway } from './scripted-gateway';
import { createVirtualClock, type VirtualClock } from './virtual-clock';

export const EXECUTION = executionId('01890a5d-ac96-774b-bcce-b302099a8057');

export interface Scene {
  readonly clock: VirtualClock;
  readonly store: MemoryMessageStore;
  readonly gateway: ScriptedGateway;
  readonly delivery: Delivery;
  readonly givenUp: { readonly message: ChannelMessage; readonly why: string }[];
  readonly downs: { readonly forMs: number }[];
  /** Another process; with `dies` nothing it records after that call gets through. */
  process(holder: string, store?: ChannelMessageStore): Delivery;
  /** Version of an execution, from 1. */
  version(execution: ExecutionId): number;
  /** A fact: the version rises, its card should follow. */
  change(execution?: ExecutionId): void;
}

/** Version that a message shows. */
export const shown = (content: MessageContent): number => content.card.version;

export function createScene(faults: (Fault | undefined)[] = []): Scene {
  const clock = createVirtualClock();
  const store = createMemoryMessageStore(() => clock.nowMs());
  const gateway = createScriptedGateway(clock, faults);
  const versions = new Map<ExecutionId, number>();
  const version = (execution: ExecutionId): number => versions.get(execution) ?? 1;
  const givenUp: Scene['givenUp'] = [];
  const downs: { forMs: number }[] = [];
  const read: ReadContent = async ({ execution, purpose, tenant }) => {
    const card = sampleCard(execution, version(execution));
    if (purpose.kind === 'copy')
      return {
        version: card.version,
        content: { kind: 'card', card },
        target: { kind: 'person', teamId: 'T1', userId: purpose.person },
      };
    if (isCard(purpose))
      return {
        version: card.version,
        content: { kind: 'card', card },
        target: { kind: 'channel', name: execution === EXECUTION ? 'routed' : 'other' },
      };
    const of = await store.cardPlace(tenant, execution);
    const note = { kind: 'ended', status: 'approved', reason: 'done', mentions: [] } as const;
    const content = { kind: 'note', note, card } as const;
    return of && { version: card.version, content, target: { kind: 'thread', of } };
  };
  let seed = 7;
  const process = (holder: string, over: ChannelMessageStore = store): Delivery =>
    createDelivery({
      ...{ store: over, gateway, read, clock, holder },
      random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647,
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
      alarm: {
        givenUp: async (message, why) => void givenUp.push({ message, why }),
        down: async ({ forMs }) => void downs.push({ forMs }),
      },
    });
  return {
    ...{ clock, store, gateway, givenUp, downs, process, version },
    delivery: process('one'),
    change: (execution = EXECUTION) => {
      versions.set(execution, version(execution) + 1);
      store.put(execution, { kind: 'card' }, version(execution));
    },
  };
}
