import type { Effect } from './model';
import type { TimeWindow } from './time-window';

/** A policy after loading: one shape for all notations, every reference checked, nothing left to parse. */
export interface PolicyDocument {
  readonly id: string;
  readonly notation: Notation;
  readonly description?: string;
  readonly owner?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mode: PolicyMode;
  readonly scope: PolicyScope;
  /** Lists of the policy's own; they shadow tenant lists of the same name. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly RuleDocument[];
  /** Absent: this policy says nothing about requests that no rule matches. */
  readonly defaultEffect?: Effect;
}

/**
 * The notation decides two readings: decimal text is a number in `business` and `json_rules`; a missing field
 * does not match in `business` and fails toward the rule's effect elsewhere.
 */
export type Notation = 'canonical' | 'business' | 'json_rules';

export const POLICY_MODES = ['enforce', 'shadow', 'off'] as const;
/** `shadow` is evaluated and traced but never applied. */
export type PolicyMode = (typeof POLICY_MODES)[number];

/** Patterns with `*` as wildcard. Empty means everything. */
export interface PolicyScope {
  readonly agents: readonly string[];
  readonly actions: readonly string[];
  readonly environments: readonly string[];
  readonly workflows: readonly string[];
  readonly teams: readonly string[];
}

export const EVERYTHING: PolicyScope = {
  agents: [],
  actions: [],
  environments: [],
  workflows: [],
  teams: [],
};

/** Effects this version evaluates. */
export type RuleEffect = Extract<Effect, 'allow' | 'audit' | 'require_approval' | 'deny'>;

export interface RuleDocument {
  readonly id: string;
  /** Patterns with `*` as wildcard. Empty means everything. */
  readonly actions: readonly string[];
  readonly environments: readonly string[];
  readonly agents: readonly string[];
  readonly when?: Condition;
  /** The rule's own exception: it does not match where this holds. */
  readonly unless?: Condition;
  readonly effect: RuleEffect;
  /** `warn` is an audit that also carries a warning for the caller. */
  readonly warn: boolean;
  /** Used when the effect is `require_approval`; without it the role's or the risk level's chain. */
  readonly chain?: string;
  readonly approverRole?: string;
  /** The role that may turn this denial into an approval when an exception is requested. */
  readonly exceptionRole?: string;
  readonly reason: string;
}

export type Condition =
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | FieldTest
  | TimeTest
  | TextScan;

export interface FieldTest {
  readonly kind: 'field';
  readonly field: string;
  readonly test: Test;
  /** A missing field does not match instead of failing toward the rule's effect. */
  readonly optional: boolean;
}

export interface TimeTest {
  readonly kind: 'time';
  readonly operator: 'time_within' | 'time_outside';
  readonly window: TimeWindow;
}

/** Looks through every text argument, and at the parsed SQL for entries that are about SQL. */
export interface TextScan {
  readonly kind: 'scan';
  readonly entries: readonly ScanEntry[];
}
export type ScanEntry =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'select_star' }
  | { readonly type: 'limit_over'; readonly limit: number };

export type Scalar = string | number | boolean;

/** Domain names, `*.` wildcards and the names of lists. */
export interface DomainOperand {
  readonly domains: readonly string[];
  readonly lists: readonly string[];
}
/** Values given in place or the name of a list. */
export type ValuesOperand =
  | { readonly from: 'values'; readonly values: readonly Scalar[] }
  | { readonly from: 'list'; readonly list: string };

export type NumberOperator =
  'greater_than' | 'greater_or_equal' | 'less_than' | 'less_or_equal' | 'count_greater_than';

export type Test =
  | { readonly operator: 'equals' | 'not_equals'; readonly value: Scalar }
  | { readonly operator: 'in' | 'not_in'; readonly operand: ValuesOperand }
  | { readonly operator: NumberOperator; readonly value: number }
  | { readonly operator: 'between'; readonly low: number; readonly high: number }
  | {
      readonly operator: 'contains' | 'contains_any' | 'contains_all' | 'starts_with' | 'ends_with';
      readonly texts: readonly string[];
    }
  | { readonly operator: 'matches'; readonly pattern: string }
  | { readonly operator: 'exists' }
  | { readonly operator: 'missing' }
  | { readonly operator: 'domain_in' | 'domain_not_in'; readonly operand: DomainOperand }
  | { readonly operator: 'cidr_in'; readonly ranges: readonly string[] };
