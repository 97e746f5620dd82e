import type { CompileDependencies } from '../../core/policy/capabilities';
import type { Notation } from '../../core/policy/document';
import type { Effect } from '../../core/policy/model';

/** What conditions are read against. */
export interface ConditionScope {
  readonly notation: Notation;
  /** Names of the lists a condition may use: the policy's own and the tenant's. */
  readonly lists: ReadonlySet<string> | 'any';
  /** When present, patterns and time zones are checked while loading. */
  readonly compilers?: CompileDependencies;
}

/** What the tenant has when a policy is loaded. */
export interface LoadScope extends ConditionScope {
  readonly policyId: string;
  /** What notations without defaults of their own inherit. */
  readonly bundleDefault: Effect;
  readonly chains: ReadonlySet<string> | 'any';
}
