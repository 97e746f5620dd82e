import type { webApi } from '@slack/bolt';
import type {
  ChannelFailure,
  ChannelGateway,
  ChannelResult,
  MessageContent,
  MessagePlace,
  PostTarget,
} from '../app/channel-ports';
import type { Logger } from '../app/ports';
import { callFailure } from './call-failure';
import { createChannelDirectory, NoSuchChannel } from './channel-directory';
import { createWebClient, type SlackClientSettings } from './client';
import { accountsOfCard } from './accounts';
import { renderCard, type SlackMessage } from './render-card';
import { renderNote } from './render-note';

/** Marks our messages; the payload holds ids only, because every app of the workspace can read it. */
const EVENT_TYPE = 'countersign_card';
/** Slack's clock and ours may differ by this much when a lost message is looked up. */
const CLOCK_SLACK_MS = 120_000;
/**
 * A post that is sent late could meet the look-up of whoever has given up on this one, and make a second
 * card. With the time of one call this stays within the fifteen seconds that a caller waits.
 */
const PREPARED_WITHIN_MS = 4_000;
const PAGE = 200;
const MOST_PAGES = 20;

export interface SlackGatewayDeps {
  readonly settings: SlackClientSettings & {
    /** Where cards go: a channel's id, or its name with or without `#`. */
    readonly channel: string;
  };
  readonly logger: Logger;
}

/** What every call needs: the client, and who and where we are in the workspace. */
interface Workspace {
  readonly client: webApi.WebClient;
  /** Our team and bot; asked once. */
  installed(): Promise<{ readonly teamId: string; readonly botId: string | undefined }>;
  conversation(
    target: PostTarget,
  ): Promise<{ readonly channelId: string; readonly threadTs: string | undefined }>;
}

const ok = <T>(value: T): ChannelResult<T> => ({ ok: true, value });
const failed = (failure: ChannelFailure): ChannelResult<never> => ({ ok: false, failure });

/** What goes wrong in a call that only reads has changed nothing in Slack. */
function readingFailed(error: unknown): ChannelResult<never> {
  if (error instanceof NoSuchChannel) return failed({ kind: 'refused', code: 'channel_not_found' });
  const failure = callFailure(error);
  return failed(failure.kind === 'ambiguous' ? { ...failure, kind: 'unavailable' } : failure);
}

/** Slack as a channel: one call for each request, no retry, every failure told apart. */
export function createSlackGateway({ settings, logger }: SlackGatewayDeps): ChannelGateway {
  const client = createWebClient(settings, logger);
  const directory = createChannelDirectory(client, settings.channel);
  let installation: Awaited<ReturnType<Workspace['installed']>> | undefined;
  const workspace: Workspace = {
    client,
    installed: async () => {
      if (installation === undefined) {
        const who = await client.auth.test();
        if (who.team_id === undefined) throw new Error('auth.test answered without a team');
        installation = { teamId: who.team_id, botId: who.bot_id };
      }
      return installation;
    },
    conversation: async (target) =>
      target.kind === 'thread'
        ? { channelId: target.of.channelId, threadTs: target.of.ts }
        : { channelId: await directory.idOf(target), threadTs: undefined },
  };
  return {
    channel: 'slack',
    post: (input) => post(workspace, input),
    update: (place, content) => update(workspace, place, content),
    find: (input) => find(workspace, input),
  };
}

const render = (content: MessageContent): SlackMessage =>
  content.kind === 'note'
    ? renderNote(content.note, content.card)
    : renderCard(content.card, { accountOf: accountsOfCard(content.card) });

async function post(
  { client, installed, conversation }: Workspace,
  { postKey, execution, target, content }: Parameters<ChannelGateway['post']>[0],
): Promise<ChannelResult<MessagePlace>> {
  const startedMs = performance.now();
  const message = render(content);
  let teamId: string;
  let place: Awaited<ReturnType<Workspace['conversation']>>;
  try {
    ({ teamId } = await installed());
    place = await conversation(target);
  } catch (error) {
    return readingFailed(error);
  }
  if (performance.now() - startedMs > PREPARED_WITHIN_MS)
    return failed({ kind: 'unavailable', why: 'slow_to_prepare' });
  try {
    const posted = await client.chat.postMessage({
      channel: place.channelId,
      ...(place.threadTs === undefined ? {} : { thread_ts: place.threadTs }),
      ...message,
      metadata: { event_type: EVENT_TYPE, event_payload: { post_key: postKey, execution } },
    });
    return posted.channel === undefined || posted.ts === undefined
      ? failed({ kind: 'ambiguous', why: 'malformed_answer' })
      : ok({ teamId, channelId: posted.channel, ts: posted.ts });
  } catch (error) {
    return failed(callFailure(error));
  }
}

async function update(
  { client }: Workspace,
  place: MessagePlace,
  content: MessageContent,
): Promise<ChannelResult<void>> {
  const { text, blocks, parse, link_names } = render(content);
  try {
    // Blocks that are left out stay as they were, with their buttons: they always go along.
    const where = { channel: place.channelId, ts: place.ts };
    await client.chat.update({ ...where, text, blocks, parse, link_names });
    return ok(undefined);
  } catch (error) {
    return failed(callFailure(error));
  }
}

async function find(
  { client, installed, conversation }: Workspace,
  { postKey, target, sinceMs }: Parameters<ChannelGateway['find']>[0],
): Promise<ChannelResult<MessagePlace | undefined>> {
  try {
    const { teamId, botId } = await installed();
    const place = await conversation(target);
    const oldest = (Math.max(sinceMs - CLOCK_SLACK_MS, 0) / 1_000).toFixed(6);
    const found = await search(client, { ...place, oldest }, (message) => {
      const { event_type: type, event_payload: payload } = message.metadata ?? {};
      const isOurs = botId === undefined || message.bot_id === botId;
      return isOurs && type === EVENT_TYPE && keyOf(payload) === postKey;
    });
    if (found.kind === 'too_many') return failed({ kind: 'unavailable', why: 'history_too_long' });
    return ok(
      found.kind === 'absent' ? undefined : { teamId, channelId: place.channelId, ts: found.ts },
    );
  } catch (error) {
    return readingFailed(error);
  }
}

const keyOf = (payload: unknown): unknown =>
  typeof payload === 'object' && payload !== null && 'post_key' in payload
    ? payload.post_key
    : undefined;

interface StoredMessage {
  readonly ts?: string;
  readonly bot_id?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: unknown };
}

type Found =
  | { readonly kind: 'at'; readonly ts: string }
  /** Surely not there. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'too_many' };

async function search(
  client: webApi.WebClient,
  where: {
    readonly channelId: string;
    readonly threadTs: string | undefined;
    readonly oldest: string;
  },
  fits: (message: StoredMessage) => boolean,
): Promise<Found> {
  let cursor = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = {
      channel: where.channelId,
      oldest: where.oldest,
      include_all_metadata: true,
      limit: PAGE,
      ...(cursor === '' ? {} : { cursor }),
    };
    const answer =
      where.threadTs === undefined
        ? await client.conversations.history(query)
        : await client.conversations.replies({ ...query, ts: where.threadTs });
    const messages: readonly StoredMessage[] = answer.messages ?? [];
    // The replies of a thread begin with the card itself.
    const ts = messages.find((message) => message.ts !== where.threadTs && fits(message))?.ts;
    if (ts !== undefined) return { kind: 'at', ts };
    cursor = answer.response_metadata?.next_cursor ?? '';
    if (cursor === '') return { kind: answer.has_more === true ? 'too_many' : 'absent' };
  }
  return { kind: 'too_many' };
}
