import { messageView } from './chat-methods';
import { isYes, type JsonRecord, listOf, optionalText, textOf } from './json-shape';
import { answered, type ApiAnswer, type ApiMethods, refused, TIER } from './web-api-method';
import type { StoredChannel, StoredMessage } from './stored';
import type { Workspace } from './workspace';

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 999;

/** conversations.open, history, replies, info, members and list. */
export function conversationMethods(workspace: Workspace): ApiMethods {
  const reading = (scope: string, run: (args: JsonRecord) => ApiAnswer): ApiMethods[string] => ({
    token: 'bot',
    scope,
    perMinute: TIER.three,
    run,
  });
  return {
    'conversations.open': reading('im:write', (args) => openConversation(workspace, args)),
    'conversations.history': reading('channels:history', (args) => history(workspace, args)),
    'conversations.replies': reading('channels:history', (args) => replies(workspace, args)),
    'conversations.info': reading('channels:read', (args) => {
      const channel = workspace.channels.get(textOf(args['channel']));
      return channel === undefined
        ? refused('channel_not_found')
        : answered({ channel: channelView(channel, workspace) });
    }),
    'conversations.members': {
      ...reading('channels:read', (args) => members(workspace, args)),
      perMinute: TIER.four,
    },
    'conversations.list': {
      ...reading('channels:read', (args) => list(workspace, args)),
      perMinute: TIER.two,
    },
  };
}

function openConversation(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const given = Array.isArray(args['users'])
    ? listOf(args['users']).map(textOf)
    : textOf(args['users']).split(',');
  const ids = given.map((id) => id.trim()).filter((id) => id !== '');
  const channel = optionalText(args['channel']);
  if (channel !== undefined) {
    const found = workspace.channels.get(channel);
    return found === undefined
      ? refused('channel_not_found')
      : answered({ channel: { id: channel } });
  }
  if (ids.length === 0) return refused('users_list_not_supplied');
  // Conversations of several people are no place for a decision, so the fake has none.
  if (ids.length > 1) return refused('too_many_users');
  const user = workspace.users.get(ids[0] ?? '');
  if (user === undefined) return refused('user_not_found');
  if (user.deleted) return refused('user_disabled');
  if (user.isBot) return refused('cannot_dm_bot');
  const direct = workspace.directWith(user.id);
  const view = isYes(args['return_im']) ? channelView(direct, workspace) : { id: direct.id };
  return answered({ channel: view });
}

/** How payloads call a conversation. */
export const conversationName = ({ directWith, name }: StoredChannel): string =>
  directWith === undefined ? name : 'directmessage';

export function channelView(channel: StoredChannel, workspace: Workspace): JsonRecord {
  const direct = channel.directWith !== undefined;
  return {
    id: channel.id,
    ...(direct
      ? { user: channel.directWith }
      : { name: channel.name, name_normalized: channel.name }),
    is_channel: !direct,
    is_group: false,
    is_im: direct,
    is_mpim: false,
    is_private: direct,
    is_archived: channel.isArchived,
    is_ext_shared: channel.isExtShared,
    is_shared: channel.isExtShared,
    is_org_shared: false,
    is_member: channel.botIsMember,
    context_team_id: workspace.identity.teamId,
  };
}

function readable(
  workspace: Workspace,
  args: JsonRecord,
): StoredChannel | { readonly refusal: ApiAnswer } {
  const channel = workspace.channels.get(textOf(args['channel']));
  if (channel === undefined) return { refusal: refused('channel_not_found') };
  return channel.botIsMember ? channel : { refusal: refused('not_in_channel') };
}

function history(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const channel = readable(workspace, args);
  if ('refusal' in channel) return channel.refusal;
  const newestFirst = channel.messages
    .filter(({ threadTs, replyBroadcast }) => threadTs === undefined || replyBroadcast === true)
    .reverse();
  return messagesPage(workspace, args, newestFirst);
}

function replies(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const channel = readable(workspace, args);
  if ('refusal' in channel) return channel.refusal;
  const ts = textOf(args['ts']);
  const asked = channel.messages.find((message) => message.ts === ts);
  const root = asked?.threadTs ?? ts;
  const thread = channel.messages.filter(
    (message) => message.ts === root || message.threadTs === root,
  );
  if (thread.length === 0) return refused('thread_not_found');
  return messagesPage(workspace, args, thread);
}

function messagesPage(
  workspace: Workspace,
  args: JsonRecord,
  messages: readonly StoredMessage[],
): ApiAnswer {
  const inclusive = isYes(args['inclusive']);
  const oldest = optionalText(args['oldest']);
  const latest = optionalText(args['latest']);
  const within = messages.filter(
    ({ ts }) =>
      (oldest === undefined || Number(ts) > Number(oldest) || (inclusive && ts === oldest)) &&
      (latest === undefined || Number(ts) < Number(latest) || (inclusive && ts === latest)),
  );
  const cut = page(args, within);
  if ('refusal' in cut) return cut.refusal;
  const withMetadata = isYes(args['include_all_metadata']);
  return answered({
    messages: cut.items.map((message) => messageView(message, workspace, withMetadata)),
    has_more: cut.next !== '',
    response_metadata: { next_cursor: cut.next },
  });
}

/** Cursor paging; a cursor that this server did not make is refused. */
function page<T>(
  args: JsonRecord,
  items: readonly T[],
): { readonly items: readonly T[]; readonly next: string } | { readonly refusal: ApiAnswer } {
  const limit = args['limit'] === undefined ? DEFAULT_PAGE : Number(args['limit']);
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE)
    return { refusal: refused('invalid_limit') };
  const cursor = optionalText(args['cursor']);
  const decoded = cursor === undefined ? 'from:0' : Buffer.from(cursor, 'base64').toString();
  const from = /^from:(\d+)$/.exec(decoded)?.[1];
  if (from === undefined) return { refusal: refused('invalid_cursor') };
  const end = Number(from) + limit;
  const next = end < items.length ? Buffer.from(`from:${String(end)}`).toString('base64') : '';
  return { items: items.slice(Number(from), end), next };
}

function members(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const channel = readable(workspace, args);
  if ('refusal' in channel) return channel.refusal;
  const ids = [...workspace.users.keys()].filter((id) => workspace.isMember(channel, id));
  const cut = page(args, ids);
  if ('refusal' in cut) return cut.refusal;
  return answered({ members: cut.items, response_metadata: { next_cursor: cut.next } });
}

function list(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const wanted = (optionalText(args['types']) ?? 'public_channel').split(',');
  const channels = [...workspace.channels.values()].filter((channel) =>
    wanted.includes(channel.directWith === undefined ? 'public_channel' : 'im'),
  );
  const open = isYes(args['exclude_archived'])
    ? channels.filter(({ isArchived }) => !isArchived)
    : channels;
  const cut = page(args, open);
  if ('refusal' in cut) return cut.refusal;
  return answered({
    channels: cut.items.map((channel) => channelView(channel, workspace)),
    response_metadata: { next_cursor: cut.next },
  });
}
