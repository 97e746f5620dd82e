import { dateText, type Reading } from './date-text';
import { isRecord, textOf } from './json-shape';
import type { Names, TextNode } from './mrkdwn';
import type { Labels } from './rendered-text';
import { topLevelNodes } from './show-message';
import { showBlocks } from './shown-blocks';
import type {
  FakeChannel,
  FakeEphemeral,
  FakeMessage,
  FakeSlack,
  FakeUser,
  FakeView,
} from './surface';

/** A person of the installation who could be added to the workspace. */
export interface LocalPerson {
  readonly principal: string;
  readonly name: string;
  readonly email?: string;
}

interface PageMessage {
  readonly ts: string;
  readonly author: string;
  readonly isApp: boolean;
  readonly time: string;
  readonly edited: boolean;
  /** Only the person who looks sees it. */
  readonly onlyYou: boolean;
  readonly nodes: unknown;
  readonly blocks: unknown;
  readonly reactions: readonly string[];
  readonly replies: readonly PageMessage[];
}

export interface PageQuery {
  readonly user: string;
  readonly channel: string;
  readonly timeZone: string;
}

/** Older messages stay in the workspace and off the page. */
const SHOWN_MESSAGES = 150;

/** Everything the page shows one person at one moment. */
export function pageState(slack: FakeSlack, query: PageQuery, people: readonly LocalPerson[]) {
  const users = slack.users();
  const me =
    users.find(({ id }) => id === query.user) ??
    users.find(({ isBot, deleted }) => !isBot && !deleted);
  const names = namesOf(slack);
  const labels = labelsOf(slack);
  const channels = slack.channels().filter((channel) => sees(channel, me));
  const channel = channels.find(({ id }) => id === query.channel) ?? channels[0];
  const reading = { nowMs: Date.now(), timeZone: query.timeZone };
  const show = createShower({ names, labels, reading, me, appUser: slack.botUserId });
  const known = new Set(users.map(({ email }) => email?.toLowerCase()));
  return {
    connected: slack.connected(),
    me: me === undefined ? null : personOf(me),
    people: users.filter(({ isBot }) => !isBot).map(personOf),
    suggestions: people.filter(({ email }) => !known.has(email?.toLowerCase() ?? '')),
    channels: channels.map((one) => ({
      id: one.id,
      name: one.directWith === undefined ? one.name : 'Countersign',
      isDirect: one.directWith !== undefined,
      isArchived: one.isArchived,
      latest: slack.latest(one.id) ?? null,
    })),
    channel: channel?.id ?? null,
    messages: channel === undefined || me === undefined ? [] : timeline(slack, channel, me, show),
    modal: me === undefined ? null : show.view(slack.views(me.id).at(-1)),
    home: me === undefined ? null : show.view(slack.home(me.id)),
  };
}

const sees = (channel: FakeChannel, me: FakeUser | undefined): boolean =>
  channel.directWith === undefined
    ? channel.members === 'everyone' || (me !== undefined && channel.members.includes(me.id))
    : channel.directWith === me?.id;

const personOf = (user: FakeUser) => ({
  id: user.id,
  name: user.name,
  realName: user.realName,
  isGuest: user.isRestricted || user.isUltraRestricted || user.isStranger,
  deleted: user.deleted,
});

interface Shower {
  readonly message: (message: FakeMessage | FakeEphemeral, onlyYou: boolean) => PageMessage;
  readonly view: (view: FakeView | undefined) => unknown;
}

function createShower(deps: {
  readonly names: Names;
  readonly labels: Labels;
  readonly reading: Reading;
  readonly me: FakeUser | undefined;
  readonly appUser: string;
}): Shower {
  const { names, labels, reading, me, appUser } = deps;
  const spoken = (value: unknown): unknown =>
    withSpokenNodes(value, { labels, reading, me: me?.id });
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: reading.timeZone });
  return {
    message: (message, onlyYou) => ({
      ts: message.ts,
      author: labels.user(message.user),
      isApp: message.user === appUser,
      time: time.format(Number(message.ts) * 1000),
      edited: 'edited' in message && message.edited !== undefined,
      onlyYou,
      // Blocks stand in the place of the text, which is for notifications then.
      nodes: message.blocks.length > 0 ? [] : spoken(topLevelNodes(message, names)),
      blocks: spoken(showBlocks(message.blocks, names)),
      reactions: 'reactions' in message ? message.reactions.map(({ name }) => `:${name}:`) : [],
      replies: [],
    }),
    view: (view) =>
      view === undefined
        ? null
        : {
            id: view.id,
            hash: view.hash,
            title: view.title,
            submit: view.submit ?? null,
            close: view.close,
            errors: view.errors,
            blocks: spoken(showBlocks(view.blocks, names)),
          },
  };
}

interface Speaking {
  readonly labels: Labels;
  readonly reading: Reading;
  readonly me: string | undefined;
}

/**
 * A copy with every mention and date put into words, so that the page's script only places text. Nodes of
 * the kinds text, link and preformatted stay as they are.
 */
function withSpokenNodes(value: unknown, speaking: Speaking): unknown {
  if (Array.isArray(value)) return value.map((item) => withSpokenNodes(item, speaking));
  if (!isRecord(value)) return value;
  const { labels, reading, me } = speaking;
  const id = textOf(value['id']);
  const mention = (text: string, isMe: boolean) => ({ kind: 'mention', text, me: isMe });
  switch (value['kind']) {
    case 'user':
      return mention(`@${labels.user(id)}`, id === me);
    case 'group':
      return mention(`@${labels.group(id)}`, false);
    case 'channel':
      return mention(`#${labels.channel(id)}`, false);
    case 'special':
      return mention(`@${textOf(value['range'])}`, true);
    case 'date': {
      const text = dateText(value as Extract<TextNode, { kind: 'date' }>, reading);
      const url = value['url'];
      return url === undefined ? { kind: 'text', text } : { kind: 'link', label: text, url };
    }
    default:
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, withSpokenNodes(inner, speaking)]),
      );
  }
}

function timeline(
  slack: FakeSlack,
  channel: FakeChannel,
  me: FakeUser,
  show: Shower,
): readonly PageMessage[] {
  const messages = slack.messages(channel.id).slice(-SHOWN_MESSAGES);
  const notes = slack.ephemerals(me.id).filter((note) => note.channel === channel.id);
  const roots = new Set(
    messages.filter(({ threadTs, ts }) => (threadTs ?? ts) === ts).map(({ ts }) => ts),
  );
  const all = [
    ...messages.map((message) => ({ message, onlyYou: false })),
    ...notes.map((message) => ({ message, onlyYou: true })),
  ].sort((a, b) => Number(a.message.ts) - Number(b.message.ts));
  const isReply = (message: FakeMessage | FakeEphemeral): boolean =>
    message.threadTs !== undefined &&
    message.threadTs !== message.ts &&
    roots.has(message.threadTs);
  return all
    .filter(({ message }) => !isReply(message))
    .map(({ message, onlyYou }) => ({
      ...show.message(message, onlyYou),
      replies: all
        .filter((reply) => isReply(reply.message) && reply.message.threadTs === message.ts)
        .map((reply) => show.message(reply.message, reply.onlyYou)),
    }));
}

function namesOf(slack: FakeSlack): Names {
  return {
    userByName: (name) => slack.users().find((user) => user.name === name)?.id,
    groupByHandle: (handle) => slack.userGroups().find((group) => group.handle === handle)?.id,
    channelByName: (name) =>
      slack.channels().find((one) => one.name === name && one.directWith === undefined)?.id,
  };
}

function labelsOf(slack: FakeSlack): Labels {
  return {
    user: (id) =>
      slack.users().find((user) => user.id === id)?.realName ??
      (id === slack.botUserId ? 'Countersign' : id),
    group: (id) => slack.userGroups().find((group) => group.id === id)?.handle ?? id,
    channel: (id) => slack.channels().find((channel) => channel.id === id)?.name ?? id,
  };
}
