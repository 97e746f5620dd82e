import type { webApi } from '@slack/bolt';
import type { Logger } from '../app/ports';
import { messageOf } from './bounded-wait';
import type { PrivateNote } from './private-notes';
import { asMessage } from './render-card';

const ANSWER_TIMEOUT_MS = 5_000;

/** Whom to answer, and how. */
export interface AnswerAddress {
  readonly userId: string;
  readonly channelId: string | undefined;
  readonly responseUrl: string | null | undefined;
}

export type AnswerPrivately = (address: AnswerAddress, note: PrivateNote) => Promise<void>;

/**
 * Whether an address in a payload is Slack's own, so that an answer goes to nobody else.
 * @param apiUrl a configured address of the Web API, whose origin counts as Slack's
 */
export function isSlackAddress(address: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, origin, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  if (apiUrl !== undefined && URL.canParse(apiUrl) && origin === new URL(apiUrl).origin)
    return true;
  return protocol === 'https:' && hostname === 'hooks.slack.com';
}

/** The body of an answer that only one person sees. */
export const answerBody = (note: PrivateNote): Record<string, unknown> => ({
  response_type: 'ephemeral',
  replace_original: false,
  ...asMessage(note.blocks, note.text),
});

/**
 * Answers where only the person who acted sees it: by the address that came with the act, else by
 * chat.postEphemeral. A failed answer changes nothing about the act and is only logged.
 */
export function createPrivateAnswers(
  client: webApi.WebClient,
  apiUrl: string | undefined,
  logger: Logger,
): AnswerPrivately {
  const byAddress = async (address: string, note: PrivateNote): Promise<boolean> => {
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(answerBody(note)),
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  };

  return async ({ userId, channelId, responseUrl }, note) => {
    const usable = typeof responseUrl === 'string' && isSlackAddress(responseUrl, apiUrl);
    if (usable && (await byAddress(responseUrl, note))) return;
    if (channelId === undefined) {
      logger.warn({}, 'Slack: a private answer could not be given');
      return;
    }
    try {
      await client.chat.postEphemeral({
        channel: channelId,
        user: userId,
        text: note.text,
        blocks: [...note.blocks],
        parse: 'none',
        link_names: false,
      });
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'Slack: a private answer could not be given');
    }
  };
}
