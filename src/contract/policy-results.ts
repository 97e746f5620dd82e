import { z } from 'zod';
import type {
  MatchedRule,
  Obligation,
  PolicyDecision,
  PolicyVerdict,
  RuleTrace,
} from '../core/policy/model';
import { EFFECTS } from '../core/policy/model';

const effect = z.enum(EFFECTS);

export const policyVerdict: z.ZodType<PolicyVerdict> = z.enum([
  'ALLOW',
  'DENY',
  'REQUIRE_APPROVAL',
]);

const ruleRef = { policy: z.string(), version: z.int(), rule: z.string() };

export const matchedRule: z.ZodType<MatchedRule> = z
  .object({ ...ruleRef, effect, reason: z.string(), policyError: z.string().exactOptional() })
  .meta({ id: 'MatchedRule' });

export const ruleTrace: z.ZodType<RuleTrace> = z
  .object({
    ...ruleRef,
    effect,
    matched: z.boolean(),
    failed: z
      .object({
        field: z.string(),
        operator: z.string(),
        expected: z.string(),
        actual: z.string(),
      })
      .exactOptional(),
    policyError: z.string().exactOptional(),
    shadow: z.literal(true).exactOptional(),
  })
  .meta({ id: 'RuleTrace' });

export const obligation: z.ZodType<Obligation> = z
  .object({
    type: z.enum(['warn', 'audit']),
    policy: z.string(),
    rule: z.string(),
    message: z.string(),
  })
  .meta({ id: 'Obligation' });

export const policyChain: z.ZodType<PolicyDecision['policyChain']> = z.array(
  z.object({
    policy: z.string(),
    version: z.int(),
    effect: z.enum([...EFFECTS, 'no_match']),
    shadow: z.literal(true).exactOptional(),
  }),
);
