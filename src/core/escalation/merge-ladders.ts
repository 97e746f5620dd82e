import { strongest } from './assurance';
import {
  describeSelector,
  type ApproverGroup,
  type ChainLevel,
  type Ladder,
  type NotifyOn,
  type NotifyTarget,
  type RejectionRule,
  type SkippedLevel,
} from './chain';

const stricter = <T extends string>(order: readonly T[], a: T, b: T): T =>
  order.indexOf(a) >= order.indexOf(b) ? a : b;

/**
 * Later in the list is stricter. `park` outranks `escalate`: it keeps the decision with the people asked,
 * where a level above may go on to approve by silence (I-11).
 */
const ON_TIMEOUT = ['approve', 'escalate', 'park', 'reject'] as const;
const ON_FINAL_TIMEOUT = ['approve', 'park', 'reject'] as const;
const EXCLUSION = ['allow', 'exclude'] as const;

/** Both names once, in one order, however often they were joined before. */
const joinNames = (a: string, b: string, by = '+'): string =>
  [...new Set([...a.split(by), ...b.split(by)])].sort().join(by);

/** Reasons name hours and zones, such as `Etc/GMT+5`. */
const joinWhys = (a: string, b: string): string => joinNames(a, b, '; ');

/** Members of both once, in one order. */
function union<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  const all = new Map([...a, ...b].map((each) => [JSON.stringify(each), each]));
  return [...all].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, each]) => each);
}

/**
 * The weakest rule under which neither chain's "no" loses weight; rules that cannot be compared give veto. Nor
 * can rules that pass the request upward after different numbers of rejections: the level that one chain
 * still asks, the other would have left.
 */
function mergeRejection(a: Ladder, b: Ladder): RejectionRule {
  if (a.rejectionsAtLeast !== b.rejectionsAtLeast) return { kind: 'veto' };
  if (a.rejection.kind === 'quorum' && b.rejection.kind === 'quorum')
    return { kind: 'quorum', count: Math.min(a.rejection.count, b.rejection.count) };
  const bothEscalate = a.rejection.kind === 'escalate' && b.rejection.kind === 'escalate';
  return bothEscalate && a.levels.length === b.levels.length ? a.rejection : { kind: 'veto' };
}

function mergeRejections(a: Ladder, b: Ladder): Pick<Ladder, 'rejection' | 'rejectionsAtLeast'> {
  const rejection = mergeRejection(a, b);
  const { rejectionsAtLeast } = a;
  return rejection.kind === 'veto' || rejectionsAtLeast === undefined
    ? { rejection }
    : { rejection, rejectionsAtLeast };
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
  const timeoutMs = Math.min(a.timeoutMs, b.timeoutMs);
  const endsOne = a.passUp !== undefined || b.passUp !== undefined;
  const reminders = new Set([...a.remindersMs, ...b.remindersMs].filter((at) => at < timeoutMs));
  return {
    name: joinNames(a.name, b.name),
    number: Math.max(a.number, b.number),
    groups: ordered,
    timeoutMs,
    remindersMs: [...reminders].sort((x, y) => x - y),
    onTimeout,
    ...(endsEmpty ? { onEmpty: 'reject' } : {}),
    ...(endsOne ? { passUp: 'never' } : {}),
  };
}

const ENDS_ONE = { onEmpty: 'reject', passUp: 'never' } as const;

/** Rung by rung. Where only one ladder goes on, the last level of the other must not be passed over. */
function mergeLevels(a: readonly ChainLevel[], b: readonly ChainLevel[]): ChainLevel[] {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  let below = 0;
  return longer.map((level, index) => {
    const merged = mergeLevel(level, shorter[index] ?? level);
    const endsOne = index + 1 === shorter.length && shorter.length < longer.length;
    // A rung keeps its place above the one below it, whatever numbers the two chains gave.
    below = Math.max(merged.number, below + 1);
    return { ...merged, number: below, ...(endsOne ? ENDS_ONE : {}) };
  });
}

const mergeNotify = (a: NotifyOn, b: NotifyOn): NotifyOn => ({
  approved: union<NotifyTarget>(a.approved, b.approved),
  rejected: union<NotifyTarget>(a.rejected, b.rejected),
  expired: union<NotifyTarget>(a.expired, b.expired),
});

/** Silence of one chain never outweighs the people of the other; a "no" of one does. */
function mergeAuto(a: Ladder['auto'], b: Ladder['auto']): Pick<Ladder, 'auto'> {
  if (a?.outcome === 'reject' || b?.outcome === 'reject') {
    const whys = [a, b].flatMap((each) => (each?.outcome === 'reject' ? [each.why] : []));
    return { auto: { outcome: 'reject', why: whys.reduce(joinWhys) } };
  }
  if (a === undefined || b === undefined) return {};
  return { auto: { outcome: 'approve', why: joinWhys(a.why, b.why) } };
}

/** One ladder that satisfies both: union of approvers, strictest timers. Commutative, associative, idempotent. */
export function mergeLadders(a: Ladder, b: Ladder): Ladder {
  const levels = mergeLevels(a.levels, b.levels);
  const eachLevel = a.advance === 'each_level' || b.advance === 'each_level';
  const sameHours = a.businessHours?.text === b.businessHours?.text;
  const byRisk = a.escalatesByRisk === true || b.escalatesByRisk === true;
  const onDashboard = a.requiredSurface !== undefined || b.requiredSurface !== undefined;
  return {
    id: joinNames(a.id, b.id),
    version: Math.max(a.version, b.version),
    levels,
    of: Math.max(a.of, b.of, levels.at(-1)?.number ?? 0),
    skipped: union<SkippedLevel>(a.skipped, b.skipped),
    advance: eachLevel ? 'each_level' : 'on_escalation',
    ...(byRisk ? { escalatesByRisk: true } : {}),
    onFinalTimeout: stricter(ON_FINAL_TIMEOUT, a.onFinalTimeout, b.onFinalTimeout),
    ...mergeRejections(a, b),
    rationale: {
      approve: stricter(['optional', 'required'], a.rationale.approve, b.rationale.approve),
      reject: stricter(['optional', 'required'], a.rationale.reject, b.rationale.reject),
      minLength: Math.max(a.rationale.minLength, b.rationale.minLength),
    },
    separation: {
      requester: stricter(EXCLUSION, a.separation.requester, b.separation.requester),
      agentOwner: stricter(EXCLUSION, a.separation.agentOwner, b.separation.agentOwner),
      distinctAcrossLevels: a.separation.distinctAcrossLevels || b.separation.distinctAcrossLevels,
    },
    // Wall time ends sooner than any business hours do.
    ...(sameHours && a.businessHours !== undefined ? { businessHours: a.businessHours } : {}),
    notifyOn: mergeNotify(a.notifyOn, b.notifyOn),
    requiredAssurance: strongest(a.requiredAssurance, b.requiredAssurance),
    ...(onDashboard ? { requiredSurface: 'dashboard' } : {}),
    ...mergeAuto(a.auto, b.auto),
    validForMs: Math.min(a.validForMs, b.validForMs),
  };
}
