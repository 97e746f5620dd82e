import type { Effect } from '../../core/policy/model';
import type { ConditionScope } from './condition';

/** What the tenant has when a policy is loaded. */
export interface LoadScope extends ConditionScope {
  readonly policyId: string;
  /** What notations without defaults of their own inherit. */
  readonly bundleDefault: Effect;
  readonly chains: ReadonlySet<string>;
}
