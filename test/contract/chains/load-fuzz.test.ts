import fc from 'fast-check';
import { loadChain } from '../../../src/contract/chains/load';
import { describeChain } from '../../../src/core/escalation/describe-chain';
import { chainText, FULL_CHAIN, level, OPTIONS } from './chain-texts';

const SEEDS = [
  FULL_CHAIN,
  chainText([level('reminders: [50%]'), level('on_timeout: approve')], 'rejection: "quorum: 2"\n'),
];
const FRAGMENTS = [
  ...['{', '}', '[', ']', ':', '- ', '? ', '"', "'", ',', '&a ', '*a', '!t ', '|\n', '>-\n'],
  ...['---\n', '...\n', '%YAML 1.1\n', '<<: ', '\t', '\r', '\u0000', '\ud800', '\u2028', '1e999'],
  ...[
    '0x10',
    '.nan',
    '~',
    '__proto__: ',
    'constructor',
    '#',
    '\n',
    '99999999d',
    '100%',
    '-1',
    '1e9m',
  ],
  ...['role: ', 'quorum: ', 'levels: ', 'when: ', '{ role: a }', 'L2', 'null', 'true'],
];

/** A seed with a few pieces cut out, repeated or put in. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(12),
        put: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 4 })),
        times: fc.constantFrom(1, 1, 1, 2, 50),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  )
  .map(([seed, edits]) =>
    edits.reduce((text, { at, cut, put, times }) => {
      const start = Math.floor(at * text.length);
      return text.slice(0, start) + put.repeat(times) + text.slice(start + cut);
    }, seed),
  );

/** Whether a law of definitions is broken by one that was loaded. */
const isWellFormed = (text: string): boolean => {
  const result = loadChain(text, OPTIONS);
  if (!result.ok) {
    const places = result.problems.every(({ line, column }) => line >= 1 && column >= 1);
    return places && result.problems.some(({ severity }) => severity === 'error');
  }
  const { levels, startLevels } = result.definition;
  return (
    result.warnings.every(({ severity }) => severity === 'warning') &&
    levels.length >= 1 &&
    levels.every(
      (each, index) =>
        each.number === index + 1 &&
        each.timeoutMs > 0 &&
        each.groups.length > 0 &&
        each.groups.every(({ selectors, quorum }) => selectors.length > 0 && quorum >= 1) &&
        each.remindersMs.every(
          (ms, at) => ms > (each.remindersMs[at - 1] ?? 0) && ms < each.timeoutMs,
        ),
    ) &&
    startLevels.every((start) => levels.some(({ number }) => number === start.level)) &&
    describeChain(result.definition) !== ''
  );
};

describe('loadChain on hostile text', () => {
  it('answers every mutated document with a chain or a diagnostic', () => {
    fc.assert(fc.property(mutated, isWellFormed), { numRuns: 2_000 });
  }, 120_000);

  it('answers any text with a chain or a diagnostic', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.array(fc.constantFrom(...FRAGMENTS)).map((parts) => parts.join('')),
    );
    fc.assert(fc.property(anyText, isWellFormed), { numRuns: 300 });
  });

  it.each([
    ['open brackets', '['.repeat(1_000_000)],
    ['open braces', '{a: '.repeat(200_000)],
    ['nested lists', '- '.repeat(500_000)],
    [
      'an alias bomb',
      `a: &a [x,x]\n${Array.from({ length: 26 }, (_, n) => `b${String(n)}: &b${String(n)} [*a,*a,*a,*a]`).join('\n')}`,
    ],
    ['many levels', chainText(Array<string>(5_000).fill(level()))],
    ['many keys', Array.from({ length: 50_000 }, (_, n) => `k${String(n)}: 1`).join('\n')],
    ['a long number', `a: ${'9'.repeat(100_000)}`],
    ['a long duration', chainText([level().replace('1h', `${'9'.repeat(100_000)}h`)])],
  ])('refuses %s without hanging', (_name, text) => {
    const result = loadChain(text, OPTIONS);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
  });
});
