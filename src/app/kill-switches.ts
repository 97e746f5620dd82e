import type { KillSwitch } from '../core/controls/kill-switch';
import { DomainError } from '../core/errors';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { Committer, Tx } from './commit-ports';
import { reachContext, requireReach } from './engage-kill-switch';
import { killSwitchView, type KillSwitchView } from './kill-switch-view';
import type { RegistryReads } from './read-ports';

export interface KillSwitchDeps {
  readonly committer: Pick<Committer, 'commit' | 'commitEverywhere'>;
  readonly reads: Pick<RegistryReads, 'kill' | 'kills'>;
  readonly nowMs: () => Promise<number>;
}

interface Lift {
  readonly id: string;
  readonly reason: string;
}

async function liftIn(tx: Tx, caller: Caller, kill: KillSwitch, reason: string): Promise<void> {
  const lift = { reason, by: caller.principal, atMs: tx.nowMs };
  if (!(await tx.registry.liftKill(kill, lift))) return;
  tx.audit({
    type: 'kill.lifted',
    actor: actorOf(caller),
    target: { kind: 'kill_switch', id: kill.id },
    context: { ...reachContext(kill), reason },
  });
  tx.bumpEpoch();
}

/** Lifts a switch. What it voided stays void. */
export function createLiftKillSwitch(deps: KillSwitchDeps) {
  return async (caller: Caller, input: Lift): Promise<KillSwitchView> => {
    requirePermission(caller, 'kill:lift');
    const stored = async (): Promise<KillSwitch> => {
      const found = await deps.reads.kill(caller.tenant, input.id);
      if (found !== undefined) return found;
      throw new DomainError('not_found', { what: `No kill switch ${input.id} exists.` });
    };
    const before = await stored();
    requireReach(caller, before);
    if (before.liftedAtMs !== undefined) return killSwitchView(before, before.liftedAtMs);
    const work = (tx: Tx): Promise<void> => liftIn(tx, caller, before, input.reason);
    if (before.scope === 'global')
      await deps.committer.commitEverywhere(work, { stopsOnly: false });
    else await deps.committer.commit(caller.tenant, { lane: 'exclusive', work });
    // Read back: somebody else may have lifted it first, or the answer to an earlier COMMIT was lost.
    const after = await stored();
    return killSwitchView(after, after.liftedAtMs ?? before.engagedAtMs);
  };
}

export function createListKillSwitches(deps: KillSwitchDeps) {
  return async (caller: Caller): Promise<{ items: KillSwitchView[] }> => {
    requirePermission(caller, 'kill:read');
    const nowMs = await deps.nowMs();
    return {
      items: (await deps.reads.kills(caller.tenant)).map((kill) => killSwitchView(kill, nowMs)),
    };
  };
}
