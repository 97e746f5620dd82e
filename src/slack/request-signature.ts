import { createHmac, timingSafeEqual } from 'node:crypto';

/** Slack's own recommendation; here it holds in both directions. */
const MOST_SKEW_S = 300;

/** Names one reason for each way a signature can be wrong; told to nobody but the log. */
export type SignatureProblem = 'missing' | 'malformed' | 'out_of_time' | 'mismatch';

/**
 * Checks the signature of a request over its raw body: HMAC-SHA256 over `v0:timestamp:body`
 * (https://docs.slack.dev/authentication/verifying-requests-from-slack).
 *
 * @param nowMs the receiver's clock
 * @returns undefined when the request was signed with `secret` at most five minutes from now, either way
 */
export function signatureProblem(input: {
  readonly secret: string;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  readonly rawBody: Uint8Array;
  readonly nowMs: number;
}): SignatureProblem | undefined {
  const { secret, timestamp, signature, rawBody, nowMs } = input;
  if (timestamp === undefined || signature === undefined) return 'missing';
  if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return 'malformed';
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > MOST_SKEW_S) return 'out_of_time';
  const expected = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(rawBody).digest();
  return timingSafeEqual(expected, Buffer.from(signature.slice(3), 'hex')) ? undefined : 'mismatch';
}
