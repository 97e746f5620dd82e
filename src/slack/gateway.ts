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
import type { AccountOf } from './mentions';
import { renderCard, type SlackMessage } from './render-card';
import { renderNote } from './render-note';

/** Marks our messages; the payload holds ids only, because every app of the workspace can read it. */
const EVENT_TYPE = 'countersign_card';
/** Slack's clock and ours may differ by this much when a lost message is looked up. */
const CLOCK_SLACK_MS = 120_000;
const PAGE = 200;
const MOST_PAGES = 20;

export interface SlackGatewayDeps {
  readonly settings: SlackClientSettings & {
    /** Where cards go: a channel's id, or its name with or without `#`. */
    readonly channel: string;
  };
  readonly logger: Logger;
  /** Accounts of the people a card or note names, for mentions; looked up for each message. */
  readonly accountsOf: (principals: readonly string[]) => Promise<ReadonlyMap<string, Account>>;
}

type Account = NonNullable<ReturnType<AccountOf>>;

const ok = <T>(value: T): ChannelResult<T> => ({ ok: true, value });
const failed = (failure: ChannelFailure): ChannelResult<never> => ({ ok: false, failure });

/** Everything a card may mention. */
function peopleOf(content: MessageContent): readonly string[] {
  const { votes, closed } = content.card;
  const people = votes.map((vote) => vote.by);
  return [...new Set(closed?.by === undefined ? people : [...people, closed.by.id])];
}

/** Slack as a channel: one call for each request, no retry, every failure told apart. */
export function createSlackGateway({
  settings,
  logger,
  accountsOf,
}: SlackGatewayDeps): ChannelGateway {
  const client = createWebClient(settings, logger);
  const directory = createChannelDirectory(client, settings.channel);
  let installation: { readonly teamId: string; readonly botId: string | undefined } | undefined;

  /** Who we are in the workspace; asked once. */
  const installed = async (): Promise<{ teamId: string; botId: string | undefined }> => {
    if (installation === undefined) {
      const who = await client.auth.test();
      if (who.team_id === undefined) throw new Error('auth.test answered without a team');
      installation = { teamId: who.team_id, botId: who.bot_id };
    }
    return installation;
  };

  const render = async (content: MessageContent): Promise<SlackMessage> => {
    if (content.kind === 'note') return renderNote(content.note, content.card);
    const accounts = await accountsOf(peopleOf(content));
    return renderCard(content.card, { accountOf: (principal) => accounts.get(principal) });
  };

  const conversation = async (
    target: PostTarget,
  ): Promise<{ readonly channelId: string; readonly threadTs?: string }> =>
    target.kind === 'thread'
      ? { channelId: target.of.channelId, threadTs: target.of.ts }
      : { channelId: await directory.idOf(target) };

  /** What goes wrong before the call that matters has changed nothing in the vendor's world. */
  const before = (error: unknown): ChannelResult<never> => {
    if (error instanceof NoSuchChannel) return failed({ kind: 'refused', code: 'channel_not_found' });
    const failure = callFailure(error);
    return failed(
      failure.kind === 'ambiguous' ? { kind: 'unavailable', why: failure.why } : failure,
    );
  };

  return {
    channel: 'slack',

    async post({ postKey, execution, target, content }) {
      const message = await render(content);
      let place: { readonly channelId: string; readonly threadTs?: string };
      let teamId: string;
      try {
        ({ teamId } = await installed());
        place = await conversation(target);
      } catch (error) {
        return before(error);
      }
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
    },

    async update(place, content) {
      const message = await render(content);
      try {
        // Blocks that are left out stay as they were, with their buttons: they always go along.
        await client.chat.update({
          channel: place.channelId,
          ts: place.ts,
          text: message.text,
          blocks: message.blocks,
          parse: message.parse,
          link_names: message.link_names,
        });
        return ok(undefined);
      } catch (error) {
        return failed(callFailure(error));
      }
    },

    async find({ postKey, target, sinceMs }) {
      try {
        const { teamId, botId } = await installed();
        const { channelId, threadTs } = await conversation(target);
        const oldest = ((sinceMs - CLOCK_SLACK_MS) / 1_000).toFixed(6);
        const found = await search(client, { channelId, threadTs, oldest }, (message) => {
          const { event_type: type, event_payload: payload } = message.metadata ?? {};
          const isOurs = botId === undefined || message.bot_id === botId;
          return isOurs && type === EVENT_TYPE && keyOf(payload) === postKey;
        });
        if (found === 'too_many') return failed({ kind: 'unavailable', why: 'history_too_long' });
        return ok(
          found === undefined
            ? undefined
            : ({ teamId, channelId, ts: found } satisfies MessagePlace),
        );
      } catch (error) {
        return before(error);
      }
    },
  };
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

/** Timestamp of the first message that fits, undefined when there surely is none. */
async function search(
  client: webApi.WebClient,
  where: { readonly channelId: string; readonly threadTs: string | undefined; readonly oldest: string },
  fits: (message: StoredMessage) => boolean,
): Promise<string | undefined | 'too_many'> {
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
    const hit = messages.find(fits)?.ts;
    if (hit !== undefined) return hit;
    cursor = answer.response_metadata?.next_cursor ?? '';
    if (cursor === '') return answer.has_more === true ? 'too_many' : undefined;
  }
  return 'too_many';
}
