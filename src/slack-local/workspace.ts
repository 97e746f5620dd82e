import { createHash } from 'node:crypto';
import { createBoundedList } from './bounded-list';
import type { FakeClock } from './clock';
import type { JsonRecord } from './json-shape';
import { MEMORY } from './limits';
import type { Names } from './mrkdwn';
import type { Labels } from './rendered-text';
import type { FakeUser, NewChannel, NewUser } from './surface';

export interface StoredMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs?: string;
  readonly user: string;
  /** Set on messages of the app. */
  readonly botId?: string;
  text: string;
  /** False when the top-level text was sent with `mrkdwn: false`. */
  readonly textIsMrkdwn: boolean;
  blocks: readonly JsonRecord[];
  metadata?: JsonRecord;
  edited?: { readonly user: string; readonly ts: string };
  readonly replyBroadcast?: boolean;
  readonly reactions: Map<string, Set<string>>;
}

export interface StoredChannel {
  readonly id: string;
  readonly name: string;
  /** The person a direct conversation is with. */
  readonly directWith?: string;
  readonly members: Set<string> | 'everyone';
  readonly isArchived: boolean;
  readonly isExtShared: boolean;
  readonly botIsMember: boolean;
  readonly messages: StoredMessage[];
  lastTsMicros: number;
}

interface StoredGroup {
  readonly id: string;
  readonly handle: string;
  readonly users: readonly string[];
}

/** Who the workspace and its one app are. */
export interface Identity {
  readonly teamId: string;
  readonly domain: string;
  readonly appId: string;
  readonly botUserId: string;
  readonly botId: string;
  readonly botName: string;
}

/** All that a workspace holds, in memory and bounded (MEMORY). */
export interface Workspace {
  readonly identity: Identity;
  readonly clock: FakeClock;
  readonly users: Map<string, FakeUser>;
  readonly channels: Map<string, StoredChannel>;
  readonly groups: Map<string, StoredGroup>;
  readonly ephemerals: Map<string, StoredMessage[]>;
  readonly names: Names;
  readonly labels: Labels;
  readonly violations: readonly string[];
  addUser(user: NewUser): FakeUser;
  addChannel(channel: NewChannel): StoredChannel;
  addUserGroup(group: { id?: string; handle: string; users: readonly string[] }): StoredGroup;
  /** The direct conversation of the bot with a person, made when there is none. */
  directWith(user: string): StoredChannel;
  /** `seconds.micros`, unique and growing within a channel. */
  nextTs(channel: StoredChannel): string;
  store(message: StoredMessage): void;
  storeEphemeral(user: string, message: StoredMessage): void;
  find(channel: string, ts: string): StoredMessage | undefined;
  isMember(channel: StoredChannel, user: string): boolean;
  remove(channel: string, ts: string): boolean;
  violation(text: string): void;
  changed(): void;
  onChange(listener: () => void): () => void;
}

/** The same name gives the same id after a restart, so that what others stored about it stays true. */
export function idFor(prefix: string, name: string, taken: (id: string) => boolean): string {
  for (let round = 0; ; round += 1) {
    const hash = createHash('sha256')
      .update(`${prefix}:${name}:${String(round)}`)
      .digest('hex');
    const id = `${prefix}0${BigInt(`0x${hash.slice(0, 12)}`)
      .toString(36)
      .toUpperCase()
      .padStart(9, '0')}`;
    if (!taken(id)) return id;
  }
}

export function createWorkspace(identity: Identity, clock: FakeClock): Workspace {
  const users = new Map<string, FakeUser>();
  const channels = new Map<string, StoredChannel>();
  const groups = new Map<string, StoredGroup>();
  const ephemerals = new Map<string, StoredMessage[]>();
  const violations = createBoundedList<string>(MEMORY.violations);
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const addChannel = (channel: NewChannel, directWith?: string): StoredChannel => {
    const id = channel.id ?? idFor(directWith === undefined ? 'C' : 'D', channel.name, taken);
    const stored: StoredChannel = {
      id,
      name: channel.name,
      ...(directWith === undefined ? {} : { directWith }),
      members: channel.members === undefined ? 'everyone' : new Set(channel.members),
      isArchived: channel.isArchived ?? false,
      isExtShared: channel.isExtShared ?? false,
      botIsMember: channel.botIsMember ?? true,
      messages: [],
      lastTsMicros: 0,
    };
    admit(channels, id, stored, MEMORY.channels, 'channels');
    changed();
    return stored;
  };
  const taken = (id: string): boolean => users.has(id) || channels.has(id) || groups.has(id);
  const directOf = (user: string): StoredChannel | undefined =>
    [...channels.values()].find(({ directWith }) => directWith === user);
  return {
    identity,
    clock,
    users,
    channels,
    groups,
    ephemerals,
    names: namesIn(users, channels, groups),
    labels: {
      user: (id) => labelOf(users.get(id)) ?? (id === identity.botUserId ? identity.botName : id),
      group: (id) => groups.get(id)?.handle ?? id,
      channel: (id) => channels.get(id)?.name ?? id,
    },
    violations: violations.items,
    violation: (text) => {
      violations.push(text);
    },
    addUser: (user) => {
      const stored = completeUser(user, identity.teamId, taken);
      admit(users, stored.id, stored, MEMORY.users, 'users');
      changed();
      return stored;
    },
    addChannel: (channel) => addChannel(channel),
    addUserGroup: (group) => {
      const stored = { ...group, id: group.id ?? idFor('S', group.handle, taken) };
      admit(groups, stored.id, stored, MEMORY.groups, 'user groups');
      changed();
      return stored;
    },
    directWith: (user) => directOf(user) ?? addChannel({ name: user, members: [user] }, user),
    nextTs: (channel) => {
      channel.lastTsMicros = Math.max(clock.nowMs() * 1000, channel.lastTsMicros + 1);
      return tsOf(channel.lastTsMicros);
    },
    store: (message) => {
      const messages = channels.get(message.channel)?.messages;
      messages?.push(message);
      if (messages !== undefined && messages.length > MEMORY.messagesPerChannel) messages.shift();
      changed();
    },
    storeEphemeral: (user, message) => {
      const list = ephemerals.get(user) ?? [];
      list.push(message);
      if (list.length > MEMORY.ephemeralsPerUser) list.shift();
      ephemerals.set(user, list);
      changed();
    },
    find: (channel, ts) => channels.get(channel)?.messages.find((message) => message.ts === ts),
    isMember: (channel, user) =>
      channel.members === 'everyone' ? users.has(user) : channel.members.has(user),
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

function admit<T>(map: Map<string, T>, id: string, item: T, most: number, what: string): void {
  if (map.has(id)) throw new Error(`This workspace already has ${id}. Choose another id.`);
  if (map.size >= most)
    throw new Error(
      `This workspace holds ${String(most)} ${what} at most. Restart it to begin anew.`,
    );
  map.set(id, item);
}

function completeUser(user: NewUser, teamId: string, taken: (id: string) => boolean): FakeUser {
  return {
    id: user.id ?? idFor('U', user.name, taken),
    teamId: user.teamId ?? teamId,
    name: user.name,
    realName: user.realName ?? user.name,
    isBot: user.isBot ?? false,
    isRestricted: user.isRestricted ?? false,
    isUltraRestricted: user.isUltraRestricted ?? false,
    isStranger: user.isStranger ?? false,
    deleted: user.deleted ?? false,
    emailConfirmed: user.emailConfirmed ?? true,
    ...(user.email === undefined ? {} : { email: user.email }),
  };
}

const labelOf = (user: FakeUser | undefined): string | undefined => user?.realName;

function namesIn(
  users: ReadonlyMap<string, FakeUser>,
  channels: ReadonlyMap<string, StoredChannel>,
  groups: ReadonlyMap<string, StoredGroup>,
): Names {
  return {
    userByName: (name) => [...users.values()].find((user) => user.name === name)?.id,
    groupByHandle: (handle) => [...groups.values()].find((group) => group.handle === handle)?.id,
    channelByName: (name) =>
      [...channels.values()].find(
        (channel) => channel.name === name && channel.directWith === undefined,
      )?.id,
  };
}
