import {
  isCard,
  type ChannelFailure,
  type ChannelGateway,
  type ChannelMessage,
  type ChannelMessageStore,
  type ChannelResult,
  type MessageContent,
  type MessagePlace,
  type PostTarget,
} from '../app/channel-ports';
import { isThreadPurpose } from '../app/message-purpose';
import type { ChannelClock } from './clock';
import type { Lanes } from './lanes';

/** What a message should show now; undefined when there is nothing to show or nobody to show it to. */
export type ReadContent = (message: ChannelMessage) => Promise<
  | {
      readonly version: number;
      readonly content: MessageContent;
      readonly target: PostTarget;
    }
  | undefined
>;

type Read = NonNullable<Awaited<ReturnType<ReadContent>>>;

/** Told before a message is given up, so that an alarm is raised at least once. */
export type TellGivenUp = (message: ChannelMessage, why: string) => Promise<void>;

export interface DeliverDeps {
  readonly store: ChannelMessageStore;
  readonly gateway: ChannelGateway;
  readonly read: ReadContent;
  readonly lanes: Lanes;
  readonly clock: ChannelClock;
  readonly random: () => number;
  readonly holder: string;
  readonly givenUp: TellGivenUp;
  /** Every answer of the vendor, for the state of the process. */
  readonly noteAnswer: (failure: ChannelFailure | undefined) => void;
  readonly isStopping: () => boolean;
}

export interface Lease {
  /** By the clock of this process, taken before the claim was sent. */
  readonly endsMs: number;
  /** True while an answer of the vendor is awaited: the lease must then run out by itself. */
  inCall: boolean;
}

/** The gateway limits its own calls; this is the end of patience with the gateway. */
const CALL_LIMIT_MS = 15_000;
/** A look-up reaches this far behind the attempt, for the clocks of two companies. */
const LOOK_BACK_MS = 60_000;
/** Cards follow this soon after a channel is back; one call at a time a channel keeps it from being a storm. */
const RETRY_LONGEST_MS = 15_000;
/** A note whose thread is gone waits for its card to be posted anew this many times. */
const GONE_THREAD_TRIES = 10;

const routeOf = (target: PostTarget): string => {
  switch (target.kind) {
    case 'channel':
      return `channel ${target.name ?? ''}`;
    case 'person':
      return `person ${target.teamId} ${target.userId}`;
    case 'thread':
      return target.of.channelId;
  }
};

/** Grows from a second to a quarter of a minute, spread so that many messages do not come back at once. */
function retryInMs({ random }: DeliverDeps, attempts: number): number {
  const longest = Math.min(RETRY_LONGEST_MS, 1_000 * 2 ** Math.min(attempts + 1, 10));
  return Math.round(longest * (0.5 + random() / 2));
}

/** Runs one call of the vendor in its lane, unless the lease could run out under it or `first` says no. */
async function call<T>(
  deps: DeliverDeps,
  lease: Lease,
  lane: string,
  run: () => Promise<ChannelResult<T>>,
  first: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<ChannelResult<T> | undefined> {
  return deps.lanes.run(lane, async () => {
    if (deps.isStopping() || lease.endsMs - deps.clock.nowMs() < CALL_LIMIT_MS) return undefined;
    if (!(await first())) return undefined;
    lease.inCall = true;
    try {
      const result = await bounded(deps.clock, run);
      deps.noteAnswer(result.ok ? undefined : result.failure);
      return result;
    } finally {
      lease.inCall = false;
    }
  });
}

function bounded<T>(
  clock: ChannelClock,
  run: () => Promise<ChannelResult<T>>,
): Promise<ChannelResult<T>> {
  return new Promise((resolve) => {
    const ambiguous = (why: string): void => {
      resolve({ ok: false, failure: { kind: 'ambiguous', why } });
    };
    const cancel = clock.after(CALL_LIMIT_MS, () => {
      ambiguous('no answer in time');
    });
    run().then(
      (result) => {
        cancel();
        resolve(result);
      },
      (error: unknown) => {
        cancel();
        ambiguous(error instanceof Error ? error.message : String(error));
      },
    );
  });
}

const textOf = (failure: ChannelFailure): string => {
  switch (failure.kind) {
    case 'rate_limited':
      return 'rate_limited';
    case 'gone':
      return 'gone';
    case 'refused':
      return failure.code;
    case 'ambiguous':
    case 'unavailable':
      return `${failure.kind}: ${failure.why}`;
  }
};

/** What follows a failed call; `notPosted` where no attempt so far can have reached anybody. */
async function fail(
  deps: DeliverDeps,
  message: ChannelMessage,
  lane: string,
  failure: ChannelFailure,
  known: { readonly notPosted?: true },
): Promise<void> {
  const { store, holder } = deps;
  const why = textOf(failure);
  const giveUp = async (): Promise<void> => {
    await deps.givenUp(message, why);
    await store.failed(message, holder, { why, ...known });
  };
  const retry = (inMs: number): Promise<void> =>
    store.failed(message, holder, { why, retryInMs: inMs, ...known });
  switch (failure.kind) {
    case 'rate_limited':
      deps.lanes.pause(lane, failure.retryAfterMs);
      return retry(Math.max(failure.retryAfterMs, deps.lanes.comeBackInMs(lane)));
    case 'unavailable':
    case 'ambiguous':
      return retry(retryInMs(deps, message.attempts));
    case 'refused':
      return giveUp();
    case 'gone':
      if (message.place !== undefined)
        return store.failed(message, holder, { why, retryInMs: 0, forgetPlace: true });
      return isThreadPurpose(message.purpose) && message.attempts < GONE_THREAD_TRIES
        ? retry(retryInMs(deps, message.attempts))
        : giveUp();
  }
}

/** Where the message stands after an earlier attempt, if that attempt reached the vendor. */
async function post(
  deps: DeliverDeps,
  lease: Lease,
  message: ChannelMessage,
  { content, target }: Read,
): Promise<{ readonly place: MessagePlace; readonly wasFound: boolean } | undefined> {
  const { store, gateway, holder } = deps;
  const { postKey, execution, postingSinceMs } = message;
  const lane = routeOf(target);
  if (postingSinceMs !== undefined) {
    const sinceMs = postingSinceMs - LOOK_BACK_MS;
    const found = await call(deps, lease, lane, () => gateway.find({ postKey, target, sinceMs }));
    if (found === undefined) return undefined;
    if (!found.ok) {
      await fail(deps, message, lane, found.failure, {});
      return undefined;
    }
    if (found.value !== undefined) {
      await store.posted(message, holder, found.value);
      return { place: found.value, wasFound: true };
    }
  }
  // The record comes in the lane, right before the act; a lost lease ends it there.
  const posted = await call(
    deps,
    lease,
    lane,
    () => gateway.post({ postKey, execution, target, content }),
    () => store.posting(message, holder),
  );
  if (posted === undefined) return undefined;
  if (!posted.ok) {
    const neverTried = posted.failure.kind !== 'ambiguous' && postingSinceMs === undefined;
    await fail(deps, message, lane, posted.failure, neverTried ? { notPosted: true } : {});
    return undefined;
  }
  deps.lanes.join(lane, posted.value.channelId);
  await store.posted(message, holder, posted.value);
  return { place: posted.value, wasFound: false };
}

/** One round: shows the newest version. Answers the message as it stands when it is behind again. */
async function round(
  deps: DeliverDeps,
  lease: Lease,
  message: ChannelMessage,
): Promise<ChannelMessage | undefined> {
  const { store, gateway, holder } = deps;
  const followsVersions = isCard(message.purpose);
  let place = message.place;
  if (place !== undefined && !followsVersions) {
    await store.rendered(message, holder, message.desiredVersion);
    return undefined;
  }
  const read = await deps.read(message);
  if (read === undefined) {
    await store.rendered(message, holder, message.desiredVersion);
    return undefined;
  }
  const lane = place?.channelId ?? routeOf(read.target);
  const waitMs = deps.lanes.comeBackInMs(lane);
  if (waitMs > 0) {
    const why = 'rate_limited';
    await store.failed(message, holder, { why, retryInMs: waitMs });
    return undefined;
  }
  if (place === undefined) {
    const done = await post(deps, lease, message, read);
    if (done === undefined) return undefined;
    place = done.place;
    // What an earlier attempt showed is not known, so a card that was found is brought up to date.
    if (done.wasFound && followsVersions) return { ...message, place };
  } else {
    const at = place;
    const updated = await call(deps, lease, lane, () => gateway.update(at, read.content));
    if (updated === undefined) return undefined;
    if (!updated.ok) {
      await fail(deps, message, lane, updated.failure, {});
      return undefined;
    }
  }
  const desired = await store.rendered(message, holder, read.version);
  if (!followsVersions || desired <= read.version) return undefined;
  const now = { ...message, place, renderedVersion: read.version, desiredVersion: desired };
  if (read.version >= message.desiredVersion) return now;
  // The version owed is not to be read yet: shown as far as it goes, and not asked for in a circle.
  const why = `version ${String(desired)} is owed, ${String(read.version)} is there`;
  await store.failed(now, holder, { why, retryInMs: retryInMs(deps, message.attempts) });
  return undefined;
}

/**
 * Brings one leased message up to date and gives its lease back. Rejects when something broke: it is tried again
 * later, at the latest when the lease has run out.
 */
export async function deliverMessage(
  deps: DeliverDeps,
  lease: Lease,
  message: ChannelMessage,
): Promise<void> {
  try {
    if (isThreadPurpose(message.purpose) && message.place === undefined) {
      const card = await deps.store.cardPlace(message.tenant, message.execution);
      if (card === undefined) {
        const why = 'its card is not posted';
        await deps.store.failed(message, deps.holder, { why, retryInMs: 1_000 });
        return;
      }
    }
    let behind: ChannelMessage | undefined = message;
    while (behind !== undefined && !deps.isStopping()) behind = await round(deps, lease, behind);
    await deps.store.release(message, deps.holder);
  } catch (error) {
    const why = `internal: ${error instanceof Error ? error.message : String(error)}`;
    const inMs = retryInMs(deps, message.attempts);
    await deps.store.failed(message, deps.holder, { why, retryInMs: inMs });
    throw error;
  }
}
