import type { ApprovalId, PrincipalId } from '../ids';
import type {
  ApprovalState,
  CountedVote,
  LadderContext,
  OpenLevel,
  PassedBy,
  ResolveApprovers,
} from './approval-state';
import type { ChainLevel, Ladder } from './chain';
import type { At, LadderEvent, LadderStep, LadderVerdict } from './ladder-events';
import type { OpenedWhy } from './approval-state';
import { quorumReachable, type QuorumGroup } from './quorum';
import { isApproved, passes, peopleOf, standing, votersAt } from './standing';

const OPEN: LadderVerdict = { kind: 'open' };
const APPROVED: LadderVerdict = { kind: 'approved', by: 'quorum' };
const REJECTED: LadderVerdict = { kind: 'rejected', by: 'vote' };
const SILENCE: LadderVerdict = { kind: 'approved', by: 'timeout' };
const NOBODY: LadderVerdict = { kind: 'rejected', by: 'no_approvers' };

export const currentLevel = (approval: ApprovalState): ChainLevel => {
  const level = approval.chain.levels[approval.level.index];
  if (level === undefined)
    throw new Error(`level ${String(approval.level.index)} is not in chain ${approval.chain.id}`);
  return level;
};

const at = (level: ChainLevel): At => ({ level: level.number, name: level.name });

const isLastLevel = (approval: ApprovalState): boolean =>
  approval.level.index + 1 >= approval.chain.levels.length;

/**
 * Whether people of the open level may hand the request to the next one, by word or by saying no. Where every level
 * above is behind us (this one is asked again), handing it up would ask nobody and end as those above ended.
 */
export const mayPassUp = ({ chain, level, passed }: ApprovalState): boolean =>
  chain.levels[level.index]?.passUp !== 'never' &&
  chain.levels.some(
    (_, index) => index > level.index && !passed.some((each) => each.index === index),
  );

/**
 * The open level's groups as they stand now: a removal counts at once, also one from a single group; an
 * addition never does.
 */
export const standingGroups = (approval: ApprovalState, resolve: ResolveApprovers): QuorumGroup[] =>
  standing(currentLevel(approval), approval.level.groups, resolve);

const leaveBehind = (approval: ApprovalState, by: PassedBy): ApprovalState => {
  const { index, number, groups } = approval.level;
  const others = approval.passed.filter((each) => each.index !== index);
  return { ...approval, passed: [...others, { index, number, by, groups }] };
};

function openLevel(
  approval: ApprovalState,
  index: number,
  definition: ChainLevel,
  groups: readonly QuorumGroup[],
  { why, openedAtMs }: Pick<OpenLevel, 'why' | 'openedAtMs'>,
  { addTime }: LadderContext,
): ApprovalState {
  const hours = approval.chain.businessHours;
  const deadlineMs = addTime(openedAtMs, definition.timeoutMs, hours);
  const level: OpenLevel = {
    index,
    number: definition.number,
    opening: approval.level.opening + 1,
    openedAtMs,
    deadlineMs,
    remindAtMs: definition.remindersMs
      .map((afterMs) => addTime(openedAtMs, afterMs, hours))
      .filter((dueMs) => dueMs < deadlineMs),
    reminded: 0,
    groups,
    why,
    told: false,
  };
  // A parked level may be left by a vote; the next one has a timer of its own again.
  return { ...approval, level, parked: false };
}

/**
 * Opens the lowest level that is still to be passed. A level approved before must stand: where its approvers
 * lost their role since, it is asked again. A level whose people could not reach its quorum is passed over
 * and recorded; when none is left unapproved at the top the request is rejected: an empty set never parks
 * silently.
 */
function proceed(
  start: ApprovalState,
  why: OpenedWhy,
  openedAtMs: number,
  context: LadderContext,
): LadderStep {
  const events: LadderEvent[] = [];
  let approval = start;
  let because = why;
  for (const [index, definition] of approval.chain.levels.entries()) {
    const passed = approval.passed.find((each) => each.index === index);
    if (passed !== undefined) {
      if (passed.by !== 'approved' || isApproved(approval, passed, context.resolve)) continue;
      approval = { ...approval, passed: approval.passed.filter((each) => each !== passed) };
      because = 'reopened';
    }
    const groups = peopleOf(approval, definition, context.resolve);
    if (passed !== undefined && passes(groups, approval, definition.number)) {
      // Votes cast here before are as good as new ones, and whoever cast them cannot cast another.
      const again = { index, number: definition.number, by: 'approved', groups } as const;
      approval = { ...approval, passed: [...approval.passed, again] };
      events.push({ kind: 'level_approved', ...at(definition) });
      continue;
    }
    if (quorumReachable(groups)) {
      const opened = { why: because, openedAtMs };
      approval = openLevel(approval, index, definition, groups, opened, context);
      const { opening, deadlineMs } = approval.level;
      events.push({ kind: 'level_opened', ...at(definition), opening, deadlineMs, why: because });
      return { approval, verdict: OPEN, events };
    }
    events.push({ kind: 'level_empty', ...at(definition) });
    const empty = { index, number: definition.number, by: 'empty', groups } as const;
    approval = { ...approval, passed: [...approval.passed, empty] };
    because = 'empty';
    if (definition.onEmpty === 'reject') return { approval, verdict: NOBODY, events };
  }
  const top = approval.passed.find((each) => each.index === approval.chain.levels.length - 1);
  return { approval, verdict: VERDICT_BY_TOP[top?.by ?? 'empty'], events };
}

/** What it comes to when every level is behind us: how the last one was left. Only silence that passes leaves it by timeout. */
const VERDICT_BY_TOP: Readonly<Record<PassedBy, LadderVerdict>> = {
  approved: APPROVED,
  timeout: SILENCE,
  rejections: NOBODY,
  person: NOBODY,
  empty: NOBODY,
};

/** Opens the first level, or ends at once where a rule of the chain decides. */
export function openLadder(
  opened: {
    readonly approvalId: ApprovalId;
    readonly chain: Ladder;
    readonly basis: string;
    readonly excluded: readonly PrincipalId[];
  },
  context: LadderContext,
): LadderStep {
  const { chain } = opened;
  const first = chain.levels[0];
  const unopened: OpenLevel = {
    index: 0,
    number: first?.number ?? 1,
    opening: 0,
    openedAtMs: context.nowMs,
    deadlineMs: context.nowMs,
    remindAtMs: [],
    reminded: 0,
    groups: [],
    why: 'first',
    told: false,
  };
  const fresh = { passed: [], votes: [], parked: false, announced: false };
  const approval: ApprovalState = { ...opened, ...fresh, level: unopened };
  const skipped = chain.skipped.map(({ number, name, why }): LadderEvent => ({
    kind: 'level_skipped',
    level: number,
    name,
    why,
  }));
  if (chain.auto !== undefined && first !== undefined) {
    const { outcome, why } = chain.auto;
    const verdict = { kind: outcome === 'approve' ? 'approved' : 'rejected', by: 'auto' } as const;
    const decided: LadderEvent = { kind: 'auto_decided', ...at(first), outcome, why };
    return { approval, verdict, events: [...skipped, decided] };
  }
  const step = proceed(approval, 'first', context.nowMs, context);
  return { ...step, events: [...skipped, ...step.events] };
}

function passUp(
  approval: ApprovalState,
  by: 'rejections' | 'person',
  context: LadderContext,
): LadderStep {
  const passed: LadderEvent = { kind: 'level_passed_up', ...at(currentLevel(approval)), by };
  const step = proceed(leaveBehind(approval, by), by, context.nowMs, context);
  return { ...step, events: [passed, ...step.events] };
}

function afterLevelApproved(approval: ApprovalState, context: LadderContext): LadderStep {
  if (approval.chain.advance === 'on_escalation')
    return { approval, verdict: APPROVED, events: [] };
  const step = proceed(
    leaveBehind(approval, 'approved'),
    approval.chain.escalatesByRisk === true ? 'risk' : 'approved_below',
    context.nowMs,
    context,
  );
  const done: LadderEvent = { kind: 'level_approved', ...at(currentLevel(approval)) };
  return { ...step, events: [done, ...step.events] };
}

/** Distinct people who said no and may still say so; at one level or on the whole ladder. */
function rejections(approval: ApprovalState, context: LadderContext, number?: number): number {
  const levels = [approval.level, ...approval.passed];
  const people = levels.flatMap((level) => {
    const definition = approval.chain.levels[level.index];
    if (definition === undefined || (number !== undefined && level.number !== number)) return [];
    const present = standing(definition, level.groups, context.resolve);
    const eligible = new Set(present.flatMap((group) => group.eligible));
    return votersAt(approval, level.number, 'reject').filter((person) => eligible.has(person));
  });
  return new Set(people).size;
}

/** Whether those who have not said no at the open level could fill its quorum. */
function canStillPass(approval: ApprovalState, resolve: ResolveApprovers): boolean {
  const noes = votersAt(approval, approval.level.number, 'reject');
  return quorumReachable(
    standingGroups(approval, resolve).map(({ quorum, eligible }) => ({
      quorum,
      eligible: eligible.filter((person) => !noes.includes(person)),
    })),
  );
}

function afterReject(approval: ApprovalState, context: LadderContext): LadderStep {
  const { rejection, rejectionsAtLeast } = approval.chain;
  const stay: LadderStep = { approval, verdict: OPEN, events: [] };
  const end: LadderStep = { approval, verdict: REJECTED, events: [] };
  if (rejection.kind === 'veto') return end;
  if (rejection.kind === 'quorum' && rejections(approval, context) >= rejection.count) return end;
  const here = rejections(approval, context, approval.level.number);
  const isEnough = rejectionsAtLeast !== undefined && here >= rejectionsAtLeast;
  const mayRise = mayPassUp(approval);
  if (isEnough && mayRise) return passUp(approval, 'rejections', context);
  if (isEnough && rejection.kind === 'escalate') return end;
  if (canStillPass(approval, context.resolve)) return stay;
  // Everybody who could have said yes has spoken, so waiting for the timer would be no silence (I-11).
  if (isLastLevel(approval)) return end;
  if (rejection.kind === 'escalate') return mayRise ? passUp(approval, 'rejections', context) : end;
  return currentLevel(approval).onTimeout === 'escalate' ? stay : end;
}

/**
 * Counts one admitted vote (eligibility, digest and deadline were judged by the caller, once for every
 * surface).
 */
export function countVote(
  approval: ApprovalState,
  vote: CountedVote,
  context: LadderContext,
): LadderStep {
  const next: ApprovalState = { ...approval, votes: [...approval.votes, vote] };
  switch (vote.verdict) {
    case 'reject':
      return afterReject(next, context);
    case 'escalate':
      return passUp(next, 'person', context);
    case 'approve':
      return isApproved(next, next.level, context.resolve)
        ? afterLevelApproved(next, context)
        : { approval: next, verdict: OPEN, events: [] };
  }
}

/**
 * Applies the open level's timeout. The next level's clock starts at this deadline, however late it is
 * applied: a late timer delays a card and changes no verdict.
 */
export function timeOutLevel(approval: ApprovalState, context: LadderContext): LadderStep {
  const definition = currentLevel(approval);
  const action =
    definition.onTimeout === 'escalate' && isLastLevel(approval)
      ? approval.chain.onFinalTimeout
      : definition.onTimeout;
  const timedOut: LadderEvent = { kind: 'level_timed_out', ...at(definition), action };
  switch (action) {
    case 'reject':
      return { approval, verdict: { kind: 'rejected', by: 'timeout' }, events: [timedOut] };
    case 'approve': {
      if (approval.chain.advance === 'on_escalation')
        return { approval, verdict: SILENCE, events: [timedOut] };
      // Silence passes this level alone: those above are still asked, and those below must still stand.
      const behind = leaveBehind(approval, 'timeout');
      const step = proceed(behind, 'timeout', approval.level.deadlineMs, context);
      return { ...step, events: [timedOut, ...step.events] };
    }
    case 'park': {
      const parked: LadderEvent = { kind: 'parked', ...at(definition) };
      return { approval: { ...approval, parked: true }, verdict: OPEN, events: [timedOut, parked] };
    }
    case 'escalate': {
      const behind = leaveBehind(approval, 'timeout');
      const step = proceed(behind, 'timeout', approval.level.deadlineMs, context);
      return { ...step, events: [timedOut, ...step.events] };
    }
  }
}

/**
 * Gives the reminders that are due, as one. The people are looked up again: a level that lost too many of
 * them to ever reach its quorum counts as empty from now on.
 */
export function remindLevel(approval: ApprovalState, context: LadderContext): LadderStep {
  const definition = currentLevel(approval);
  const { level } = approval;
  const ahead = level.remindAtMs.filter((dueMs) => dueMs > context.nowMs);
  const reminded = level.reminded + level.remindAtMs.length - ahead.length;
  const next = { ...approval, level: { ...level, remindAtMs: ahead, reminded } };
  if (quorumReachable(standingGroups(next, context.resolve))) {
    const mark = { opening: level.opening, mark: reminded };
    const event: LadderEvent = { kind: 'reminded', ...at(definition), ...mark };
    return { approval: next, verdict: OPEN, events: [event] };
  }
  const empty: LadderEvent = { kind: 'level_empty', ...at(definition) };
  const behind = leaveBehind(next, 'empty');
  if (definition.onEmpty === 'reject')
    return { approval: behind, verdict: NOBODY, events: [empty] };
  const step = proceed(behind, 'empty', context.nowMs, context);
  return { ...step, events: [empty, ...step.events] };
}
