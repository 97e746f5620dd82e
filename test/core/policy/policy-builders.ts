import { loadPolicy } from '../../../src/contract/policy/load';
import { agentId } from '../../../src/core/ids';
import type { CompileDependencies } from '../../../src/core/policy/capabilities';
import { compilePolicy, type CompiledPolicy } from '../../../src/core/policy/compile';
import {
  EVERYTHING,
  type PolicyDocument,
  type RuleDocument,
} from '../../../src/core/policy/document';
import type { PolicyInput, PolicyRequest } from '../../../src/core/policy/model';
import { buildPolicySet, type PolicySet } from '../../../src/core/policy/policy-set';
import { createRegexCompiler } from '../../../src/facts/regex-compiler';
import { createZoneClock } from '../../../src/facts/zone-clock';

/** A pattern whose matcher throws, as no pattern should. */
export const THROWING_PATTERN = 'throws';

const regex = createRegexCompiler();
export const DEPENDENCIES: CompileDependencies = {
  regex: {
    compile: (pattern) =>
      pattern === THROWING_PATTERN
        ? {
            ok: true,
            test: () => {
              throw new Error('from inside a condition');
            },
          }
        : regex.compile(pattern),
  },
  zones: createZoneClock(),
};
export const LISTS = new Map([['customers', ['acme.com', 'example.org']]]);
const NOON_UTC_MS = Date.parse('2026-03-04T12:00:00Z');

/** A policy from the rules of a canonical document. */
export function policyOf(rules: string, rest = '', id = 'p'): CompiledPolicy {
  const text = `apiVersion: countersign/v1\nkind: Policy\nmetadata: { id: ${id} }\n${rest}\nrules:\n${rules}`;
  return compiled(text, id);
}

/** A policy from a text in any notation; its missing default is `allow` where the notation inherits one. */
export function compiled(text: string, id = 'p', version = 1): CompiledPolicy {
  const loaded = loadPolicy(text, {
    id,
    bundleDefault: 'allow',
    lists: new Set(LISTS.keys()),
    chains: new Set(['standard', 'high-risk']),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1));
  return compilePolicy(loaded.document, version, DEPENDENCIES);
}

export const setOf = (...policies: readonly CompiledPolicy[]): PolicySet =>
  buildPolicySet(policies, LISTS);

/** One rule with one condition, in a policy that allows what it does not match. */
export const setWithRule = (when: string, then = 'deny'): PolicySet =>
  setOf(policyOf(`  - { id: r, when: ${when}, then: ${then} }`, 'defaults: { outcome: allow }'));

export function inputOf(
  request: Partial<PolicyRequest> = {},
  rest: Partial<PolicyInput> = {},
): PolicyInput {
  const agent = {
    id: agentId('bot'),
    owner: 'bob',
    team: 'payments',
    riskLevel: 'medium',
    environment: 'prod',
    environments: ['prod'],
    tags: ['beta'],
    status: 'active',
  } as const;
  const defaults = {
    agent,
    action: 'pay',
    environment: 'prod',
    args: {},
    context: {},
    exceptionRequested: false,
  };
  return { request: { ...defaults, ...request }, facts: {}, nowMs: NOON_UTC_MS, ...rest };
}

export const ruleOf = (rule: Partial<RuleDocument>): RuleDocument => ({
  id: 'r',
  actions: [],
  environments: [],
  agents: [],
  effect: 'deny',
  warn: false,
  chain: 'standard',
  reason: 'because',
  ...rule,
});

export const documentOf = (document: Partial<PolicyDocument>): PolicyDocument => ({
  id: 'p',
  notation: 'canonical',
  labels: {},
  mode: 'enforce',
  scope: EVERYTHING,
  lists: {},
  rules: [],
  ...document,
});
