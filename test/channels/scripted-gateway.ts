import type {
  ChannelFailure,
  ChannelGateway,
  ChannelResult,
  MessageContent,
  PostTarget,
} from '../../src/app/channel-ports';
import type { VirtualClock } from './virtual-clock';

/** What befalls one call. `lost` = it never arrived, `done` = it was done and the answer was lost. */
export type Fault =
  | { readonly kind: 'answer_lost' | 'never_arrived' | 'unavailable' | 'hang_done' | 'hang_lost' }
  | { readonly kind: 'rate_limited'; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly code: string }
  /** Somebody deletes the message just before an update of it. */
  | { readonly kind: 'deleted' }
  | { readonly kind: 'slow'; readonly ms: number };

type Op = 'post' | 'update' | 'find';

export interface Posted {
  readonly channelId: string;
  readonly ts: string;
  readonly postKey: string;
  readonly atMs: number;
  readonly inThread: boolean;
  content: MessageContent;
  deleted: boolean;
}

/** A vendor in memory that does what it is told, and meets each call with the next fault that is due. */
export interface ScriptedGateway extends ChannelGateway {
  readonly posts: Posted[];
  readonly calls: { readonly op: Op; readonly channelId: string; readonly atMs: number }[];
  /** Most calls in flight in one channel at once. */
  readonly widest: () => number;
  /** Set to answer everything with it until it is unset. */
  down: Fault | undefined;
  /** Messages of one key that stand, never more than one. */
  living(postKey: string): readonly Posted[];
  /** Highest number of living messages any key ever had. */
  readonly mostLiving: () => number;
}

const channelOf = (target: PostTarget): string => {
  switch (target.kind) {
    case 'channel':
      return `C-${target.name ?? 'routed'}`;
    case 'person':
      return `D-${target.userId}`;
    case 'thread':
      return target.of.channelId;
  }
};

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

const failed = (failure: ChannelFailure): { ok: false; failure: ChannelFailure } => ({
  ok: false,
  failure,
});

export function createScriptedGateway(
  clock: Pick<VirtualClock, 'nowMs' | 'sleep'>,
  faults: (Fault | undefined)[] = [],
): ScriptedGateway {
  const posts: Posted[] = [];
  const calls: { op: Op; channelId: string; atMs: number }[] = [];
  const inFlight = new Map<string, number>();
  let widest = 0;
  let mostLiving = 0;
  const living = (postKey: string): Posted[] =>
    posts.filter((each) => each.postKey === postKey && !each.deleted);

  const meet = async <T>(
    op: Op,
    channelId: string,
    act: () => ChannelResult<T>,
    remove: () => void,
  ): Promise<ChannelResult<T>> => {
    calls.push({ op, channelId, atMs: clock.nowMs() });
    const others = (inFlight.get(channelId) ?? 0) + 1;
    inFlight.set(channelId, others);
    widest = Math.max(widest, others);
    const suffer = async (): Promise<ChannelResult<T>> => {
      const fault = gateway.down ?? faults.shift();
      await clock.sleep(fault?.kind === 'slow' ? fault.ms : 50);
      switch (fault?.kind) {
        case undefined:
        case 'slow':
          return act();
        case 'answer_lost':
          act();
          return failed({ kind: 'ambiguous', why: 'the connection broke' });
        case 'never_arrived':
          return failed({ kind: 'ambiguous', why: 'no answer' });
        case 'unavailable':
          return failed({ kind: 'unavailable', why: 'connection refused' });
        case 'hang_done':
          act();
          inFlight.set(channelId, (inFlight.get(channelId) ?? 1) - 1);
          return await never<ChannelResult<T>>();
        case 'hang_lost':
          inFlight.set(channelId, (inFlight.get(channelId) ?? 1) - 1);
          return await never<ChannelResult<T>>();
        case 'rate_limited':
          return failed({ kind: 'rate_limited', retryAfterMs: fault.retryAfterMs });
        case 'refused':
          return failed({ kind: 'refused', code: fault.code });
        case 'deleted':
          remove();
          return act();
      }
    };
    return suffer().finally(() => {
      inFlight.set(channelId, (inFlight.get(channelId) ?? 1) - 1);
    });
  };

  const gateway: ScriptedGateway = {
    channel: 'slack',
    ...{ posts, calls, living, down: undefined },
    widest: () => widest,
    mostLiving: () => mostLiving,
    post: ({ postKey, target, content }) => {
      const channelId = channelOf(target);
      return meet(
        'post',
        channelId,
        () => {
          const ts = `${String(clock.nowMs())}.${String(posts.length + 1)}`;
          const inThread = target.kind === 'thread';
          posts.push({
            ...{ channelId, ts, postKey, content, inThread },
            ...{ atMs: clock.nowMs(), deleted: false },
          });
          mostLiving = Math.max(mostLiving, living(postKey).length);
          return { ok: true, value: { teamId: 'T1', channelId, ts } };
        },
        () => undefined,
      );
    },
    update: ({ channelId, ts }, content) => {
      const at = (): Posted | undefined =>
        posts.find((each) => each.channelId === channelId && each.ts === ts && !each.deleted);
      return meet(
        'update',
        channelId,
        () => {
          const found = at();
          if (found === undefined) return failed({ kind: 'gone' });
          found.content = content;
          return { ok: true, value: undefined };
        },
        () => {
          const found = at();
          if (found !== undefined) found.deleted = true;
        },
      );
    },
    find: ({ postKey, target, sinceMs }) =>
      meet(
        'find',
        channelOf(target),
        () => {
          const found = living(postKey).find(({ atMs }) => atMs >= sinceMs);
          const place = found && { teamId: 'T1', channelId: found.channelId, ts: found.ts };
          return { ok: true, value: place };
        },
        () => undefined,
      ),
  };
  return gateway;
}
