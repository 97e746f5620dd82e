import { createHash } from 'node:crypto';
import { MEMORY } from './limits';
import type { Names } from './mrkdwn';
import type { Labels } from './rendered-text';
import type { FakeUser, NewChannel, NewUser } from './surface';
import type { Identity, StoredChannel, StoredGroup } from './stored';

/** The people, places and groups of a workspace. */
export interface Directory {
  readonly users: Map<string, FakeUser>;
  readonly channels: Map<string, StoredChannel>;
  readonly groups: Map<string, StoredGroup>;
  readonly names: Names;
  readonly labels: Labels;
  addUser(user: NewUser): FakeUser;
  addChannel(channel: NewChannel): StoredChannel;
  addUserGroup(group: NewGroup): StoredGroup;
  /** The direct conversation of the bot with a person, made when there is none. */
  directWith(user: string): StoredChannel;
  isMember(channel: StoredChannel, user: string): boolean;
}

export interface NewGroup {
  readonly id?: string;
  readonly handle: string;
  readonly users: readonly string[];
}

/** The same name gives the same id after a restart, so that what others stored about it stays true. */
function idFor(prefix: string, name: string, taken: (id: string) => boolean): string {
  for (let round = 0; ; round += 1) {
    const hash = createHash('sha256')
      .update(`${prefix}:${name}:${String(round)}`)
      .digest('hex');
    const number = BigInt(`0x${hash.slice(0, 11)}`).toString(36);
    const id = `${prefix}0${number.toUpperCase().padStart(9, '0')}`;
    if (!taken(id)) return id;
  }
}

export function createDirectory(identity: Identity, changed: () => void): Directory {
  const users = new Map<string, FakeUser>();
  const channels = new Map<string, StoredChannel>();
  const groups = new Map<string, StoredGroup>();
  const taken = (id: string): boolean =>
    users.has(id) || channels.has(id) || groups.has(id) || id === identity.botUserId;
  const addChannel = (channel: NewChannel, directWith?: string): StoredChannel => {
    const id = channel.id ?? idFor(directWith === undefined ? 'C' : 'D', channel.name, taken);
    const stored = newChannel(id, channel, directWith);
    admit(channels, id, stored, MEMORY.channels, 'channels');
    changed();
    return stored;
  };
  return {
    users,
    channels,
    groups,
    names: namesIn(users, channels, groups),
    labels: {
      user: (id) => users.get(id)?.realName ?? (id === identity.botUserId ? identity.botName : id),
      group: (id) => groups.get(id)?.handle ?? id,
      channel: (id) => channels.get(id)?.name ?? id,
    },
    addUser: (user) => {
      const id = user.id ?? idFor('U', user.name, taken);
      const stored = completeUser(id, user, identity.teamId);
      admit(users, id, stored, MEMORY.users, 'users');
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
    directWith: (user) =>
      [...channels.values()].find(({ directWith }) => directWith === user) ??
      addChannel({ name: user, members: [user] }, user),
    isMember: (channel, user) =>
      channel.members === 'everyone' ? users.has(user) : channel.members.has(user),
  };
}

function newChannel(
  id: string,
  channel: NewChannel,
  directWith: string | undefined,
): StoredChannel {
  return {
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
}

function admit<T>(map: Map<string, T>, id: string, item: T, most: number, what: string): void {
  if (map.has(id)) throw new Error(`This workspace already has ${id}. Choose another id.`);
  if (map.size >= most)
    throw new Error(`This workspace holds ${String(most)} ${what} at most. Restart it to go on.`);
  map.set(id, item);
}

function completeUser(id: string, user: NewUser, teamId: string): FakeUser {
  return {
    id,
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
