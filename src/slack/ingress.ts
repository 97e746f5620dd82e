import type { webApi } from '@slack/bolt';
import type { ActReply, ChannelInbox } from '../app/channel-ports';
import type { Logger } from '../app/ports';
import type { AnswerPrivately } from './private-answers';
import type { StateKey } from './signed-state';

/** Slack waits three seconds for an acknowledgement; the rest is for the way there and back, and for a busy machine. */
const ACK_WITHIN_MS = 2_000;
/** How long an act is waited for after it was acknowledged without its result. */
export const GIVE_UP_MS = 30_000;

/** Acknowledges one delivery, with a result where Slack takes one; false when it did not go out. */
export interface Ack {
  (response?: unknown): Promise<boolean>;
  /** Milliseconds that are left for it, counted from when the delivery came in. */
  leftMs(): number;
}

/** @param arrivedMs of `performance.now()` */
export const ackTimeLeftMs = (arrivedMs: number): number =>
  Math.max(0, ACK_WITHIN_MS - (performance.now() - arrivedMs));

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
