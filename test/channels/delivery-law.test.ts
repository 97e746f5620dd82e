import fc from 'fast-check';
import { principalId } from '../../src/core/ids';
import { createScene, EXECUTION, shown } from './delivery-scene';
import type { Fault } from './scripted-gateway';

const fault: fc.Arbitrary<Fault | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.constantFrom<Fault>(
    { kind: 'answer_lost' },
    { kind: 'never_arrived' },
    { kind: 'unavailable' },
    { kind: 'hang_done' },
    { kind: 'hang_lost' },
    { kind: 'deleted' },
  ),
  fc.record({ kind: fc.constant('slow' as const), ms: fc.integer({ min: 0, max: 12_000 }) }),
  fc.record({
    kind: fc.constant('rate_limited' as const),
    retryAfterMs: fc.integer({ min: 0, max: 90_000 }),
  }),
);

type Event = { readonly waitMs: number; readonly what: 'change' | 'kill' | 'stop' | 'start' };

const event: fc.Arbitrary<Event> = fc.record({
  waitMs: fc.integer({ min: 0, max: 40_000 }),
  what: fc.constantFrom('change', 'change', 'change', 'kill', 'stop', 'start'),
});

// A few seconds on an idle machine; the law must not depend on how busy it is.
jest.setTimeout(180_000);

describe('the law of delivery', () => {
  it('shows each message once and in the end the newest version, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 25 }),
        fc.array(event, { maxLength: 8 }),
        async (faults, events) => {
          const scene = createScene([...faults]);
          const card = scene.store.put(EXECUTION, { kind: 'card' }, 1);
          const note = scene.store.put(EXECUTION, { kind: 'opened', opening: 1, why: 'first' }, 1);
          const copy = { kind: 'copy', person: principalId('user:alice') } as const;
          const copied = scene.store.put(EXECUTION, copy, 1);
          let lives = 0;
          const begin = () => {
            let dead = false;
            lives += 1;
            // Killed: nothing it would record from then on gets through.
            const guarded =
              <A extends readonly unknown[], R>(call: (...given: A) => Promise<R>) =>
              (...given: A): Promise<R> =>
                dead ? Promise.reject(new Error('killed')) : call(...given);
            const { store } = scene;
            const delivery = scene.process(`life ${String(lives)}`, {
              ...store,
              claim: guarded(store.claim),
              posting: guarded(store.posting),
              posted: guarded(store.posted),
              rendered: guarded(store.rendered),
              release: guarded(store.release),
              failed: guarded(store.failed),
            });
            delivery.start();
            return { delivery, kill: () => (dead = true) };
          };
          const running = [begin(), begin()];
          for (const { waitMs, what } of events) {
            await scene.clock.advance(waitMs);
            if (what === 'change') {
              scene.change();
              scene.store.put(EXECUTION, copy, scene.version(EXECUTION));
            } else if (what === 'start') running.push(begin());
            else {
              const one = running.shift();
              if (what === 'kill') one?.kill();
              void one?.delivery.stop();
            }
          }
          running.push(begin());
          await scene.clock.advance(20 * 60_000);
          for (const { delivery } of running) void delivery.stop();
          await scene.clock.advance(3_000);
          expect(scene.gateway.mostLiving()).toBe(1);
          expect(scene.gateway.widest()).toBeLessThanOrEqual(lives);
          const newest = scene.version(EXECUTION);
          expect(scene.gateway.living(card.postKey).map(({ content }) => shown(content))).toEqual([
            newest,
          ]);
          expect(scene.gateway.living(copied.postKey).map(({ content }) => shown(content))).toEqual(
            [newest],
          );
          expect(scene.gateway.living(note.postKey)).toHaveLength(1);
          expect(await scene.store.backlog()).toMatchObject({ behind: 0, givenUp: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });
});
