import fc from 'fast-check';
import { activeKill, killedSince, type KillSwitch } from '../../../src/core/controls/kill-switch';
import { killOf } from '../execution/state-builders';

const NOW_MS = 1_000;

describe('activeKill', () => {
  it.each<[string, Partial<KillSwitch>, boolean]>([
    ['engaged without an end', {}, true],
    ['one millisecond before it expires', { expiresAtMs: NOW_MS + 1 }, true],
    ['at the moment it expires', { expiresAtMs: NOW_MS }, false],
    ['lifted', { liftedAtMs: NOW_MS - 1 }, false],
    ['lifted before it would have expired', { liftedAtMs: 1, expiresAtMs: NOW_MS + 1 }, false],
  ])('stops new work or not: %s', (_, kill, stops) => {
    expect(activeKill([killOf(kill)], NOW_MS) !== undefined).toBe(stops);
  });

  it('names the most severe of the active ones, wherever it stands', () => {
    const kills = (['warning', 'critical', 'info'] as const).map((severity) =>
      killOf({ id: severity, severity }),
    );
    expect(activeKill(kills, NOW_MS)?.id).toBe('critical');
    expect(activeKill([...kills].reverse(), NOW_MS)?.id).toBe('critical');
    const lifted = kills.map((kill) =>
      kill.id === 'critical' ? { ...kill, liftedAtMs: 1 } : kill,
    );
    expect(activeKill(lifted, NOW_MS)?.id).toBe('warning');
  });
});

describe('killedSince', () => {
  it('I-7: voids what was decided before it, and not what was decided at or after it', () => {
    const kills = [killOf({ engagedSeq: 11 })];
    expect([9, 10, 11, 12].map((seq) => killedSince(kills, seq)?.id)).toEqual([
      'k1',
      'k1',
      undefined,
      undefined,
    ]);
  });

  it('I-7: goes on voiding after it was lifted or has expired', () => {
    const ended = killOf({ liftedAtMs: 1, expiresAtMs: 1 });
    expect(killedSince([ended], ended.engagedSeq - 1)).toBe(ended);
  });

  it('names the first engagement after the decision, however the list is ordered', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(30), { maxLength: 6 }),
        fc.nat(30),
        (engaged, decidedSeq) => {
          const kills = engaged.map((engagedSeq) => killOf({ engagedSeq }));
          const later = engaged.filter((seq) => seq > decidedSeq);
          const first = later.length === 0 ? undefined : Math.min(...later);
          expect(killedSince(kills, decidedSeq)?.engagedSeq).toBe(first);
        },
      ),
    );
  });
});
