import fc from 'fast-check';
import type { KillReach, KillSwitch } from '../../../src/core/controls/kill-switch';
import type { AddTime } from '../../../src/core/escalation/business-time';
import type { ChainDefinition, ChainLevel, Ladder } from '../../../src/core/escalation/chain';
import type { Condition } from '../../../src/core/policy/document';
import type { TimeWindow } from '../../../src/core/policy/time-window';
import { mergeLadders } from '../../../src/core/escalation/merge-ladders';
import type { ExecutionState } from '../../../src/core/execution/state';
import {
  applyEvent,
  type ExecutionEvent,
  type Transition,
  type TransitionContext,
} from '../../../src/core/execution/transition';
import type { PrincipalId } from '../../../src/core/ids';
import {
  ANN,
  BEA,
  chainOf,
  CID,
  contextOf,
  DAN,
  DECIDED_SEQ,
  groupOf,
  ladderOf,
  killOf,
  openedUnder,
  OPENED_MS,
  outcomeBy,
  releaseBy,
  resolveIn,
  SUBJECT,
  voteBy,
} from './state-builders';

const PEOPLE = [ANN, BEA, CID, DAN];
const ROLES = ['a', 'b', 'c'] as const;
const MAX_PAUSE_MS = 12;

/** Some reach the execution of the story, some do not. */
const REACHES: readonly KillReach[] = [
  { scope: 'global' },
  { scope: 'agent', target: SUBJECT.agent },
  { scope: 'tag', target: 'pii' },
  { scope: 'team', target: 'treasury' },
  { scope: 'environment', target: 'staging' },
];

/** What happens to an execution, or around it, `pauseMs` after what came before. */
type Happening =
  | { readonly kind: 'event'; readonly event: ExecutionEvent }
  | { readonly kind: 'engage'; readonly reach: KillReach }
  | { readonly kind: 'lift' }
  | { readonly kind: 'role'; readonly role: string; readonly people: readonly PrincipalId[] }
  | { readonly kind: 'basis'; readonly isSame: boolean };

export interface Story {
  readonly ladder: Ladder;
  readonly holders: Readonly<Record<string, readonly PrincipalId[]>>;
  readonly lifeMs: number | undefined;
  readonly happenings: readonly (Happening & { readonly pauseMs: number })[];
}

export interface Scene {
  readonly before: ExecutionState;
  readonly event: ExecutionEvent;
  readonly context: TransitionContext;
  readonly after: Transition;
}

/** Stands for hours of work: of every ten milliseconds only the first six count. */
const OPEN_MS = 6;
const CYCLE_MS = 10;
export const addTime: AddTime = (fromMs, durationMs, hours) => {
  if (hours === undefined) return fromMs + durationMs;
  let now = fromMs;
  for (let left = durationMs; left > 0; now += 1) if (now % CYCLE_MS < OPEN_MS) left -= 1;
  return now;
};

const HOURS: TimeWindow = {
  ...{ zone: 'UTC', startMinute: 540, endMinute: 1080, weekdays: [] },
  text: '09:00-18:00 UTC',
};

const plainLevel = fc.record({
  name: fc.constantFrom('L', 'M'),
  groups: fc.array(
    fc.tuple(fc.constantFrom(...ROLES), fc.constantFrom(1, 1, 2)).map((group) => groupOf(...group)),
    { minLength: 1, maxLength: 2 },
  ),
  timeoutMs: fc.integer({ min: 1, max: 30 }),
  onTimeout: fc.constantFrom('escalate', 'escalate', 'reject', 'approve', 'park'),
  onEmpty: fc.constantFrom(undefined, undefined, 'reject' as const),
  reminders: fc.uniqueArray(fc.integer({ min: 0, max: 29 }), { maxLength: 3 }),
  isConditional: fc.boolean(),
});

/** A condition whose meaning the situation of the story gives: it holds or it does not. */
const CONDITION: Condition = { kind: 'all', of: [] };

const level: fc.Arbitrary<ChainLevel> = plainLevel.map(
  ({ onEmpty, reminders, isConditional, ...rest }) => ({
    ...rest,
    number: 1,
    remindersMs: reminders.filter((at) => at < rest.timeoutMs).sort((a, b) => a - b),
    ...(onEmpty === undefined ? {} : { onEmpty }),
    ...(isConditional ? { when: CONDITION } : {}),
  }),
);

const risk = fc.integer({ min: 0, max: 100 });

/** Rare features, each absent most of the time so that they meet in every mixture. */
const extras = fc.record(
  {
    escalateAtRisk: risk,
    rejectionsAtLeast: fc.integer({ min: 1, max: 2 }),
    businessHours: fc.constant(HOURS),
    assurance: fc.array(
      fc.record({ riskAtLeast: risk, require: fc.constantFrom('issued', 'linked') }),
      { maxLength: 2 },
    ),
    auto: fc.array(
      fc.record({
        when: fc.record({ riskAtMost: fc.integer({ min: 0, max: 20 }) }),
        outcome: fc.constantFrom('approve', 'reject'),
      }),
      { maxLength: 1 },
    ),
    startLevels: fc.array(fc.record({ riskAtLeast: risk, level: fc.integer({ min: 1, max: 4 }) }), {
      maxLength: 2,
    }),
  },
  { requiredKeys: [] },
);

export const anyChain: fc.Arbitrary<ChainDefinition> = fc
  .record({
    extras,
    levels: fc.array(level, { minLength: 1, maxLength: 4 }),
    advance: fc.constantFrom('on_escalation', 'each_level'),
    onFinalTimeout: fc.constantFrom('reject', 'approve', 'park'),
    rejection: fc.oneof(
      fc.constant({ kind: 'veto' } as const),
      fc.constant({ kind: 'escalate' } as const),
      fc.record({ kind: fc.constant('quorum' as const), count: fc.integer({ min: 1, max: 3 }) }),
    ),
    distinctAcrossLevels: fc.boolean(),
    validForMs: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ distinctAcrossLevels, extras: { rejectionsAtLeast, ...more }, ...rest }) => {
    // As the linter demands: rejections that pass upward need a rule that lets the first one stand.
    const upward =
      rejectionsAtLeast === undefined || rest.rejection.kind === 'veto'
        ? {}
        : { rejectionsAtLeast };
    const chain = chainOf({ ...rest, ...more, ...upward });
    return { ...chain, separation: { ...chain.separation, distinctAcrossLevels } };
  });

/** What the chains of a story are judged by. */
const anySituation = fc.record({ riskScore: risk, holdsAll: fc.boolean() });

/** The rungs of one chain, or of two that both apply. */
export const anyLadder: fc.Arbitrary<Ladder> = fc
  .tuple(anySituation, anyChain, fc.option(anyChain, { nil: undefined, freq: 4 }))
  .map(([{ riskScore, holdsAll }, chain, other]) => {
    const situation = { riskScore, holds: () => holdsAll };
    const ladder = ladderOf(chain, situation);
    return other === undefined ? ladder : mergeLadders(ladder, ladderOf(other, situation));
  });

const people = fc.subarray(PEOPLE, { minLength: 1 });

const vote = fc
  .record({
    voter: fc.constantFrom(...PEOPLE),
    verdict: fc.constantFrom('approve', 'approve', 'approve', 'reject', 'escalate'),
    level: fc.constantFrom(undefined, undefined, undefined, 1, 2, 3),
    voteId: fc.constantFrom('v1', 'v2', 'v3'),
    issuer: fc.option(fc.constantFrom(...PEOPLE), { nil: undefined }),
    rationale: fc.constantFrom('long enough', 'long enough', ''),
    argsDigest: fc.constantFrom('d1', 'd1', 'd1', 'd2'),
  })
  .map(({ voter, issuer, level: shown, ...rest }) =>
    voteBy(voter, {
      ...rest,
      ...(shown === undefined ? {} : { level: shown }),
      ...(issuer === undefined ? {} : { issuer, assurance: 'issued' as const }),
    }),
  );

const attempt = fc.constantFrom('t1', 't2');
const event: fc.Arbitrary<ExecutionEvent> = fc.oneof(
  { weight: 6, arbitrary: vote },
  { weight: 2, arbitrary: fc.constant<ExecutionEvent>({ kind: 'due' }) },
  { weight: 1, arbitrary: fc.constant<ExecutionEvent>({ kind: 'kill' }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 4 }).map((at) => ({ kind: 'told', level: at }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.constant<ExecutionEvent>({ kind: 'cancel', by: DAN, reason: 'no longer needed' }),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(attempt, fc.constantFrom(undefined, 5, 20))
      .map(([by, outcomeTimeoutMs]) =>
        releaseBy(by, outcomeTimeoutMs === undefined ? {} : { outcomeTimeoutMs }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(attempt, fc.constantFrom('committed' as const, 'failed' as const))
      .map(([by, result]) => outcomeBy(by, result)),
  },
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 18, arbitrary: event.map((each) => ({ kind: 'event', event: each }) as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('engage' as const),
      reach: fc.constantFrom(...REACHES),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'lift' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('role' as const),
      role: fc.constantFrom(...ROLES),
      people,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('basis' as const), isSame: fc.boolean() }),
  },
);

export const anyStory: fc.Arbitrary<Story> = fc.record({
  ladder: anyLadder,
  holders: fc.record({ 'role:a': people, 'role:b': people, 'role:c': people }),
  lifeMs: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  happenings: fc.array(
    fc
      .tuple(happening, fc.nat(MAX_PAUSE_MS))
      .map(([each, pauseMs]) => ({ ...each, pauseMs }) as const),
    { maxLength: 30 },
  ),
});

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}

/** The first state, and one scene for each event: what it met, under which circumstances, what came of it. */
export function play(story: Story): { readonly first: ExecutionState; readonly scenes: Scene[] } {
  let directory: Story['holders'] = story.holders;
  let kills: readonly KillSwitch[] = [];
  let isSame = true;
  let nowMs = OPENED_MS;
  let seq = DECIDED_SEQ;
  const life = story.lifeMs === undefined ? {} : { expiresAtMs: OPENED_MS + story.lifeMs };
  const first = frozen(openedUnder(story.ladder, resolveIn(directory), life, addTime));
  const scenes: Scene[] = [];
  let state = first;
  for (const each of story.happenings) {
    nowMs += each.pauseMs;
    seq += 1;
    if (each.kind === 'engage')
      kills = [
        killOf({ id: `k${String(seq)}`, engagedSeq: seq, engagedAtMs: nowMs }, each.reach),
        ...kills,
      ];
    if (each.kind === 'lift') kills = kills.map((kill) => ({ liftedAtMs: nowMs, ...kill }));
    if (each.kind === 'role') directory = { ...directory, [`role:${each.role}`]: each.people };
    if (each.kind === 'basis') ({ isSame } = each);
    if (each.kind !== 'event') continue;
    const happened = each.event.kind === 'release' ? { ...each.event, seq } : each.event;
    const recheck = isSame
      ? ({ kind: 'same' } as const)
      : ({ kind: 'changed', why: 'other rules' } as const);
    const context = contextOf({
      nowMs,
      kills,
      resolve: resolveIn(directory),
      addTime,
      recheck: () => recheck,
    });
    const after = applyEvent(state, happened, context);
    scenes.push({ before: state, event: happened, context, after });
    state = frozen(after.state);
  }
  return { first, scenes };
}
