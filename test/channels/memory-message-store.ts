import { randomUUID } from 'node:crypto';
import {
  isCard,
  purposeKey,
  type ChannelMessage,
  type ChannelMessageStore,
  type MessagePlace,
  type MessagePurpose,
} from '../../src/app/channel-ports';
import { isThreadPurpose } from '../../src/app/message-purpose';
import { DEFAULT_TENANT, type ExecutionId } from '../../src/core/ids';

interface Stored {
  readonly id: string;
  readonly execution: ExecutionId;
  readonly purpose: MessagePurpose;
  readonly postKey: string;
  readonly order: number;
  desired: number;
  rendered: number;
  place: MessagePlace | undefined;
  postingSinceMs: number | undefined;
  holder: string | undefined;
  leaseUntilMs: number;
  attempts: number;
  nextAttemptMs: number;
  givenUp: boolean;
  failure: string | undefined;
}

/** The rules of the Postgres store without Postgres; both pass test/db/channel-message-store.test.ts. */
export interface MemoryMessageStore extends ChannelMessageStore {
  put(execution: ExecutionId, purpose: MessagePurpose, version: number): ChannelMessage;
}

const messageOf = (row: Stored): ChannelMessage => ({
  tenant: DEFAULT_TENANT,
  id: row.id,
  execution: row.execution,
  channel: 'slack',
  purpose: row.purpose,
  desiredVersion: row.desired,
  renderedVersion: row.rendered,
  postKey: row.postKey,
  attempts: row.attempts,
  ...(row.place === undefined ? {} : { place: row.place }),
  ...(row.postingSinceMs === undefined ? {} : { postingSinceMs: row.postingSinceMs }),
  ...(row.failure === undefined ? {} : { failure: row.failure }),
});

export function createMemoryMessageStore(nowMs: () => number): MemoryMessageStore {
  const rows = new Map<string, Stored>();
  const all = (): Stored[] => [...rows.values()];
  const isBehind = (row: Stored): boolean => row.rendered < row.desired && !row.givenUp;
  const cardOf = (execution: ExecutionId): Stored | undefined =>
    all().find((row) => row.execution === execution && row.purpose.kind === 'card');
  const cardStandsFor = (row: Stored): boolean => {
    const card = cardOf(row.execution);
    return card?.place !== undefined && (card.rendered >= row.desired || card.givenUp);
  };
  const mayGo = (row: Stored): boolean =>
    !isThreadPurpose(row.purpose) ||
    (cardStandsFor(row) &&
      !all().some(
        (other) =>
          other.execution === row.execution &&
          isThreadPurpose(other.purpose) &&
          isBehind(other) &&
          other.order < row.order,
      ));
  const held = ({ id }: ChannelMessage, holder: string): Stored | undefined => {
    const row = rows.get(id);
    return row?.holder === holder && row.leaseUntilMs > nowMs() ? row : undefined;
  };
  const free = (row: Stored): void => {
    row.holder = undefined;
    row.leaseUntilMs = 0;
  };
  return {
    put: (execution, purpose, version) => {
      const key = purposeKey(purpose);
      const known = all().find(
        (row) => row.execution === execution && purposeKey(row.purpose) === key,
      );
      if (known !== undefined) {
        if (isCard(purpose)) known.desired = Math.max(known.desired, version);
        return messageOf(known);
      }
      const row: Stored = {
        ...{ id: randomUUID(), execution, purpose, postKey: randomUUID(), order: rows.size },
        ...{ desired: version, rendered: 0, place: undefined, postingSinceMs: undefined },
        ...{ holder: undefined, leaseUntilMs: 0, attempts: 0, nextAttemptMs: nowMs() },
        ...{ givenUp: false, failure: undefined },
      };
      rows.set(row.id, row);
      return messageOf(row);
    },
    claim: async (holder, limit, leaseMs) => {
      const due = all()
        .filter((row) => isBehind(row) && row.nextAttemptMs <= nowMs())
        .filter((row) => row.leaseUntilMs <= nowMs() && mayGo(row))
        .sort((a, b) => a.nextAttemptMs - b.nextAttemptMs || a.order - b.order)
        .slice(0, limit);
      for (const row of due) {
        row.holder = holder;
        row.leaseUntilMs = nowMs() + leaseMs;
      }
      return due.sort((a, b) => a.order - b.order).map(messageOf);
    },
    posting: async (message, holder) => {
      const row = held(message, holder);
      if (row === undefined || row.place !== undefined) return false;
      row.postingSinceMs ??= nowMs();
      return true;
    },
    posted: async (message, holder, place) => {
      const row = held(message, holder);
      if (row === undefined || row.place !== undefined) return;
      Object.assign(row, { place, postingSinceMs: undefined, attempts: 0, failure: undefined });
    },
    rendered: async (message, holder, version) => {
      const row = held(message, holder);
      if (row === undefined) return 0;
      const shown = isCard(row.purpose) ? version : Math.max(version, row.desired);
      const rendered = Math.max(row.rendered, shown);
      Object.assign(row, { rendered, attempts: 0, failure: undefined });
      return row.desired;
    },
    release: async ({ id }, holder) => {
      const row = rows.get(id);
      if (row?.holder === holder) free(row);
    },
    failed: async (message, holder, failure) => {
      const row = held(message, holder);
      if (row === undefined) return;
      row.attempts += 1;
      row.failure = failure.why;
      row.givenUp = failure.retryInMs === undefined;
      row.nextAttemptMs = nowMs() + (failure.retryInMs ?? 0);
      if (failure.notPosted === true || failure.forgetPlace === true)
        row.postingSinceMs = undefined;
      if (failure.forgetPlace === true) Object.assign(row, { place: undefined, rendered: 0 });
      free(row);
    },
    cardPlace: async (_tenant, execution) => cardOf(execution)?.place,
    messageAt: async ({ channelId, ts }) => {
      const row = all().find(({ place }) => place?.channelId === channelId && place.ts === ts);
      return row === undefined ? undefined : messageOf(row);
    },
    isPosting: async (execution) => {
      const row = all().find((each) => each.execution === execution && isCard(each.purpose));
      return row?.postingSinceMs !== undefined && row.place === undefined;
    },
    backlog: async () => ({
      behind: all().filter((row) => isBehind(row) && mayGo(row)).length,
      oldestMs: 0,
      givenUp: all().filter((row) => row.givenUp && row.rendered < row.desired).length,
    }),
  };
}
