import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadPolicy } from '../../src/contract/policy/load';
import { agentId } from '../../src/core/ids';
import type { JsonObject } from '../../src/core/json';
import { compilePolicy } from '../../src/core/policy/compile';
import { decide } from '../../src/core/policy/decide';
import type { PolicyRequest } from '../../src/core/policy/model';
import { buildPolicySet, factsNeeded, type PolicySet } from '../../src/core/policy/policy-set';
import { createFactGatherer } from '../../src/facts/fact-gatherer';
import { createRegexCompiler } from '../../src/facts/regex-compiler';
import { createZoneClock } from '../../src/facts/zone-clock';

const FOLDER = join(__dirname, '../../examples/scenarios');
const ONE_SECOND_MS = 1000;
const LISTS = new Map([['customer_domains', ['acme.com', 'example.org']]]);

interface Case {
  readonly file: string;
  readonly action: string;
  readonly environment?: string;
  readonly time?: string;
  readonly args?: JsonObject;
  readonly recipients?: number;
  readonly domain?: string;
  readonly context?: JsonObject;
  readonly exceptionRequested?: boolean;
  readonly justification?: string;
  readonly verdict: string;
  readonly rules?: readonly string[];
  readonly approver_role?: string;
  readonly note?: string;
}

const textOf = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const CASES = parse(textOf('cases.yaml')) as readonly Case[];
const COMPILERS = { regex: createRegexCompiler(), zones: createZoneClock() };

function setOf(file: string): PolicySet {
  const loaded = loadPolicy(textOf(file), {
    id: file.split('.')[0] ?? file,
    bundleDefault: 'allow',
    lists: new Set(LISTS.keys()),
    chains: new Set(['standard']),
    compilers: COMPILERS,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return buildPolicySet([compilePolicy(loaded.document, 1, COMPILERS)], LISTS);
}

function argumentsOf({ args, recipients, domain = '' }: Case): JsonObject {
  if (recipients === undefined) return args ?? {};
  const to = Array.from({ length: recipients }, (_, index) => `person${index}@${domain}`);
  return { to, subject: 's', body: 'b' };
}

const requestOf = (example: Case): PolicyRequest => ({
  agent: {
    id: agentId('scenario-bot'),
    owner: 'bob',
    riskLevel: 'medium',
    environment: 'prod',
    environments: ['dev', 'staging', 'prod'],
    tags: [],
    status: 'active',
  },
  action: example.action,
  environment: example.environment ?? 'prod',
  args: argumentsOf(example),
  context: example.context ?? {},
  exceptionRequested: example.exceptionRequested ?? false,
  ...(example.justification === undefined ? {} : { justification: example.justification }),
});

describe('scenarios', () => {
  const facts = createFactGatherer();
  afterAll(() => facts.close());

  it.each([
    ['analytics.rules.json', '6a8d930edc552830d455a78e640cfdf987f01be58d6218eb4fecde9994e29ba1'],
    ['business-dsl.yaml', 'c5c5cd78fa9fedd2877df6cd97a3dd3c697d81e9e3776ab97e3514e23ab330a7'],
    ['cases.yaml', 'c09a6d19ed986cf54ad49b26697105120d0e7132842656015ee97c7d8282fef9'],
    ['marketing.rules.json', '462cd7b14c16e6b51dba130385ae4cf76863bd5f27659d9db8c462fe1af9dce6'],
    ['support.rules.json', '20c723b904f64c442b94d03db4153a48a50568612dafdbf9d581a63cc17a46b6'],
  ])('ships %s unchanged', (file, digest) => {
    expect(
      createHash('sha256')
        .update(readFileSync(join(FOLDER, file)))
        .digest('hex'),
    ).toBe(digest);
  });

  it('holds every case of the acceptance data', () => {
    expect(CASES).toHaveLength(30);
  });

  it.each(CASES.map((example, index) => ({ ...example, index })))(
    'decides case $index: $action in $file as $verdict',
    async (example) => {
      const set = setOf(example.file);
      const request = requestOf(example);
      const gathered = await facts.gather(request, factsNeeded(request, set), ONE_SECOND_MS);
      const nowMs = Date.parse(example.time ?? '2026-03-04T15:00:00Z');

      const decision = decide({ request, facts: gathered, nowMs }, set);

      expect(decision.verdict).toBe(example.verdict);
      const matched = decision.matched.map(({ rule }) => rule);
      expect(matched).toEqual(expect.arrayContaining([...(example.rules ?? [])]));
      if (example.approver_role !== undefined) {
        expect(decision.requirements).toContainEqual({
          chain: 'standard',
          approverRole: example.approver_role,
        });
      }
    },
  );
});
