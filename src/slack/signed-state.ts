import { timingSafeEqual } from 'node:crypto';
import { readSlackFormState, type SlackFormState } from '../contract/slack-payloads';

/** Keyed digest of a text, as URL-safe text. */
export type StateKey = (text: string) => string;

const PURPOSE = 'slack-form-v1:';

/**
 * Packs the state of a form for `private_metadata`. It is signed, so that what comes back is what a card of
 * ours said; it routes a vote and authorises nothing.
 */
export function signState(state: SlackFormState, stateKey: StateKey): string {
  const packed = Buffer.from(JSON.stringify(state)).toString('base64url');
  return `${packed}.${stateKey(PURPOSE + packed)}`;
}

/** @returns undefined unless it was packed by signState under the same key */
export function openState(text: string, stateKey: StateKey): SlackFormState | undefined {
  const [packed = '', mac = '', ...more] = text.split('.');
  if (more.length > 0 || packed === '') return undefined;
  const given = Buffer.from(mac);
  const expected = Buffer.from(stateKey(PURPOSE + packed));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return readSlackFormState(Buffer.from(packed, 'base64url').toString('utf8'));
}
