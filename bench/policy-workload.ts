import { agentId } from '../src/core/ids';
import type { AgentProfile, PolicyInput } from '../src/core/policy/model';
import { seededRandom } from './measure';

/** One rule of the workload, from which both the policy text and the hand-written closure are made. */
export interface RuleSpec {
  readonly id: string;
  /** `*` for a rule about every action. */
  readonly action: string;
  readonly environments: readonly string[];
  readonly amountAbove: number;
  readonly words: readonly string[];
  readonly trustedDomains: readonly string[];
  readonly effect: 'deny' | 'require_approval';
}

export interface WorkloadShape {
  readonly rules: number;
  /** How many of the rules are about every action. */
  readonly wildcards: number;
  readonly requests: number;
}

export interface Workload {
  readonly rules: readonly RuleSpec[];
  readonly inputs: readonly PolicyInput[];
}

export const POLICY_ID = 'bench';
const RULES_PER_ACTION = 8;
const ENVIRONMENTS = ['prod', 'staging', 'dev'] as const;
const TRUSTED = [
  'acme.com',
  'example.org',
  'example.net',
  'initech.io',
  'globex.eu',
  'umbrella.jp',
];
const STRANGERS = ['evil.test', 'unknown.biz'];
const NEEDLES = [
  'password',
  'wire transfer',
  'social security',
  'gift card',
  'confidential',
  'iban',
];
const FILLER =
  'please settle the open invoice of the customer as agreed on the phone and send a short note when done ';

const BENCH_AGENT: AgentProfile = {
  id: agentId('bench-bot'),
  owner: 'bob',
  riskLevel: 'medium',
  environment: 'prod',
  environments: ENVIRONMENTS,
  tags: [],
  status: 'active',
};

/** Seeded, so that every run and every machine decides the same requests under the same rules. */
export function makeWorkload(shape: WorkloadShape): Workload {
  const random = seededRandom(shape.rules);
  const pick = <T>(items: readonly [T, ...T[]] | readonly T[]): T =>
    items[Math.floor(random() * items.length)] as T;
  const actions = Math.max(1, Math.floor(shape.rules / RULES_PER_ACTION));
  const rules = Array.from({ length: shape.rules }, (_, index): RuleSpec => {
    const first = Math.floor(random() * ENVIRONMENTS.length);
    return {
      id: `r${String(index).padStart(5, '0')}`,
      action: index < shape.wildcards ? '*' : `tool_${String(index % actions)}`,
      environments: random() < 0.5 ? [...ENVIRONMENTS].slice(first, first + 1) : ENVIRONMENTS,
      amountAbove: 9_000 + Math.floor(random() * 1_500),
      words: [pick(NEEDLES), pick(NEEDLES), pick(NEEDLES)],
      trustedDomains: TRUSTED,
      effect: random() < 0.3 ? 'deny' : 'require_approval',
    };
  });
  const inputs = Array.from({ length: shape.requests }, (): PolicyInput => {
    const at = Math.floor(random() * FILLER.length);
    const filler = `${FILLER.slice(at)}${FILLER}`.slice(0, 80);
    const text = random() < 0.03 ? `${filler} ${pick(NEEDLES)}` : filler;
    return {
      request: {
        agent: BENCH_AGENT,
        action: `tool_${String(Math.floor(random() * actions))}`,
        environment: pick(ENVIRONMENTS),
        args: {
          amount: Math.floor(random() * 10_000),
          text,
          recipient_domain: random() < 0.02 ? pick(STRANGERS) : pick(TRUSTED),
        },
        context: {},
        exceptionRequested: false,
      },
      facts: {},
      nowMs: Date.UTC(2026, 2, 4, 12),
    };
  });
  return { rules, inputs };
}

/** The rules as a policy in the canonical form, as an author would publish it. */
export function policyText(rules: readonly RuleSpec[]): string {
  return JSON.stringify({
    apiVersion: 'countersign/v1',
    kind: 'Policy',
    metadata: { id: POLICY_ID, version: 1 },
    rules: rules.map((rule) => ({
      id: rule.id,
      match: {
        ...(rule.action === '*' ? {} : { action: [rule.action] }),
        environment: rule.environments,
      },
      when: {
        any: [
          { field: 'args.amount', greater_than: rule.amountAbove },
          { field: 'args.text', contains_any: [...new Set(rule.words)] },
          { field: 'args.recipient_domain', not_in: rule.trustedDomains },
        ],
      },

      then: rule.effect,
      reason: `Rule ${rule.id} restricts this`,
    })),
    defaults: { outcome: 'allow' },
  });
}
