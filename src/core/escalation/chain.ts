import type { ApprovalRequirement } from '../policy/model';

/** Who may decide. Further selectors (manager, on-call, owner) attach here with the ladder. */
export type ApproverSelector =
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'user'; readonly user: string };

/** `quorum` distinct humans out of all people the selectors name. A level needs every one of its groups. */
export interface ApproverGroup {
  readonly selectors: readonly ApproverSelector[];
  readonly quorum: number;
}

export interface ChainLevel {
  readonly name: string;
  readonly groups: readonly ApproverGroup[];
  readonly timeoutMs: number;
  readonly onTimeout: 'escalate' | 'reject' | 'approve' | 'park';
  /** What follows when the level's people cannot reach its quorum; without it the next level. */
  readonly onEmpty?: 'reject';
}

export type RejectionRule =
  | { readonly kind: 'veto' }
  | { readonly kind: 'quorum'; readonly count: number }
  | { readonly kind: 'escalate' };

/** A ladder of levels, as validated data. An execution keeps the definition it was opened under. */
export interface ChainDefinition {
  readonly id: string;
  readonly version: number;
  readonly levels: readonly ChainLevel[];
  /** `on_escalation`: a level's approval decides. `each_level`: every level approves in order. */
  readonly advance: 'on_escalation' | 'each_level';
  readonly onFinalTimeout: 'reject' | 'approve' | 'park';
  readonly rejection: RejectionRule;
  readonly rationale: {
    readonly approve: 'required' | 'optional';
    readonly reject: 'required' | 'optional';
    /** Characters left after trimming. */
    readonly minLength: number;
  };
  readonly separation: {
    readonly requester: 'exclude' | 'allow';
    readonly agentOwner: 'exclude' | 'allow';
    readonly distinctAcrossLevels: boolean;
  };
  /** How long an approval may be released after its verdict. */
  readonly validForMs: number;
}

const HOUR_MS = 3_600_000;

export const STANDARD_CHAIN: ChainDefinition = {
  id: 'standard',
  version: 1,
  levels: [
    {
      name: 'L1',
      groups: [{ selectors: [{ kind: 'role', role: 'approver' }], quorum: 1 }],
      timeoutMs: HOUR_MS,
      onTimeout: 'reject',
    },
  ],
  advance: 'on_escalation',
  onFinalTimeout: 'reject',
  rejection: { kind: 'veto' },
  rationale: { approve: 'required', reject: 'required', minLength: 1 },
  separation: { requester: 'exclude', agentOwner: 'exclude', distinctAcrossLevels: true },
  validForMs: HOUR_MS,
};

export function describeSelector(selector: ApproverSelector): string {
  return selector.kind === 'role' ? `role:${selector.role}` : `user:${selector.user}`;
}

/** The people a level asks, as text: groups joined by "and", their selectors by "or". */
export function describeApprovers(level: ChainLevel): string {
  return level.groups
    .map((group) => {
      const names = group.selectors.map(describeSelector).join(' or ');
      return group.quorum > 1 ? `${String(group.quorum)} of ${names}` : names;
    })
    .join(' and ');
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
 * Says outright what the last level's timeout and a rejection of a one-level chain come to, so that a longer
 * ladder merged with it does not carry on where this one would have ended.
 */
function spelledOut(chain: ChainDefinition): ChainDefinition {
  const last = chain.levels.length - 1;
  const levels = chain.levels.map((level, index) =>
    index === last && level.onTimeout === 'escalate'
      ? { ...level, onTimeout: chain.onFinalTimeout }
      : level,
  );
  const endsAtOnce = chain.rejection.kind === 'escalate' && chain.levels.length === 1;
  return { ...chain, levels, rejection: endsAtOnce ? { kind: 'veto' } : chain.rejection };
}

const stricter = <T extends string>(order: readonly T[], a: T, b: T): T =>
  order.indexOf(a) >= order.indexOf(b) ? a : b;

/**
 * Later in the list is stricter. `park` outranks `escalate`: it keeps the decision with the people asked,
 * where a level above may go on to approve by silence (I-11).
 */
const ON_TIMEOUT = ['approve', 'escalate', 'park', 'reject'] as const;

/** Both names once, in one order, however often they were joined before. */
const joinNames = (a: string, b: string): string =>
  [...new Set([...a.split('+'), ...b.split('+')])].sort().join('+');

/** The weakest rule under which neither chain's "no" loses weight; rules that cannot be compared give veto. */
function mergeRejection(a: ChainDefinition, b: ChainDefinition): RejectionRule {
  if (a.rejection.kind === 'quorum' && b.rejection.kind === 'quorum')
    return { kind: 'quorum', count: Math.min(a.rejection.count, b.rejection.count) };
  const bothEscalate = a.rejection.kind === 'escalate' && b.rejection.kind === 'escalate';
  return bothEscalate && a.levels.length === b.levels.length ? a.rejection : { kind: 'veto' };
}

/** Groups by the people they name, each once: two groups of the same people ask for as many as both. */
function groupsByPeople(level: ChainLevel): Map<string, ApproverGroup> {
  const groups = new Map<string, ApproverGroup>();
  for (const group of level.groups) {
    const named = new Map(group.selectors.map((each) => [describeSelector(each), each]));
    const sorted = [...named].sort(([x], [y]) => (x < y ? -1 : 1));
    const key = sorted.map(([name]) => name).join('|');
    const quorum = group.quorum + (groups.get(key)?.quorum ?? 0);
    groups.set(key, { selectors: sorted.map(([, selector]) => selector), quorum });
  }
  return groups;
}

function mergeLevel(a: ChainLevel, b: ChainLevel): ChainLevel {
  const groups = groupsByPeople(a);
  for (const [key, group] of groupsByPeople(b)) {
    const known = groups.get(key);
    if (known === undefined || known.quorum < group.quorum) groups.set(key, group);
  }
  const ordered = [...groups].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, group]) => group);
  const onTimeout = stricter(ON_TIMEOUT, a.onTimeout, b.onTimeout);
  // Two chains may together ask more people than there are: what silence could not pass, a want of people cannot.
  const holds = onTimeout === 'park' || onTimeout === 'reject';
  const endsEmpty = holds || a.onEmpty !== undefined || b.onEmpty !== undefined;
  return {
    name: joinNames(a.name, b.name),
    groups: ordered,
    timeoutMs: Math.min(a.timeoutMs, b.timeoutMs),
    onTimeout,
    ...(endsEmpty ? { onEmpty: 'reject' } : {}),
  };
}

/** Level by level. Where only one ladder goes on, the last level of the other must not be passed over. */
function mergeLevels(a: readonly ChainLevel[], b: readonly ChainLevel[]): ChainLevel[] {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  return longer.map((level, index) => {
    const merged = mergeLevel(level, shorter[index] ?? level);
    const endsOne = index + 1 === shorter.length && shorter.length < longer.length;
    return endsOne ? { ...merged, onEmpty: 'reject' } : merged;
  });
}

function mergeChains(a: ChainDefinition, b: ChainDefinition): ChainDefinition {
  const demanded = <K extends 'approve' | 'reject'>(kind: K): 'required' | 'optional' =>
    a.rationale[kind] === 'required' || b.rationale[kind] === 'required' ? 'required' : 'optional';
  return {
    id: joinNames(a.id, b.id),
    version: Math.max(a.version, b.version),
    levels: mergeLevels(a.levels, b.levels),
    advance:
      a.advance === 'each_level' || b.advance === 'each_level' ? 'each_level' : 'on_escalation',
    onFinalTimeout: stricter(
      ['approve', 'park', 'reject'] as const,
      a.onFinalTimeout,
      b.onFinalTimeout,
    ),
    rejection: mergeRejection(a, b),
    rationale: {
      approve: demanded('approve'),
      reject: demanded('reject'),
      minLength: Math.max(a.rationale.minLength, b.rationale.minLength),
    },
    separation: {
      requester: stricter(
        ['allow', 'exclude'] as const,
        a.separation.requester,
        b.separation.requester,
      ),
      agentOwner: stricter(
        ['allow', 'exclude'] as const,
        a.separation.agentOwner,
        b.separation.agentOwner,
      ),
      distinctAcrossLevels: a.separation.distinctAcrossLevels || b.separation.distinctAcrossLevels,
    },
    validForMs: Math.min(a.validForMs, b.validForMs),
  };
}

/**
 * The one ladder that satisfies every requirement: union of approver groups, strictest timers. An unknown
 * chain id returns undefined, which the caller turns into a refusal: never a weaker ladder.
 */
export function ladderFor(
  requirements: readonly ApprovalRequirement[],
  chains: ReadonlyMap<string, ChainDefinition>,
): ChainDefinition | undefined {
  let merged: ChainDefinition | undefined;
  for (const requirement of requirements) {
    const chain = chains.get(requirement.chain);
    if (chain === undefined) return undefined;
    const asked =
      requirement.approverRole === undefined
        ? chain
        : withFirstLevelRole(chain, requirement.approverRole);
    const chainOf = spelledOut(asked);
    merged = merged === undefined ? chainOf : mergeChains(merged, chainOf);
  }
  return merged;
}
