import { executionId, principalId } from '../../src/core/ids';
import { createScene, EXECUTION, shown, type Scene } from './delivery-scene';
import type { Fault } from './scripted-gateway';

const CARD = { kind: 'card' } as const;

async function posted(faults: (Fault | undefined)[] = []): Promise<Scene> {
  const scene = createScene(faults);
  scene.store.put(EXECUTION, CARD, 1);
  scene.delivery.start();
  return scene;
}

const versions = ({ gateway }: Scene): number[] =>
  gateway.posts.filter((each) => !each.deleted).map(({ content }) => shown(content));

const ops = ({ gateway }: Scene): string[] => gateway.calls.map(({ op }) => op);

describe('delivery', () => {
  it('posts a card once and updates it at every version', async () => {
    const scene = await posted();
    await scene.clock.advance(2_000);
    expect(versions(scene)).toEqual([1]);
    scene.change();
    scene.delivery.wake();
    await scene.clock.advance(100);
    expect(versions(scene)).toEqual([2]);
    expect(ops(scene)).toEqual(['post', 'update']);
    await scene.clock.advance(60_000);
    expect(ops(scene)).toEqual(['post', 'update']);
  });

  it('goes on when the version rises while it posts', async () => {
    const scene = await posted([{ kind: 'slow', ms: 500 }]);
    await scene.clock.advance(200);
    scene.change();
    await scene.clock.advance(400);
    expect(versions(scene)).toEqual([2]);
  });

  it.each<[string, Fault, string[]]>([
    ['answer lost', { kind: 'answer_lost' }, ['post', 'find', 'update']],
    ['never arrived', { kind: 'never_arrived' }, ['post', 'find', 'post']],
    ['hangs, done', { kind: 'hang_done' }, ['post', 'find', 'update']],
    ['hangs, lost', { kind: 'hang_lost' }, ['post', 'find', 'post']],
    ['unavailable', { kind: 'unavailable' }, ['post', 'post']],
  ])('makes one card when the first post is: %s', async (_name, fault, expected) => {
    const scene = await posted([fault]);
    await scene.clock.advance(30_000);
    expect(ops(scene)).toEqual(expected);
    expect(versions(scene)).toEqual([1]);
    expect(scene.gateway.mostLiving()).toBe(1);
  });

  it('never posts again before the look-up has answered', async () => {
    const lost: Fault = { kind: 'answer_lost' };
    const scene = await posted([lost, { kind: 'unavailable' }, lost, { kind: 'never_arrived' }]);
    await scene.clock.advance(120_000);
    expect(ops(scene)).toEqual(['post', 'find', 'find', 'find', 'find', 'update']);
    expect(versions(scene)).toEqual([1]);
  });

  it('waits out an outage of minutes without a call too many, and says so once', async () => {
    const scene = await posted();
    scene.gateway.down = { kind: 'unavailable' };
    await scene.clock.advance(10 * 60_000);
    expect(versions(scene)).toEqual([]);
    expect(scene.downs).toHaveLength(1);
    expect(scene.givenUp).toEqual([]);
    expect(scene.delivery.state().failingForMs).toBeGreaterThan(9 * 60_000);
    // Doubling from a second to a quarter of a minute: then four to eight tries a minute.
    expect(scene.gateway.calls.length).toBeGreaterThan(36);
    expect(scene.gateway.calls.length).toBeLessThan(90);
    scene.gateway.down = undefined;
    await scene.clock.advance(16_000);
    expect(versions(scene)).toEqual([1]);
    expect(scene.delivery.state().failingForMs).toBeUndefined();
  });

  it('waits as long as the channel asks, and in that channel alone', async () => {
    const scene = createScene([{ kind: 'rate_limited', retryAfterMs: 30_000 }]);
    const other = executionId('01890a5d-ac96-774b-bcce-b302099a8059');
    scene.store.put(EXECUTION, CARD, 1);
    scene.delivery.start();
    await scene.clock.advance(500);
    scene.store.put(EXECUTION, { kind: 'copy', person: principalId('user:alice') }, 1);
    scene.store.put(other, CARD, 1);
    scene.change();
    await scene.clock.advance(2_000);
    expect(scene.gateway.posts.map(({ channelId }) => channelId).sort()).toEqual([
      'C-other',
      'D-user:alice',
    ]);
    const startMs = scene.clock.nowMs();
    await scene.clock.advance(40_000);
    const last = scene.gateway.calls.at(-1);
    expect(last).toMatchObject({ op: 'post', channelId: 'C-routed' });
    expect((last?.atMs ?? 0) - startMs).toBeGreaterThanOrEqual(27_000);
    expect(scene.gateway.calls.filter(({ channelId }) => channelId === 'C-routed')).toHaveLength(2);
  });

  it('gives many messages of a limited channel a slot each instead of asking again at once', async () => {
    const scene = createScene([{ kind: 'rate_limited', retryAfterMs: 5_000 }]);
    const ids = Array.from({ length: 20 }, (_, n) =>
      executionId(`01890a5d-0000-7000-8000-${String(n).padStart(12, '0')}`),
    );
    for (const id of ids) scene.store.put(id, CARD, 1);
    scene.delivery.start();
    await scene.clock.advance(4_900);
    expect(scene.gateway.calls.length).toBeLessThanOrEqual(8);
    await scene.clock.advance(60_000);
    expect(scene.gateway.posts).toHaveLength(20);
    expect(scene.gateway.widest()).toBe(1);
  });

  it('posts a card anew when somebody deleted it', async () => {
    const scene = await posted([undefined, { kind: 'deleted' }]);
    await scene.clock.advance(1_000);
    scene.change();
    await scene.clock.advance(5_000);
    expect(ops(scene)).toEqual(['post', 'update', 'post']);
    expect(versions(scene)).toEqual([2]);
  });

  it('gives up what the vendor refuses, after the alarm', async () => {
    const scene = await posted([{ kind: 'refused', code: 'channel_not_found' }]);
    await scene.clock.advance(120_000);
    expect(ops(scene)).toEqual(['post']);
    expect(scene.givenUp).toMatchObject([
      { why: 'channel_not_found', message: { purpose: { kind: 'card' } } },
    ]);
    expect(await scene.store.backlog()).toMatchObject({ behind: 0, givenUp: 1 });
  });

  it('keeps the notes of a thread behind their card and in order, each written once', async () => {
    const scene = createScene([{ kind: 'unavailable' }]);
    scene.store.put(EXECUTION, { kind: 'opened', opening: 1, why: 'first' }, 1);
    scene.store.put(EXECUTION, { kind: 'ended' }, 1);
    scene.store.put(EXECUTION, CARD, 1);
    scene.delivery.start();
    await scene.clock.advance(600);
    expect(scene.gateway.posts).toEqual([]);
    await scene.clock.advance(20_000);
    expect(scene.gateway.posts.map(({ inThread }) => inThread)).toEqual([false, true, true]);
    scene.change();
    await scene.clock.advance(20_000);
    expect(ops(scene).filter((op) => op === 'post')).toHaveLength(4);
    expect(ops(scene).filter((op) => op === 'update')).toHaveLength(1);
  });

  it('has at most one call in flight in a channel', async () => {
    const slow = Array.from({ length: 30 }, () => ({ kind: 'slow', ms: 700 }) as const);
    const scene = createScene(slow);
    for (let n = 0; n < 12; n += 1)
      scene.store.put(
        executionId(`01890a5d-0000-7000-8000-${String(n).padStart(12, '0')}`),
        CARD,
        1,
      );
    scene.delivery.start();
    await scene.clock.advance(12_000);
    expect(scene.gateway.posts).toHaveLength(12);
    expect(scene.gateway.widest()).toBe(1);
  });

  it('ends a post that is in flight when it is stopped, and records it', async () => {
    const scene = await posted([{ kind: 'slow', ms: 1_500 }]);
    await scene.clock.advance(300);
    const stopped = scene.delivery.stop();
    await scene.clock.advance(1_300);
    await stopped;
    expect(await scene.store.backlog()).toMatchObject({ behind: 0 });
    expect(scene.delivery.state()).toMatchObject({ running: false, inFlight: 0 });
    scene.change();
    await scene.clock.advance(60_000);
    expect(ops(scene)).toEqual(['post']);
  });

  it('stops within two seconds of a call that hangs; the lease keeps others away until it ends', async () => {
    const scene = await posted([{ kind: 'hang_done' }]);
    await scene.clock.advance(300);
    let ended = false;
    void scene.delivery.stop().then(() => {
      ended = true;
    });
    await scene.clock.advance(2_000);
    expect(ended).toBe(true);
    scene.process('two').start();
    await scene.clock.advance(3_000);
    expect(ops(scene)).toEqual(['post']);
    await scene.clock.advance(60_000);
    expect(ops(scene)).toEqual(['post', 'find', 'update']);
    expect(versions(scene)).toEqual([1]);
  });

  it('gives the leases of what waits back when it stops', async () => {
    const scene = createScene([{ kind: 'slow', ms: 1_000 }]);
    for (let n = 0; n < 3; n += 1)
      scene.store.put(
        executionId(`01890a5d-0000-7000-8000-${String(n).padStart(12, '0')}`),
        CARD,
        1,
      );
    scene.delivery.start();
    await scene.clock.advance(100);
    const stopped = scene.delivery.stop();
    await scene.clock.advance(1_100);
    await stopped;
    expect(await scene.store.claim('two', 8, 60_000)).toHaveLength(2);
  });

  it('finds what an earlier life of the process had posted', async () => {
    const scene = createScene();
    const message = scene.store.put(EXECUTION, CARD, 1);
    const dying = scene.process('dying', {
      ...scene.store,
      posted: () => Promise.reject(new Error('killed')),
      release: () => Promise.reject(new Error('killed')),
    });
    dying.start();
    await scene.clock.advance(500);
    await dying.stop();
    expect(scene.gateway.living(message.postKey)).toHaveLength(1);
    scene.delivery.start();
    await scene.clock.advance(61_000);
    expect(ops(scene)).toEqual(['post', 'find', 'update']);
    expect(scene.gateway.posts).toHaveLength(1);
  });

  it('shares the work with another process, each message once', async () => {
    const scene = createScene();
    const ids = Array.from({ length: 30 }, (_, n) =>
      executionId(`01890a5d-0000-7000-8000-${String(n).padStart(12, '0')}`),
    );
    for (const id of ids) scene.store.put(id, CARD, 1);
    const two = scene.process('two');
    scene.delivery.start();
    two.start();
    await scene.clock.advance(20_000);
    expect(scene.gateway.posts).toHaveLength(30);
    expect(scene.gateway.mostLiving()).toBe(1);
  });

  it('survives a database that is away', async () => {
    const scene = createScene();
    scene.store.put(EXECUTION, CARD, 1);
    let away = true;
    const delivery = scene.process('one', {
      ...scene.store,
      claim: (...given) =>
        away ? Promise.reject(new Error('connection refused')) : scene.store.claim(...given),
    });
    delivery.start();
    await scene.clock.advance(10_000);
    away = false;
    await scene.clock.advance(2_000);
    expect(versions(scene)).toEqual([1]);
  });
});
