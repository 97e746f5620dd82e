import type { EngageKillSwitchInput } from '../contract/kill-switches';
import { isActive, type KillReach, type KillSwitch } from '../core/controls/kill-switch';
import { DomainError } from '../core/errors';
import { DEFAULT_TENANT, type TenantId } from '../core/ids';
import { actorOf, type Actor } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { Committer, Tx } from './commit-ports';
import { killSwitchView, type KillSwitchView } from './kill-switch-view';
import type { Cryptography } from './ports';
import type { RegistryReads } from './read-ports';

const expiryOf = ({ expiresAt }: EngageKillSwitchInput): number | undefined =>
  expiresAt === undefined ? undefined : Date.parse(expiresAt);

const reachOf = ({ scope, target }: KillReach): KillReach =>
  target === undefined ? { scope } : { scope, target };

/** The same id twice is one switch only when both ask for the same. */
function requireSame(known: KillSwitch, input: EngageKillSwitchInput): void {
  const same =
    known.scope === input.scope &&
    known.target === input.target &&
    known.reason === input.reason &&
    known.severity === input.severity &&
    known.expiresAtMs === expiryOf(input);
  if (same) return;
  throw new DomainError('conflict', {
    what: `The id ${known.id} belongs to a kill switch with other content, so nothing was engaged.`,
    howToFix: 'Send it again with a new id, or without one.',
  });
}

/** What the chain says of a reach: its scope and, where it has one, its target. */
export const reachContext = ({ scope, target }: KillReach): Readonly<Record<string, string>> => ({
  scope,
  ...(target === undefined ? {} : { target }),
});

/**
 * Writes one engagement into one tenant: its row, its audit event and the new epoch, all in one commit. When
 * the answer to the COMMIT was lost the command runs again and finds what it engaged.
 */
async function engageIn(
  tx: Tx,
  id: string,
  input: EngageKillSwitchInput,
  actor: Actor,
): Promise<KillSwitch> {
  const expiresAtMs = expiryOf(input);
  const kill: KillSwitch = {
    ...reachOf(input),
    id,
    reason: input.reason,
    severity: input.severity,
    engagedSeq: tx.nextSeq(),
    engagedAtMs: tx.nowMs,
    engagedBy: actor.id,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
  const known = await tx.registry.engageKill(kill);
  if (known !== undefined) {
    requireSame(known, input);
    return known;
  }
  tx.audit({
    type: 'kill.engaged',
    actor,
    target: { kind: 'kill_switch', id },
    outcome: input.severity,
    context: {
      ...reachContext(input),
      reason: input.reason,
      ...(input.expiresAt === undefined ? {} : { expiresAt: input.expiresAt }),
    },
  });
  tx.bumpEpoch();
  tx.enqueue({ kind: 'sweep_killed', kill: id });
  return kill;
}

export interface EngageDeps {
  readonly committer: Pick<Committer, 'commitEverywhere' | 'commitStop'>;
  readonly crypto: Pick<Cryptography, 'uuidv7'>;
}

/**
 * The brake itself, also for the out-of-band command: no ALLOW and no release in its scope is sequenced after
 * its commit. A global one is written into every tenant, any other into `tenant` alone.
 */
export function createEngage(deps: EngageDeps) {
  return async (
    actor: Actor,
    input: EngageKillSwitchInput,
    tenant: TenantId,
  ): Promise<{ readonly kill: KillSwitch; readonly nowMs: number }> => {
    const id = input.id ?? deps.crypto.uuidv7();
    let mine: { readonly kill: KillSwitch; readonly nowMs: number } | undefined;
    const work = async (tx: Tx): Promise<void> => {
      const kill = await engageIn(tx, id, input, actor);
      if (tx.tenant === tenant) mine = { kill, nowMs: tx.nowMs };
    };
    if (input.scope === 'global') await deps.committer.commitEverywhere(work, { stopsOnly: true });
    else await deps.committer.commitStop(tenant, work);
    if (mine === undefined)
      throw new DomainError('not_found', {
        what: `No tenant ${tenant} exists, so nothing was engaged.`,
      });
    return mine;
  };
}

/** What stops or frees every tenant is the business of the default tenant's people alone. */
export function requireReach(caller: Caller, { scope }: Pick<KillReach, 'scope'>): void {
  if (scope !== 'global') return;
  requirePermission(caller, 'kill:engage_global');
  if (caller.tenant !== DEFAULT_TENANT)
    throw new DomainError('forbidden', {
      what: 'A global kill switch reaches every tenant and is engaged and lifted from tenant default only.',
      howToFix: 'Use scope "tenant": it stops everything in your own tenant.',
    });
}

export interface EngageKillSwitchDeps extends EngageDeps {
  readonly reads: Pick<RegistryReads, 'kill' | 'killTargetKnown'>;
  readonly nowMs: () => Promise<number>;
}

export type EngagedKillSwitch = KillSwitchView & { readonly warnings: readonly string[] };

/** Engages a switch; with the caller's own id a repeat of the same content answers the same switch. */
export function createEngageKillSwitch(deps: EngageKillSwitchDeps) {
  const engage = createEngage(deps);
  return async (caller: Caller, input: EngageKillSwitchInput): Promise<EngagedKillSwitch> => {
    requirePermission(caller, 'kill:engage');
    requireReach(caller, input);
    const known =
      input.id === undefined ? undefined : await deps.reads.kill(caller.tenant, input.id);
    if (known !== undefined) {
      requireSame(known, input);
      return engagedView(deps, caller, known, await deps.nowMs());
    }
    // A mistyped time must not look like a brake that was pulled.
    if (input.expiresAt !== undefined && Date.parse(input.expiresAt) <= (await deps.nowMs())) {
      const message = 'lies in the past, so nothing would be stopped';
      throw new DomainError('validation_failed', { problems: [{ path: 'expiresAt', message }] });
    }
    const done = await engage(actorOf(caller), input, caller.tenant);
    return engagedView(deps, caller, done.kill, done.nowMs);
  };
}

async function engagedView(
  deps: EngageKillSwitchDeps,
  caller: Caller,
  kill: KillSwitch,
  nowMs: number,
): Promise<EngagedKillSwitch> {
  const over = isActive(kill, nowMs)
    ? []
    : ['This switch has ended already and stops nothing new. Engage another one without this id.'];
  const warnings = [...over, ...(await targetWarnings(deps, caller, kill))];
  return { ...killSwitchView(kill, nowMs), warnings };
}

/** The brake is pulled by now, so a failing look-up is only worth a remark. */
async function targetWarnings(
  { reads }: EngageKillSwitchDeps,
  caller: Caller,
  kill: KillSwitch,
): Promise<readonly string[]> {
  const { scope, target } = kill;
  if (target === undefined) return [];
  try {
    if (await reads.killTargetKnown(caller.tenant, reachOf(kill))) return [];
    const means = scope === 'action' ? 'No agent lists or lately used' : 'No registered agent has';
    return [
      `${means} the ${scope} ${target}. The switch is engaged all the same; names are compared exactly, case included.`,
    ];
  } catch {
    return [`It could not be looked up whether the ${scope} ${target} exists.`];
  }
}
