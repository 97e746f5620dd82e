import type { webApi } from '@slack/bolt';
import type { ActReply, ChannelInbox } from '../app/channel-ports';
import type { Logger } from '../app/ports';
import type { AnswerPrivately } from './private-answers';
import type { StateKey } from './signed-state';

/** Slack waits three seconds for an acknowledgement; the rest is for the way there and back. */
export const ACK_WITHIN_MS = 2_400;
/** How long an act is waited for after it was acknowledged without its result. */
export const GIVE_UP_MS = 30_000;

/** Acknowledges one delivery, with a result where Slack takes one; false when it did not go out. */
export type Ack = (response?: unknown) => Promise<boolean>;

export interface IngressDeps {
  readonly inbox: ChannelInbox;
  readonly client: webApi.WebClient;
  readonly answer: AnswerPrivately;
  readonly stateKey: StateKey;
  readonly logger: Logger;
}

/** Used when the inbox itself fails before anything can have been recorded. */
export const UNAVAILABLE: Extract<ActReply<unknown>, { readonly ok: false }> = {
  ok: false,
  refusal: 'unavailable',
  why: 'The request could not be looked up.',
  howToFix: 'Try again in a moment, or decide on the dashboard.',
};
