import { createBoundedList } from './bounded-list';
import type { FakeClock } from './clock';
import { createDirectory, type Directory } from './directory';
import { MEMORY } from './limits';
import type { Identity, StoredChannel, StoredMessage } from './stored';

/** All that a workspace holds, in memory and bounded (MEMORY). */
export interface Workspace extends Directory {
  readonly identity: Identity;
  readonly clock: FakeClock;
  /** What one person alone was shown, by user. */
  readonly ephemerals: Map<string, readonly StoredMessage[]>;
  readonly violations: readonly string[];
  /** `seconds.micros`, unique and growing within a channel. */
  nextTs(channel: StoredChannel): string;
  store(message: StoredMessage): void;
  storeEphemeral(user: string, message: StoredMessage): void;
  find(channel: string, ts: string): StoredMessage | undefined;
  remove(channel: string, ts: string): boolean;
  violation(text: string): void;
  changed(): void;
  onChange(listener: () => void): () => void;
}

export function createWorkspace(identity: Identity, clock: FakeClock): Workspace {
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const directory = createDirectory(identity, changed);
  const { channels } = directory;
  const ephemerals = new Map<string, readonly StoredMessage[]>();
  const violations = createBoundedList<string>(MEMORY.violations);
  return {
    ...directory,
    identity,
    clock,
    ephemerals,
    violations: violations.items,
    violation: violations.push,
    nextTs: (channel) => {
      channel.lastTsMicros = Math.max(clock.nowMs() * 1000, channel.lastTsMicros + 1);
      return tsOf(channel.lastTsMicros);
    },
    store: (message) => {
      const messages = channels.get(message.channel)?.messages ?? [];
      messages.push(message);
      if (messages.length > MEMORY.messagesPerChannel) messages.shift();
      changed();
    },
    storeEphemeral: (user, message) => {
      const list = [...(ephemerals.get(user) ?? []), message];
      ephemerals.set(user, list.slice(-MEMORY.ephemeralsPerUser));
      changed();
    },
    find: (channel, ts) => channels.get(channel)?.messages.find((message) => message.ts === ts),
    remove: (channel, ts) => {
      const messages = channels.get(channel)?.messages ?? [];
      const index = messages.findIndex((message) => message.ts === ts);
      if (index < 0) return false;
      messages.splice(index, 1);
      changed();
      return true;
    },
    changed,
    onChange: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

const tsOf = (micros: number): string =>
  `${String(Math.floor(micros / 1_000_000))}.${String(micros % 1_000_000).padStart(6, '0')}`;
