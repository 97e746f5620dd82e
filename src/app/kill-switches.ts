import { DomainError } from '../core/errors';
import type { KillSwitch } from '../core/controls/kill-switch';
import { actorOf, type Actor } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { Cryptography } from './ports';
import type { RegistryReads } from './read-ports';
import type { Committer, Tx } from './commit-ports';

export interface KillSwitchView {
  readonly id: string;
  readonly scope: 'global';
  readonly reason: string;
  readonly severity: KillSwitch['severity'];
  readonly engagedAt: string;
  readonly engagedBy: string;
  readonly engagedSeq: number;
  readonly active: boolean;
  readonly expiresAt?: string;
  readonly liftedAt?: string;
}

export interface EngageInput {
  readonly scope: 'global';
  readonly reason: string;
  readonly severity: KillSwitch['severity'];
  readonly expiresAt?: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

function killSwitchView(kill: KillSwitch, nowMs: number): KillSwitchView {
  const expired = kill.expiresAtMs !== undefined && kill.expiresAtMs <= nowMs;
  return {
    id: kill.id,
    scope: kill.scope,
    reason: kill.reason,
    severity: kill.severity,
    engagedAt: iso(kill.engagedAtMs),
    engagedBy: kill.engagedBy,
    engagedSeq: kill.engagedSeq,
    active: kill.liftedAtMs === undefined && !expired,
    ...(kill.expiresAtMs === undefined ? {} : { expiresAt: iso(kill.expiresAtMs) }),
    ...(kill.liftedAtMs === undefined ? {} : { liftedAt: iso(kill.liftedAtMs) }),
  };
}

/**
 * Writes one engagement into one tenant: its row, its audit event and the new epoch, all in one commit. When
 * the answer to the COMMIT was lost the command runs again and finds what it engaged.
 */
async function engageIn(tx: Tx, id: string, input: EngageInput, actor: Actor): Promise<KillSwitch> {
  const kill: KillSwitch = {
    id,
    scope: input.scope,
    reason: input.reason,
    severity: input.severity,
    engagedSeq: tx.nextSeq(),
    engagedAtMs: tx.nowMs,
    engagedBy: actor.id,
    ...(input.expiresAt === undefined ? {} : { expiresAtMs: Date.parse(input.expiresAt) }),
  };
  const known = await tx.registry.engageKill(kill);
  if (known !== undefined) return known;
  tx.audit({
    type: 'kill.engaged',
    actor,
    target: { kind: 'kill_switch', id },
    outcome: input.severity,
    context: {
      scope: input.scope,
      reason: input.reason,
      ...(input.expiresAt === undefined ? {} : { expiresAt: input.expiresAt }),
    },
  });
  tx.bumpEpoch();
  tx.enqueue({ kind: 'sweep_killed', kill: id });
  return kill;
}

export interface EngageDeps {
  readonly committer: Pick<Committer, 'commitEverywhere'>;
  readonly crypto: Pick<Cryptography, 'uuidv7'>;
}

/** The brake itself, also for the out-of-band command: no ALLOW and no release is sequenced after its commit. */
export function createEngage(deps: EngageDeps) {
  return async (
    actor: Actor,
    input: EngageInput,
    tenant: string,
  ): Promise<{ readonly kill: KillSwitch; readonly nowMs: number }> => {
    const id = deps.crypto.uuidv7();
    let mine: { readonly kill: KillSwitch; readonly nowMs: number } | undefined;
    await deps.committer.commitEverywhere(
      async (tx) => {
        const kill = await engageIn(tx, id, input, actor);
        if (tx.tenant === tenant) mine = { kill, nowMs: tx.nowMs };
      },
      { stopsOnly: true },
    );
    if (mine === undefined)
      throw new DomainError('internal', { internal: `tenant ${tenant} has no head row` });
    return mine;
  };
}

export interface KillSwitchDeps extends EngageDeps {
  readonly reads: Pick<RegistryReads, 'kills'>;
  readonly nowMs: () => Promise<number>;
}

export function createEngageKillSwitch(deps: KillSwitchDeps) {
  const engage = createEngage(deps);
  return async (caller: Caller, input: EngageInput): Promise<KillSwitchView> => {
    requirePermission(caller, 'kill:engage');
    // A mistyped time must not look like a brake that was pulled.
    if (input.expiresAt !== undefined && Date.parse(input.expiresAt) <= (await deps.nowMs())) {
      const message = 'lies in the past, so nothing would be stopped';
      throw new DomainError('validation_failed', { problems: [{ path: 'expiresAt', message }] });
    }
    const done = await engage(actorOf(caller), input, caller.tenant);
    return killSwitchView(done.kill, done.nowMs);
  };
}

/** Lifts a switch. What it voided stays void. */
export function createLiftKillSwitch(deps: KillSwitchDeps) {
  return async (
    caller: Caller,
    input: { readonly id: string; readonly reason: string },
  ): Promise<KillSwitchView> => {
    requirePermission(caller, 'kill:lift');
    const stored = async (): Promise<KillSwitch> => {
      const found = (await deps.reads.kills(caller.tenant)).find((kill) => kill.id === input.id);
      if (found !== undefined) return found;
      throw new DomainError('not_found', { what: `No kill switch ${input.id} exists.` });
    };
    const before = await stored();
    if (before.liftedAtMs !== undefined) return killSwitchView(before, before.liftedAtMs);
    await deps.committer.commitEverywhere(
      async (tx) => {
        const lifted = await tx.registry.liftKill(input.id, {
          reason: input.reason,
          by: caller.principal,
          atMs: tx.nowMs,
        });
        if (!lifted) return;
        tx.audit({
          type: 'kill.lifted',
          actor: actorOf(caller),
          target: { kind: 'kill_switch', id: input.id },
          context: { reason: input.reason },
        });
        tx.bumpEpoch();
      },
      { stopsOnly: false },
    );
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
