import type { PolicyInput } from '../src/core/policy/model';
import { POLICY_ID, type RuleSpec } from './policy-workload';

/**
 * What a developer would write by hand for exactly this workload and nothing else: one closure a rule, found
 * by action and environment. It knows the types of its fields, so it checks none.
 */
interface HandRule {
  readonly order: number;
  readonly judge: (args: HandArgs, folded: string) => HandTrace;
}

interface HandArgs {
  readonly amount: number;
  readonly text: string;
  readonly recipient_domain: string;
}

export interface HandTrace {
  readonly policy: string;
  readonly version: number;
  readonly rule: string;
  readonly effect: 'allow' | 'require_approval' | 'deny';
  readonly matched: boolean;
  readonly failed?: {
    readonly field: string;
    readonly operator: string;
    readonly expected: string;
    readonly actual: string;
  };
}

export interface HandDecision {
  readonly verdict: 'ALLOW' | 'DENY' | 'REQUIRE_APPROVAL';
  readonly matched: readonly HandTrace[];
  readonly trace: readonly HandTrace[];
}

const VERDICTS = { allow: 'ALLOW', require_approval: 'REQUIRE_APPROVAL', deny: 'DENY' } as const;

function closureOf(spec: RuleSpec, tracesMisses: boolean): HandRule['judge'] {
  const { id: rule, effect, amountAbove } = spec;
  const [first = '', second = '', third = ''] = spec.words;
  const trusted = new Set(spec.trustedDomains);
  const expected = spec.trustedDomains.join(', ');
  const identity = { policy: POLICY_ID, version: 1, rule, effect };
  const hit: HandTrace = { ...identity, matched: true };
  const miss: HandTrace = { ...identity, matched: false };
  return (args, folded) => {
    if (
      args.amount > amountAbove ||
      folded.includes(first) ||
      folded.includes(second) ||
      folded.includes(third) ||
      !trusted.has(args.recipient_domain)
    ) {
      return hit;
    }
    if (!tracesMisses) return miss;
    const actual = args.recipient_domain;
    const failed = { field: 'args.recipient_domain', operator: 'not_in', expected, actual };
    return { policy: POLICY_ID, version: 1, rule, effect, matched: false, failed };
  };
}

/**
 * Compiles the rules by hand. With `tracesMisses` it returns what `decide` does of its trace: every candidate
 * rule, and for one that did not match the test and the value that decided; without, the matched rules alone.
 */
export function compileByHand(
  rules: readonly RuleSpec[],
  tracesMisses: boolean,
): (input: PolicyInput) => HandDecision {
  const index = new Map<string, HandRule[]>();
  const actions = new Set(rules.map((rule) => rule.action));
  for (const environment of new Set(rules.flatMap((rule) => rule.environments))) {
    for (const action of actions) {
      const found = rules.flatMap((spec, order) =>
        (spec.action === action || spec.action === '*') && spec.environments.includes(environment)
          ? [{ order, judge: closureOf(spec, tracesMisses) }]
          : [],
      );
      index.set(`${action} ${environment}`, found);
    }
  }
  const none: readonly HandRule[] = [];
  return ({ request }) => {
    const args = request.args as unknown as HandArgs;
    const folded = args.text.toLowerCase();
    const trace: HandTrace[] = [];
    const matched: HandTrace[] = [];
    let strictest: HandTrace['effect'] = 'allow';
    for (const rule of index.get(`${request.action} ${request.environment}`) ?? none) {
      const judged = rule.judge(args, folded);
      if (tracesMisses || judged.matched) trace.push(judged);
      if (!judged.matched) continue;
      matched.push(judged);
      if (judged.effect === 'deny' || strictest === 'allow') strictest = judged.effect;
    }
    return { verdict: VERDICTS[strictest], matched, trace };
  };
}
