import { remember } from './bounded-list';
import type { FakeClock } from './clock';
import { MEMORY } from './limits';

interface Bucket {
  tokens: number;
  atMs: number;
}

export interface RateLimits {
  /** @returns seconds to wait where the call is one too many, else undefined and the call is counted */
  take(method: string, perMinute: number, channel: string | undefined): number | undefined;
}

/** Slack lets a few messages through at once before one a second and channel holds. */
const CHANNEL_BURST = 5;
const CHANNEL_PER_SECOND = 1;

/**
 * Token buckets as docs.slack.dev/apis/web-api/rate-limits describes them: so many calls a minute and
 * method, and one message a second and channel. A method's bucket holds a minute's worth, so a minute that
 * begins after a quiet one may see up to twice its number; Slack speaks of allowed bursts without figures.
 */
export function createRateLimits(clock: FakeClock): RateLimits {
  const buckets = new Map<string, Bucket>();
  const fill = (key: string, most: number, perSecond: number): Bucket => {
    const nowMs = clock.nowMs();
    const bucket = buckets.get(key) ?? { tokens: most, atMs: nowMs };
    bucket.tokens = Math.min(most, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
    remember(buckets, key, bucket, MEMORY.rateBuckets);
    return bucket;
  };
  return {
    take: (method, perMinute, channel) => {
      const wanted = [
        { bucket: fill(method, perMinute, perMinute / 60), perSecond: perMinute / 60 },
        ...(channel === undefined
          ? []
          : [
              {
                bucket: fill(`channel ${channel}`, CHANNEL_BURST, CHANNEL_PER_SECOND),
                perSecond: CHANNEL_PER_SECOND,
              },
            ]),
      ];
      const waits = wanted
        .filter(({ bucket }) => bucket.tokens < 1)
        .map(({ bucket, perSecond }) => Math.ceil((1 - bucket.tokens) / perSecond));
      if (waits.length > 0) return Math.max(1, ...waits);
      for (const { bucket } of wanted) bucket.tokens -= 1;
      return undefined;
    },
  };
}
