import type {
  ChannelFailure,
  ChannelGateway,
  ChannelResult,
  MessageContent,
  MessagePlace,
  PostTarget,
} from '../../src/app/channel-ports';
import type { ApprovalCard, ThreadNote } from '../../src/core/escalation/card';
import { executionId } from '../../src/core/ids';

/** One message as its vendor shows it. */
export interface VendorMessage {
  readonly ts: string;
  readonly threadTs?: string;
  /** What a person reads. */
  readonly reading: string;
  readonly buttons: number;
}

/** What may go wrong with the next call of this kind at the vendor. */
export type VendorFault =
  /** Done, and the answer is lost. */
  | 'done_but_answer_lost'
  /** Done, and the answer is garbage. */
  | 'done_but_answer_malformed'
  | 'server_error'
  | 'rate_limited';

/** A vendor's stand-in, driven from outside the gateway. */
export interface VendorStage {
  readonly gateway: ChannelGateway;
  /** A gateway to the same vendor at an address where nobody listens. */
  readonly unreachable: ChannelGateway;
  /** A person who can be written to. */
  readonly person: Extract<PostTarget, { readonly kind: 'person' }>;
  /** Messages where `target` puts them, oldest first, threads included. */
  messages(target: PostTarget): readonly VendorMessage[];
  fail(call: 'post' | 'update', fault: VendorFault): void;
  /** Seconds that a rate-limited call is told to wait. */
  readonly retryAfterS: number;
  delete(place: MessagePlace): void;
  close(): Promise<void>;
}

export interface ConformanceSubject {
  readonly card: (over?: Partial<ApprovalCard>) => ApprovalCard;
  readonly closed: ApprovalCard;
  readonly note: ThreadNote;
  readonly stage: () => Promise<VendorStage>;
}

const CHANNEL: PostTarget = { kind: 'channel' };
const EXECUTION = executionId('01980000-0000-7000-8000-000000000001');

function must<T>(result: ChannelResult<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}
const failureOf = (result: ChannelResult<unknown>): ChannelFailure | undefined =>
  result.ok ? undefined : result.failure;

/**
 * What every vendor's gateway keeps to, run against a stand-in of the vendor: posts once, changes in place,
 * finds what was posted, and tells apart what was done, what was not, and what nobody knows.
 */
export function channelGatewayConformance(name: string, subject: ConformanceSubject): void {
  describe(`${name} as a channel`, () => {
    let stage: VendorStage;
    let startedMs: number;
    beforeEach(async () => {
      stage = await subject.stage();
      startedMs = Date.now();
    });
    afterEach(async () => {
      await stage.close();
    });

    const content = (): MessageContent => ({ kind: 'card', card: subject.card() });
    const post = (postKey: string, target: PostTarget = CHANNEL, shown = content()) =>
      stage.gateway.post({ postKey, execution: EXECUTION, target, content: shown });
    const find = (postKey: string, target: PostTarget = CHANNEL, sinceMs = startedMs) =>
      stage.gateway.find({ postKey, target, sinceMs });

    it('posts one message and says where it stands', async () => {
      const place = must(await post('k1'));
      expect(stage.messages(CHANNEL)).toMatchObject([{ ts: place.ts }]);
      expect(stage.messages(CHANNEL)[0]?.buttons).toBeGreaterThan(0);
      expect(place.teamId).not.toBe('');
    });

    it('posts to a person', async () => {
      const place = must(await post('k1', stage.person));
      expect(stage.messages(stage.person)).toMatchObject([{ ts: place.ts }]);
      expect(stage.messages(CHANNEL)).toEqual([]);
    });

    it('posts notes into the thread of a card', async () => {
      const of = must(await post('k1'));
      const note: MessageContent = { kind: 'note', note: subject.note, card: subject.card() };
      must(await post('k2', { kind: 'thread', of }, note));
      expect(stage.messages(CHANNEL)).toMatchObject([{ ts: of.ts }, { threadTs: of.ts }]);
    });

    it('changes a card in place, and a closed one has no buttons left', async () => {
      const place = must(await post('k1'));
      must(await stage.gateway.update(place, { kind: 'card', card: subject.closed }));
      expect(stage.messages(CHANNEL)).toMatchObject([{ ts: place.ts, buttons: 0 }]);
      expect(stage.messages(CHANNEL)[0]?.reading).toContain(subject.closed.closed?.reason);
    });

    it('finds what it posted by its key, in a channel, with a person and in a thread', async () => {
      const of = must(await post('k1'));
      const thread: PostTarget = { kind: 'thread', of };
      const note: MessageContent = { kind: 'note', note: subject.note, card: subject.card() };
      const inThread = must(await post('k2', thread, note));
      const direct = must(await post('k3', stage.person));
      expect(must(await find('k1'))).toEqual(of);
      expect(must(await find('k2', thread))).toEqual(inThread);
      expect(must(await find('k3', stage.person))).toEqual(direct);
      expect(must(await find('k4'))).toBeUndefined();
      expect(must(await find('k1', thread))).toBeUndefined();
    });

    it.each(['done_but_answer_lost', 'done_but_answer_malformed', 'server_error'] as const)(
      'does not know whether a post was done after %s, sends it once, and a look-up tells',
      async (fault) => {
        stage.fail('post', fault);
        expect(failureOf(await post('k1'))).toMatchObject({ kind: 'ambiguous' });
        const shown = stage.messages(CHANNEL);
        expect(shown.length).toBe(fault === 'server_error' ? 0 : 1);
        expect(must(await find('k1'))?.ts).toBe(shown[0]?.ts);
      },
    );

    it('says how long to wait when it is too fast', async () => {
      stage.fail('post', 'rate_limited');
      expect(failureOf(await post('k1'))).toEqual({
        kind: 'rate_limited',
        retryAfterMs: stage.retryAfterS * 1_000,
      });
      expect(stage.messages(CHANNEL)).toEqual([]);
    });

    it('does not know whether an update was done when its answer is lost', async () => {
      const place = must(await post('k1'));
      stage.fail('update', 'done_but_answer_lost');
      const update = await stage.gateway.update(place, { kind: 'card', card: subject.closed });
      expect(failureOf(update)).toMatchObject({ kind: 'ambiguous' });
      expect(stage.messages(CHANNEL)).toHaveLength(1);
    });

    it('says that a message is gone', async () => {
      const place = must(await post('k1'));
      stage.delete(place);
      expect(failureOf(await stage.gateway.update(place, content()))).toEqual({ kind: 'gone' });
    });

    it('says that nothing was sent when nobody listens', async () => {
      const { unreachable } = stage;
      const input = { postKey: 'k1', execution: EXECUTION, target: CHANNEL, content: content() };
      expect(failureOf(await unreachable.post(input))).toMatchObject({ kind: 'unavailable' });
      const place = { teamId: 'T', channelId: 'C', ts: '1.1' };
      expect(failureOf(await unreachable.update(place, content()))).toMatchObject({
        kind: 'unavailable',
      });
      expect(
        failureOf(await unreachable.find({ postKey: 'k1', target: CHANNEL, sinceMs: 0 })),
      ).toMatchObject({ kind: 'unavailable' });
    });
  });
}
