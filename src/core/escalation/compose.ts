import type { Condition } from '../policy/document';
import type { ApprovalRequirement } from '../policy/model';
import type { TimeWindow } from '../policy/time-window';
import { strongest, type Assurance } from './assurance';
import type { AutoRule, ChainDefinition, ChainLevel, Ladder, SkippedLevel } from './chain';
import { mergeLadders } from './merge-ladders';

/** What a chain's own rules are judged by: everything of the request as it was decided. */
export interface LadderSituation {
  /** 0 to 100. */
  readonly riskScore: number;
  /** Whether a level's condition holds. One that cannot be evaluated holds: its people are asked. */
  readonly holds: (condition: Condition) => boolean;
  /** Undefined where nobody can tell, because the zone is not known. */
  readonly isWithin: (window: TimeWindow) => boolean | undefined;
}

/** Other people for the first level, but as many of them as the chain asked. */
function withFirstLevelRole(chain: ChainDefinition, role: string): ChainDefinition {
  const levels = chain.levels.map((level, index) => {
    if (index !== 0) return level;
    const quorum = level.groups.reduce((sum, group) => sum + group.quorum, 0);
    return { ...level, groups: [{ selectors: [{ kind: 'role', role } as const], quorum }] };
  });
  return { ...chain, levels };
}

/**
 * The rungs of a chain for one requirement. The people that a policy names take the place of the first level's; where
 * this request does not climb that level they are asked together with the people of the level it begins at, because
 * no rule of a chain takes away whom a policy wants.
 */
function climbFor(
  chain: ChainDefinition,
  { approverRole }: ApprovalRequirement,
  situation: LadderSituation,
): Ladder {
  if (approverRole === undefined) return climb(chain, situation);
  const asked = withFirstLevelRole(chain, approverRole);
  const ladder = climb(asked, situation);
  const [first] = asked.levels;
  if (first === undefined || ladder.levels[0]?.number === first.number) return ladder;
  const named = { ...asked, levels: [withoutCondition(first)], startLevels: [] };
  return mergeLadders(ladder, climb(named, situation));
}

const withoutCondition = ({ when: _resolved, ...level }: ChainLevel): ChainLevel => level;

/** The levels this request climbs. Somebody is always asked: where no level is left, the last one is. */
function levelsFor(
  chain: ChainDefinition,
  situation: LadderSituation,
): { readonly levels: readonly ChainLevel[]; readonly skipped: readonly SkippedLevel[] } {
  const last = chain.levels.at(-1);
  const applies = (level: ChainLevel): boolean =>
    level.when === undefined || situation.holds(level.when);
  const applicable = chain.levels.filter(applies);
  const candidates = applicable.length > 0 || last === undefined ? applicable : [last];
  const start = Math.max(
    0,
    ...chain.startLevels
      .filter(({ riskAtLeast }) => situation.riskScore >= riskAtLeast)
      .map(({ level }) => level),
  );
  const fromStart = candidates.filter((level) => level.number >= start);
  const climbed = fromStart.length > 0 ? fromStart : candidates.slice(-1);
  const skipped = chain.levels
    .filter((level) => !climbed.includes(level))
    .map(({ number, name, when }): SkippedLevel => {
      const why = candidates.some((level) => level.number === number) ? 'start_level' : 'condition';
      return { number, name, why: when === undefined ? 'start_level' : why };
    });
  return { levels: climbed.map(withoutCondition), skipped };
}

function assuranceFor(
  chain: ChainDefinition,
  riskScore: number,
): Pick<Ladder, 'requiredAssurance' | 'requiredSurface'> {
  const rules = chain.assurance.filter(({ riskAtLeast }) => riskScore >= riskAtLeast);
  const requiredAssurance = rules.reduce<Assurance>(
    (most, rule) => strongest(most, rule.require ?? 'issued'),
    'issued',
  );
  const onDashboard = rules.some((rule) => rule.surface === 'dashboard');
  return { requiredAssurance, ...(onDashboard ? { requiredSurface: 'dashboard' } : {}) };
}

function autoRuleHolds({ when, outcome }: AutoRule, situation: LadderSituation): boolean {
  const { riskScore } = situation;
  // Hours that nobody can tell stop, and never let pass.
  const isWithin = (window: TimeWindow, unknown: boolean): boolean =>
    situation.isWithin(window) ?? unknown;
  const stops = outcome === 'reject';
  return (
    (when.riskAtMost === undefined || riskScore <= when.riskAtMost) &&
    (when.riskAtLeast === undefined || riskScore >= when.riskAtLeast) &&
    (when.within === undefined || isWithin(when.within, stops)) &&
    (when.outside === undefined || !isWithin(when.outside, !stops))
  );
}

function describeAuto({ when }: AutoRule, riskScore: number): string {
  const parts = [
    ...(when.riskAtMost === undefined
      ? []
      : [`risk ${String(riskScore)} is at most ${String(when.riskAtMost)}`]),
    ...(when.riskAtLeast === undefined
      ? []
      : [`risk ${String(riskScore)} is at least ${String(when.riskAtLeast)}`]),
    ...(when.within === undefined ? [] : [`it is within ${when.within.text}`]),
    ...(when.outside === undefined ? [] : [`it is outside ${when.outside.text}`]),
  ];
  return parts.join(' and ');
}

/** A "no" of the chain outranks its "yes", wherever they stand. */
function autoFor(chain: ChainDefinition, situation: LadderSituation): Pick<Ladder, 'auto'> {
  const holding = chain.auto.filter((rule) => autoRuleHolds(rule, situation));
  const rule = holding.find(({ outcome }) => outcome === 'reject') ?? holding[0];
  if (rule === undefined) return {};
  return { auto: { outcome: rule.outcome, why: describeAuto(rule, situation.riskScore) } };
}

/**
 * Says outright what the last level's timeout and a rejection of a one-level chain come to, so that a longer
 * ladder merged with it does not carry on where this one would have ended.
 */
function spelledOut(ladder: Ladder): Ladder {
  const last = ladder.levels.length - 1;
  const levels = ladder.levels.map((level, index) =>
    index === last && level.onTimeout === 'escalate'
      ? { ...level, onTimeout: ladder.onFinalTimeout }
      : level,
  );
  const { rejection, rejectionsAtLeast, ...rest } = ladder;
  if (rejection.kind !== 'escalate')
    return {
      ...rest,
      levels,
      rejection,
      ...(rejectionsAtLeast === undefined ? {} : { rejectionsAtLeast }),
    };
  const count = rejectionsAtLeast ?? 1;
  if (ladder.levels.length > 1) return { ...rest, levels, rejection, rejectionsAtLeast: count };
  return { ...rest, levels, rejection: count === 1 ? { kind: 'veto' } : { kind: 'quorum', count } };
}

/** What the ladder takes over as it stands; the rest of the chain is resolved. */
const rulesOf = ({
  escalateAtRisk: _risk,
  startLevels: _starts,
  assurance: _assurance,
  auto: _auto,
  ...rules
}: ChainDefinition): Omit<
  ChainDefinition,
  'escalateAtRisk' | 'startLevels' | 'assurance' | 'auto'
> => rules;

/** The rungs of one chain for one request. */
export function climb(chain: ChainDefinition, situation: LadderSituation): Ladder {
  const { escalateAtRisk } = chain;
  const byRisk = escalateAtRisk !== undefined && situation.riskScore >= escalateAtRisk;
  return spelledOut({
    ...rulesOf(chain),
    ...levelsFor(chain, situation),
    of: chain.levels.length,
    ...(byRisk && chain.advance === 'on_escalation'
      ? { advance: 'each_level', escalatesByRisk: true }
      : {}),
    ...assuranceFor(chain, situation.riskScore),
    ...autoFor(chain, situation),
  });
}

/**
 * The one ladder that satisfies every requirement: union of approver groups, strictest timers. An unknown
 * chain id returns undefined, which the caller turns into a refusal: never a weaker ladder.
 */
export function ladderFor(
  requirements: readonly ApprovalRequirement[],
  chains: ReadonlyMap<string, ChainDefinition>,
  situation: LadderSituation,
): Ladder | undefined {
  let merged: Ladder | undefined;
  for (const requirement of requirements) {
    const chain = chains.get(requirement.chain);
    if (chain === undefined) return undefined;
    const ladder = climbFor(chain, requirement, situation);
    merged = merged === undefined ? ladder : mergeLadders(merged, ladder);
  }
  return merged;
}
