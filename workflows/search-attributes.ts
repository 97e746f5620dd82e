import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { GovernedInput, RunView } from '../activities/ports';
import { SEARCH_ATTRIBUTE_KEYS, searchAttributesOf } from './messages';

/**
 * Brings the search attributes up to a view. Each upsert is an event and a write to visibility, so nothing
 * is written while state and level stand as they are, which includes a run that was started with them.
 */
export function showInSearch(input: GovernedInput, view: RunView): void {
  const known = workflowInfo().typedSearchAttributes;
  const level = view.waitingFor === 'approval' ? view.level : undefined;
  const sameState = known.get(SEARCH_ATTRIBUTE_KEYS.state) === view.status;
  const sameLevel =
    level === undefined || known.get(SEARCH_ATTRIBUTE_KEYS.level) === level.name.slice(0, 255);
  if (sameState && sameLevel) return;

  const updates: SearchAttributeUpdatePair[] = searchAttributesOf({
    tenant: input.tenant,
    agent: view.summary.agent,
    action: view.summary.action,
    state: view.status,
    verdict: view.verdict,
    policy: view.summary.policy,
    ...(level === undefined ? {} : { level: level.name, dueAt: level.deadline }),
  }).filter(({ key, value }) => known.get(key)?.toString() !== value.toString());
  if (level === undefined && known.get(SEARCH_ATTRIBUTE_KEYS.dueAt) !== undefined) {
    updates.push({ key: SEARCH_ATTRIBUTE_KEYS.dueAt, value: null });
  }
  upsertSearchAttributes(updates);
}
