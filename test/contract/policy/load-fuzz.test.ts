import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadPolicy } from '../../../src/contract/policy/load';
import { OPTIONS } from './load-options';

const scenario = (file: string): string =>
  readFileSync(join(__dirname, '../../../examples/scenarios', file), 'utf8');

const SEEDS = [
  scenario('analytics.rules.json'),
  scenario('business-dsl.yaml'),
  scenario('marketing.rules.json'),
  scenario('support.rules.json'),
  `apiVersion: countersign/v1
kind: Policy
metadata: { id: sample, labels: { a: b } }
scope: { agents: ["a*"] }
lists: { mine: [a.com] }
rules:
  - id: r
    match: { action: pay }
    when: { all: [ { field: args.a, between: [1, 2] }, { not: { field: args.b, matches: "^x+" } } ] }
    then: require_approval
    approval: { chain: standard }
defaults: { outcome: deny }
`,
];
const FRAGMENTS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '? ',
  '"',
  "'",
  ',',
  '&a ',
  '*a',
  '!t ',
  '|\n',
  '>-\n',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '<<: ',
  '\t',
  '\r',
  '\u0000',
  '\ud800',
  '\u2028',
  '1e999',
  '0x10',
  '.nan',
  '~',
  '__proto__: ',
  'constructor',
  '#',
  '\n',
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

const isWellFormed = (text: string): boolean => {
  const result = loadPolicy(text, OPTIONS);
  if (result.ok) return result.warnings.every(({ severity }) => severity === 'warning');
  const places = result.problems.every(({ line, column }) => line >= 1 && column >= 1);
  return places && result.problems.some(({ severity }) => severity === 'error');
};

describe('loadPolicy on hostile text', () => {
  it('answers every mutated document with a policy or a diagnostic', () => {
    fc.assert(fc.property(mutated, isWellFormed), { numRuns: 600 });
  });

  it('answers any text with a policy or a diagnostic', () => {
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
    ['nested lists over lines', '-\n'.repeat(500_000)],
    ['explicit keys', '? '.repeat(500_000)],
    ['nested JSON', `{"rules":${'['.repeat(100)}${']'.repeat(100)}}`],
    [
      'an indented staircase',
      Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    ],
    [
      'an alias bomb',
      `a: &a [x,x]\n${Array.from({ length: 26 }, (_, n) => `b${n}: &b${n} [*a,*a,*a,*a]`).join('\n')}`,
    ],
    ['an alias of itself', 'a: &a [*a]'],
    ['many keys', Array.from({ length: 50_000 }, (_, n) => `k${n}: 1`).join('\n')],
    ['many documents', '---\na: 1\n'.repeat(50_000)],
    ['a long text', 'x'.repeat(5_000_000)],
    ['many anchors', '&a '.repeat(100_000)],
    ['a long number', `a: ${'9'.repeat(100_000)}`],
  ])('refuses %s without hanging', (_name, text) => {
    const result = loadPolicy(text, OPTIONS);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
  });
});
