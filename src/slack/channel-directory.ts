import type { webApi } from '@slack/bolt';
import type { PostTarget } from '../app/channel-ports';

/** Ids of conversations as Slack makes them; names are lower case, so the two never meet. */
const CONVERSATION_ID = /^[A-Z][A-Z0-9]{1,39}$/;
const PAGE = 200;
/** Pages of channels that are searched for a name. */
const MOST_PAGES = 50;
/** Entries that are remembered; then it starts anew. */
const MOST_KNOWN = 5_000;

/** A name that is not among the channels the bot can see. */
export class NoSuchChannel extends Error {}

export interface ChannelDirectory {
  /**
   * Id of the conversation a target names; looked up once, then remembered.
   * @throws NoSuchChannel, or what the Web API failed with
   */
  idOf(target: Exclude<PostTarget, { readonly kind: 'thread' }>): Promise<string>;
}

export function createChannelDirectory(
  client: webApi.WebClient,
  defaultChannel: string,
): ChannelDirectory {
  const known = new Map<string, string>();
  const remember = (key: string, id: string): string => {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, id);
    return id;
  };

  const channelNamed = async (name: string): Promise<string> => {
    let cursor = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const listed = await client.conversations.list({
        types: 'public_channel,private_channel',
        exclude_archived: true,
        limit: PAGE,
        ...(cursor === '' ? {} : { cursor }),
      });
      const id = listed.channels?.find((channel) => channel.name === name)?.id;
      if (id !== undefined) return id;
      cursor = listed.response_metadata?.next_cursor ?? '';
      if (cursor === '') break;
    }
    throw new NoSuchChannel(`No channel named ${name} is visible to the bot.`);
  };

  const directMessage = async (userId: string): Promise<string> => {
    const opened = await client.conversations.open({ users: userId });
    const id = opened.channel?.id;
    if (id === undefined) throw new Error('conversations.open answered without a channel');
    return id;
  };

  return {
    async idOf(target) {
      if (target.kind === 'person') {
        const key = `@${target.teamId}/${target.userId}`;
        return known.get(key) ?? remember(key, await directMessage(target.userId));
      }
      const name = (target.name ?? defaultChannel).replace(/^#/, '');
      if (CONVERSATION_ID.test(name)) return name;
      return known.get(name) ?? remember(name, await channelNamed(name));
    },
  };
}
