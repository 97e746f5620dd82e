import { isActive, type KillScope, type KillSwitch } from '../core/controls/kill-switch';

export interface KillSwitchView {
  readonly id: string;
  readonly scope: KillScope;
  readonly target?: string;
  readonly reason: string;
  readonly severity: KillSwitch['severity'];
  readonly engagedAt: string;
  readonly engagedBy: string;
  readonly engagedSeq: number;
  readonly active: boolean;
  readonly expiresAt?: string;
  readonly liftedAt?: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

export function killSwitchView(kill: KillSwitch, nowMs: number): KillSwitchView {
  return {
    id: kill.id,
    scope: kill.scope,
    ...(kill.target === undefined ? {} : { target: kill.target }),
    reason: kill.reason,
    severity: kill.severity,
    engagedAt: iso(kill.engagedAtMs),
    engagedBy: kill.engagedBy,
    engagedSeq: kill.engagedSeq,
    active: isActive(kill, nowMs),
    ...(kill.expiresAtMs === undefined ? {} : { expiresAt: iso(kill.expiresAtMs) }),
    ...(kill.liftedAtMs === undefined ? {} : { liftedAt: iso(kill.liftedAtMs) }),
  };
}
