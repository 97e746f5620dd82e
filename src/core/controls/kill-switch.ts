/** What a switch reaches, widest first. */
export const KILL_SCOPES = [
  'global',
  'tenant',
  'environment',
  'team',
  'agent',
  'action',
  'tag',
] as const;
export type KillScope = (typeof KILL_SCOPES)[number];
/** Scopes that name one thing. */
export type TargetedScope = Exclude<KillScope, 'global' | 'tenant'>;

/** A scope with its target; `global` is every tenant, `tenant` the one whose chain holds the switch. */
export type KillReach =
  | { readonly scope: 'global' | 'tenant'; readonly target?: never }
  | { readonly scope: TargetedScope; readonly target: string };

/** One pull of the switch. `engagedSeq` is the tenant's audit sequence at its commit. */
export interface Engagement {
  readonly id: string;
  readonly reason: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly engagedSeq: number;
  readonly engagedAtMs: number;
  readonly engagedBy: string;
  readonly expiresAtMs?: number;
  readonly liftedAtMs?: number;
}

export type KillSwitch = Engagement & KillReach;

/** The attributes of a request or an execution that scopes are compared with. */
export interface KillSubject {
  readonly agent: string;
  readonly team?: string;
  readonly tags: readonly string[];
  readonly action: string;
  readonly environment: string;
}

/** The subject that an agent, as one registration describes it, makes with one action. */
export function killSubject(
  agent: { readonly id: string; readonly team?: string; readonly tags: readonly string[] },
  { action, environment }: Pick<KillSubject, 'action' | 'environment'>,
): KillSubject {
  const { id, team, tags } = agent;
  return { agent: id, tags, action, environment, ...(team === undefined ? {} : { team }) };
}

/** `tenant` and `global` take no target, every other scope needs one; undefined when they do not fit. */
export function killReach(scope: KillScope, target: string | undefined): KillReach | undefined {
  if (scope === 'global' || scope === 'tenant') return target === undefined ? { scope } : undefined;
  return target === undefined ? undefined : { scope, target };
}

function covers(reach: KillReach, subject: KillSubject): boolean {
  switch (reach.scope) {
    case 'global':
    case 'tenant':
      return true;
    case 'environment':
    case 'team':
    case 'agent':
    case 'action':
      return subject[reach.scope] === reach.target;
    case 'tag':
      return subject.tags.includes(reach.target);
  }
}

/**
 * Whether a switch reaches any of the subjects: an execution has two, its agent as it was at the decision and
 * as it is now. Names are compared exactly, case included.
 */
export function inScope(reach: KillReach, subjects: readonly KillSubject[]): boolean {
  if (reach.target === undefined) return true;
  return subjects.some((subject) => covers(reach, subject));
}

/** Whether it stops new work at this moment. */
export const isActive = (
  kill: Pick<Engagement, 'liftedAtMs' | 'expiresAtMs'>,
  nowMs: number,
): boolean =>
  kill.liftedAtMs === undefined && (kill.expiresAtMs === undefined || nowMs < kill.expiresAtMs);

/** The most severe switch that stops new work of these subjects now, or undefined. */
export function activeKill(
  kills: readonly KillSwitch[],
  nowMs: number,
  subjects: readonly KillSubject[],
): KillSwitch | undefined {
  const rank = { info: 0, warning: 1, critical: 2 } as const;
  let worst: KillSwitch | undefined;
  for (const kill of kills) {
    if (
      isActive(kill, nowMs) &&
      (worst === undefined || rank[kill.severity] > rank[worst.severity]) &&
      inScope(kill, subjects)
    )
      worst = kill;
  }
  return worst;
}

/** The first switch that voided what stood at `seq`: engaged after it, lifted or not (I-7). Order is free. */
export function killedSince(
  kills: readonly KillSwitch[],
  seq: number,
  subjects: readonly KillSubject[],
): KillSwitch | undefined {
  let first: KillSwitch | undefined;
  for (const kill of kills) {
    if (
      kill.engagedSeq > seq &&
      (first === undefined || kill.engagedSeq < first.engagedSeq) &&
      inScope(kill, subjects)
    )
      first = kill;
  }
  return first;
}
