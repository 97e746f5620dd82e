/** One engagement of a kill switch. `engagedSeq` is the tenant's audit sequence at its commit. */
export interface KillSwitch {
  readonly id: string;
  readonly scope: 'global';
  readonly reason: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly engagedSeq: number;
  readonly engagedAtMs: number;
  readonly engagedBy: string;
  readonly expiresAtMs?: number;
  readonly liftedAtMs?: number;
}

const isActive = (kill: KillSwitch, nowMs: number): boolean =>
  kill.liftedAtMs === undefined && (kill.expiresAtMs === undefined || nowMs < kill.expiresAtMs);

/** The most severe switch that stops new work now, or undefined. */
export function activeKill(kills: readonly KillSwitch[], nowMs: number): KillSwitch | undefined {
  const rank = { info: 0, warning: 1, critical: 2 } as const;
  let worst: KillSwitch | undefined;
  for (const kill of kills) {
    if (
      isActive(kill, nowMs) &&
      (worst === undefined || rank[kill.severity] > rank[worst.severity])
    )
      worst = kill;
  }
  return worst;
}

/** The first switch that voided what stood at `seq`: engaged after it, lifted or not (I-7). Order is free. */
export function killedSince(kills: readonly KillSwitch[], seq: number): KillSwitch | undefined {
  let first: KillSwitch | undefined;
  for (const kill of kills) {
    if (kill.engagedSeq > seq && (first === undefined || kill.engagedSeq < first.engagedSeq))
      first = kill;
  }
  return first;
}
