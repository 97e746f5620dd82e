import { killSubject, type KillSubject } from '../core/controls/kill-switch';
import type { StoredExecution, TenantSnapshot } from './ports';

/**
 * What kill switches compare an execution with: its agent as the decision saw it and, where that can differ,
 * as it is registered now. An agent that is gone leaves the first.
 */
export async function killSubjects(
  row: Pick<StoredExecution, 'agent' | 'agentProfile' | 'action' | 'environment'>,
  snapshot: Pick<TenantSnapshot, 'kills' | 'agent'>,
): Promise<readonly KillSubject[]> {
  const decided = killSubject(row.agentProfile, row);
  // Id, action and environment belong to the execution; only team and tags are the registry's to change.
  const byRegistry = snapshot.kills.some(({ scope }) => scope === 'team' || scope === 'tag');
  const agent = byRegistry ? await snapshot.agent(row.agent) : undefined;
  return agent === undefined ? [decided] : [decided, killSubject(agent, row)];
}
