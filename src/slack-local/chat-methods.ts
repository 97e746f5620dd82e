import { isYes, type JsonRecord, optionalText, textOf } from './json-shape';
import { LIMITS } from './limits';
import { readContent } from './message-content';
import { answered, type ApiAnswer, type ApiMethods, refused, TIER } from './web-api-method';
import type { StoredChannel, StoredMessage } from './stored';
import type { Workspace } from './workspace';

/** Slack's own limit on posting: one a second and channel; a minute's worth for the whole workspace. */
const POSTS_PER_MINUTE = 300;

/** chat.* and reactions.add. */
export function chatMethods(workspace: Workspace): ApiMethods {
  return {
    'chat.postMessage': {
      token: 'bot',
      scope: 'chat:write',
      perMinute: POSTS_PER_MINUTE,
      postsTo: (args) => channelKey(workspace, textOf(args['channel'])),
      run: (args) => postMessage(workspace, args),
    },
    'chat.postEphemeral': {
      token: 'bot',
      scope: 'chat:write',
      perMinute: TIER.four,
      run: (args) => postEphemeral(workspace, args),
    },
    'chat.update': {
      token: 'bot',
      scope: 'chat:write',
      perMinute: TIER.three,
      run: (args) => updateMessage(workspace, args),
    },
    'chat.delete': {
      token: 'bot',
      scope: 'chat:write',
      perMinute: TIER.three,
      run: (args) => deleteMessage(workspace, args),
    },
    'chat.getPermalink': {
      token: 'bot',
      perMinute: TIER.four,
      run: (args) => permalink(workspace, args),
    },
    'reactions.add': {
      token: 'bot',
      scope: 'reactions:write',
      perMinute: TIER.three,
      run: (args) => addReaction(workspace, args),
    },
  };
}

/** One key for a channel whether it is called by id, by name or by the person it is with. */
function channelKey({ channels, names }: Workspace, target: string): string {
  const direct = [...channels.values()].find(({ directWith }) => directWith === target)?.id;
  return direct ?? names.channelByName(target.replace(/^#/, '')) ?? target;
}

/** Where a message goes: a channel, a direct conversation, or a person whose conversation is opened. */
function targetOf(
  workspace: Workspace,
  target: string,
): StoredChannel | { readonly refusal: ApiAnswer } {
  const channel =
    workspace.channels.get(target) ??
    workspace.channels.get(workspace.names.channelByName(target.replace(/^#/, '')) ?? '');
  if (channel !== undefined) {
    if (channel.isArchived) return { refusal: refused('is_archived') };
    return channel.botIsMember ? channel : { refusal: refused('not_in_channel') };
  }
  const user = workspace.users.get(target);
  if (user === undefined || user.deleted || user.isBot)
    return { refusal: refused('channel_not_found') };
  return workspace.directWith(user.id);
}

function postMessage(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const target = targetOf(workspace, textOf(args['channel']));
  if ('refusal' in target) return target.refusal;
  const read = readContent(args);
  if (!read.ok) return read.answer;
  const { text = '', blocks = [], metadata } = read.content;
  if (text === '' && blocks.length === 0) return refused('no_text');
  if (text.length > LIMITS.messageText)
    workspace.violation(`chat.postMessage: text of ${String(text.length)} characters was cut off`);
  if (text === '')
    workspace.violation('chat.postMessage: blocks without text; notifications would be empty');
  const threadTs = optionalText(args['thread_ts']);
  if (threadTs !== undefined && workspace.find(target.id, threadTs) === undefined)
    workspace.violation(`chat.postMessage: thread_ts ${threadTs} names no message`);
  const message: StoredMessage = {
    ...ownMessage(workspace, target, text.slice(0, LIMITS.messageText), args),
    blocks,
    ...(threadTs === undefined ? {} : { threadTs }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(isYes(args['reply_broadcast']) ? { replyBroadcast: true } : {}),
  };
  workspace.store(message);
  return answered({
    channel: target.id,
    ts: message.ts,
    message: messageView(message, workspace, true),
  });
}

function ownMessage(
  workspace: Workspace,
  channel: StoredChannel,
  text: string,
  args: JsonRecord,
): StoredMessage {
  const { botUserId, botId } = workspace.identity;
  return {
    channel: channel.id,
    ts: workspace.nextTs(channel),
    user: botUserId,
    botId,
    text,
    textIsMrkdwn: args['mrkdwn'] === undefined || isYes(args['mrkdwn']),
    blocks: [],
    reactions: new Map(),
  };
}

function postEphemeral(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const target = targetOf(workspace, textOf(args['channel']));
  if ('refusal' in target) return target.refusal;
  const user = textOf(args['user']);
  if (!workspace.users.has(user) || !workspace.isMember(target, user))
    return refused('user_not_in_channel');
  const read = readContent(args);
  if (!read.ok) return read.answer;
  const { text = '', blocks = [] } = read.content;
  if (text === '' && blocks.length === 0) return refused('no_text');
  const threadTs = optionalText(args['thread_ts']);
  const message: StoredMessage = {
    ...ownMessage(workspace, target, text, args),
    blocks,
    ...(threadTs === undefined ? {} : { threadTs }),
  };
  workspace.storeEphemeral(user, message);
  return answered({ message_ts: message.ts });
}

function updateMessage(workspace: Workspace, args: JsonRecord): ApiAnswer {
  // Unlike chat.postMessage it takes an id only, never a name.
  const channel = workspace.channels.get(textOf(args['channel']));
  if (channel === undefined) return refused('channel_not_found');
  const message = workspace.find(channel.id, textOf(args['ts']));
  if (message === undefined) return refused('message_not_found');
  if (message.botId !== workspace.identity.botId) return refused('cant_update_message');
  if (channel.isArchived) return refused('is_archived');
  const read = readContent(args);
  if (!read.ok) return read.answer;
  const { text, blocks, metadata } = read.content;
  if (text === undefined && blocks === undefined) return refused('no_text');
  if ((text ?? '').length > LIMITS.messageText) return refused('msg_too_long');
  message.text = text ?? message.text;
  // Blocks that are left out stay: the buttons of a card survive an update of its text alone.
  message.blocks = blocks ?? message.blocks;
  if (metadata !== undefined) message.metadata = metadata;
  message.edited = { user: workspace.identity.botUserId, ts: workspace.nextTs(channel) };
  workspace.changed();
  return answered({
    channel: channel.id,
    ts: message.ts,
    text: message.text,
    message: messageView(message, workspace, true),
  });
}

function deleteMessage(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const channel = workspace.channels.get(textOf(args['channel']));
  if (channel === undefined) return refused('channel_not_found');
  const ts = textOf(args['ts']);
  const message = workspace.find(channel.id, ts);
  if (message === undefined) return refused('message_not_found');
  if (message.botId !== workspace.identity.botId) return refused('cant_delete_message');
  workspace.remove(channel.id, ts);
  return answered({ channel: channel.id, ts });
}

function permalink(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const channel = textOf(args['channel']);
  const ts = textOf(args['message_ts']);
  if (!workspace.channels.has(channel)) return refused('channel_not_found');
  if (workspace.find(channel, ts) === undefined) return refused('message_not_found');
  const path = `archives/${channel}/p${ts.replace('.', '')}`;
  return answered({
    channel,
    permalink: `https://${workspace.identity.domain}.slack.com/${path}`,
  });
}

function addReaction(workspace: Workspace, args: JsonRecord): ApiAnswer {
  const name = textOf(args['name']);
  if (!/^[a-z0-9_+'-]+$/.test(name)) return refused('invalid_name');
  const message = workspace.find(textOf(args['channel']), textOf(args['timestamp']));
  if (message === undefined) return refused('message_not_found');
  const users = message.reactions.get(name) ?? new Set<string>();
  if (users.has(workspace.identity.botUserId)) return refused('already_reacted');
  message.reactions.set(name, users.add(workspace.identity.botUserId));
  workspace.changed();
  return answered();
}

/** A message as the Web API and interaction payloads show it. */
export function messageView(
  message: StoredMessage,
  workspace: Workspace,
  withMetadata: boolean,
): JsonRecord {
  const { identity } = workspace;
  const channel = workspace.channels.get(message.channel);
  const replies = (channel?.messages ?? []).filter(
    ({ threadTs, ts }) => threadTs === message.ts && ts !== message.ts,
  );
  const threadTs = message.threadTs ?? (replies.length > 0 ? message.ts : undefined);
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: identity.teamId,
    ...(message.botId === undefined ? {} : { bot_id: message.botId, app_id: identity.appId }),
    ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
    ...(message.edited === undefined ? {} : { edited: message.edited }),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(replies.length === 0
      ? {}
      : { reply_count: replies.length, latest_reply: replies.at(-1)?.ts }),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
    ...(message.reactions.size === 0
      ? {}
      : {
          reactions: [...message.reactions].map(([name, users]) => ({
            name,
            users: [...users],
            count: users.size,
          })),
        }),
  };
}
