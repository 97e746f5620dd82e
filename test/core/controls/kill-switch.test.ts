import fc from 'fast-check';
import {
  activeKill,
  inScope,
  killedSince,
  KILL_SCOPES,
  killReach,
  killSubject,
  type Engagement,
  type KillReach,
  type KillSubject,
} from '../../../src/core/controls/kill-switch';
import { DECIDED_SEQ, killOf, SUBJECT } from '../execution/state-builders';

const NOW_MS = 1_000;

/** Names few enough that scopes meet subjects often. */
const name = fc.constantFrom('a', 'b', 'A');
const anySubject: fc.Arbitrary<KillSubject> = fc.record(
  {
    agent: name,
    team: name,
    tags: fc.subarray(['a', 'b', 'A']),
    action: name,
    environment: name,
  },
  { requiredKeys: ['agent', 'tags', 'action', 'environment'] },
);
const anyReach: fc.Arbitrary<KillReach> = fc
  .tuple(fc.constantFrom(...KILL_SCOPES), name)
  .map(([scope, target]) =>
    scope === 'global' || scope === 'tenant' ? { scope } : { scope, target },
  );

describe('inScope', () => {
  it.each<[KillReach, boolean]>([
    [{ scope: 'global' }, true],
    [{ scope: 'tenant' }, true],
    [{ scope: 'environment', target: 'prod' }, true],
    [{ scope: 'environment', target: 'production' }, false],
    [{ scope: 'team', target: 'care' }, true],
    [{ scope: 'team', target: 'Care' }, false],
    [{ scope: 'agent', target: 'bot' }, true],
    [{ scope: 'agent', target: 'bot-2' }, false],
    [{ scope: 'action', target: 'pay' }, true],
    [{ scope: 'action', target: 'pay.now' }, false],
    [{ scope: 'tag', target: 'pii' }, true],
    [{ scope: 'tag', target: 'pi' }, false],
    // A name counts in its own scope alone.
    [{ scope: 'team', target: 'bot' }, false],
    [{ scope: 'tag', target: 'prod' }, false],
  ])('%j reaches bot of team care, tagged pii, paying in prod: %s', (reach, reached) => {
    expect(inScope(reach, [SUBJECT])).toBe(reached);
  });

  it('an agent without a team is in no team', () => {
    const loner = killSubject({ id: 'bot', tags: [] }, SUBJECT);
    expect(inScope({ scope: 'team', target: 'undefined' }, [loner])).toBe(false);
    expect(inScope({ scope: 'agent', target: 'bot' }, [loner])).toBe(true);
  });

  it('one subject in scope is enough: as decided or as registered now', () => {
    const moved = { ...SUBJECT, team: 'treasury' };
    for (const target of ['care', 'treasury'])
      expect(inScope({ scope: 'team', target }, [SUBJECT, moved])).toBe(true);
    expect(inScope({ scope: 'team', target: 'sales' }, [SUBJECT, moved])).toBe(false);
  });

  it('what stops everything needs no subject', () => {
    expect(inScope({ scope: 'tenant' }, [])).toBe(true);
    expect(inScope({ scope: 'agent', target: 'bot' }, [])).toBe(false);
  });
});

it.each<[(typeof KILL_SCOPES)[number], string | undefined, boolean]>([
  ['global', undefined, true],
  ['global', 'x', false],
  ['tenant', undefined, true],
  ['tenant', 'x', false],
  ['agent', 'x', true],
  ['agent', undefined, false],
  ['tag', undefined, false],
])('killReach: scope %s with target %s fits: %s', (scope, target, fits) => {
  expect(killReach(scope, target) !== undefined).toBe(fits);
});

describe('activeKill', () => {
  it.each<[string, Partial<Engagement>, boolean]>([
    ['engaged without an end', {}, true],
    ['one millisecond before it expires', { expiresAtMs: NOW_MS + 1 }, true],
    ['at the moment it expires', { expiresAtMs: NOW_MS }, false],
    ['lifted', { liftedAtMs: NOW_MS - 1 }, false],
    ['lifted before it would have expired', { liftedAtMs: 1, expiresAtMs: NOW_MS + 1 }, false],
  ])('stops new work or not: %s', (_, kill, stops) => {
    expect(activeKill([killOf(kill)], NOW_MS, [SUBJECT]) !== undefined).toBe(stops);
  });

  it('names the most severe of the active ones, wherever it stands', () => {
    const kills = (['warning', 'critical', 'info'] as const).map((severity) =>
      killOf({ id: severity, severity }),
    );
    expect(activeKill(kills, NOW_MS, [SUBJECT])?.id).toBe('critical');
    expect(activeKill([...kills].reverse(), NOW_MS, [SUBJECT])?.id).toBe('critical');
    const lifted = kills.map((kill) =>
      kill.id === 'critical' ? { ...kill, liftedAtMs: 1 } : kill,
    );
    expect(activeKill(lifted, NOW_MS, [SUBJECT])?.id).toBe('warning');
  });

  it('passes over a more severe one that reaches somebody else', () => {
    const elsewhere = killOf({ id: 'elsewhere' }, { scope: 'agent', target: 'other' });
    const here = killOf({ id: 'here', severity: 'info' }, { scope: 'tag', target: 'pii' });
    expect(activeKill([elsewhere, here], NOW_MS, [SUBJECT])?.id).toBe('here');
    expect(activeKill([elsewhere], NOW_MS, [SUBJECT])).toBeUndefined();
  });
});

describe('killedSince', () => {
  it('I-7: voids what was decided before it, and not what was decided at or after it', () => {
    const kills = [killOf({ engagedSeq: 11 })];
    expect([9, 10, 11, 12].map((seq) => killedSince(kills, seq, [SUBJECT])?.id)).toEqual([
      'k1',
      'k1',
      undefined,
      undefined,
    ]);
  });

  it('I-7: goes on voiding after it was lifted or has expired', () => {
    const ended = killOf({ liftedAtMs: 1, expiresAtMs: 1 });
    expect(killedSince([ended], ended.engagedSeq - 1, [SUBJECT])).toBe(ended);
  });

  it('I-7: names the first engagement in scope after the decision, however the list is ordered', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(30), { maxLength: 6 }),
        fc.array(anyReach, { minLength: 6, maxLength: 6 }),
        fc.array(anySubject, { minLength: 1, maxLength: 2 }),
        fc.nat(30),
        (engaged, reaches, subjects, decidedSeq) => {
          const kills = engaged.map((engagedSeq, index) =>
            killOf({ engagedSeq }, reaches[index] ?? { scope: 'global' }),
          );
          const later = kills
            .filter((kill) => kill.engagedSeq > decidedSeq && inScope(kill, subjects))
            .map((kill) => kill.engagedSeq);
          const first = later.length === 0 ? undefined : Math.min(...later);
          expect(killedSince(kills, decidedSeq, subjects)?.engagedSeq).toBe(first);
        },
      ),
    );
  });

  it('I-7: in its scope always, out of its scope never, for any subject', () => {
    fc.assert(
      fc.property(anyReach, anySubject, anySubject, (reach, decided, now) => {
        const kill = killOf({}, reach);
        const named = (subject: KillSubject): readonly (string | undefined)[] => {
          switch (reach.scope) {
            case 'global':
            case 'tenant':
              return [reach.target];
            case 'tag':
              return subject.tags;
            case 'environment':
            case 'team':
            case 'agent':
            case 'action':
              return [subject[reach.scope]];
          }
        };
        const reached = [decided, now].some((subject) => named(subject).includes(reach.target));
        for (const subjects of [
          [decided, now],
          [now, decided],
        ]) {
          expect(killedSince([kill], DECIDED_SEQ, subjects) === kill).toBe(reached);
          expect(activeKill([kill], NOW_MS, subjects) === kill).toBe(reached);
        }
      }),
    );
  });
});
