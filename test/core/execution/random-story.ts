import fc from 'fast-check';
import type { KillReach, KillSwitch } from '../../../src/core/controls/kill-switch';
import type { ChainDefinition, ChainLevel } from '../../../src/core/escalation/chain';
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
  readonly chain: ChainDefinition;
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

const level: fc.Arbitrary<ChainLevel> = fc.record({
  name: fc.constantFrom('L', 'M'),
  number: fc.constant(1),
  remindersMs: fc.constant([]),
  groups: fc.array(
    fc.tuple(fc.constantFrom(...ROLES), fc.constantFrom(1, 1, 2)).map((group) => groupOf(...group)),
    { minLength: 1, maxLength: 2 },
  ),
  timeoutMs: fc.integer({ min: 1, max: 30 }),
  onTimeout: fc.constantFrom('escalate', 'escalate', 'reject', 'approve', 'park'),
});

export const anyChain: fc.Arbitrary<ChainDefinition> = fc
  .record({
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
  .map(({ distinctAcrossLevels, ...rest }) => {
    const chain = chainOf(rest);
    return { ...chain, separation: { ...chain.separation, distinctAcrossLevels } };
  });

const people = fc.subarray(PEOPLE, { minLength: 1 });

const vote = fc
  .record({
    voter: fc.constantFrom(...PEOPLE),
    verdict: fc.constantFrom('approve', 'approve', 'reject'),
    voteId: fc.constantFrom('v1', 'v2', 'v3'),
    issuer: fc.option(fc.constantFrom(...PEOPLE), { nil: undefined }),
    rationale: fc.constantFrom('long enough', 'long enough', ''),
    argsDigest: fc.constantFrom('d1', 'd1', 'd1', 'd2'),
  })
  .map(({ voter, issuer, ...rest }) =>
    voteBy(voter, {
      ...rest,
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
  chain: anyChain,
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
  const first = frozen(openedUnder(story.chain, resolveIn(directory), life));
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
      recheck: () => recheck,
    });
    const after = applyEvent(state, happened, context);
    scenes.push({ before: state, event: happened, context, after });
    state = frozen(after.state);
  }
  return { first, scenes };
}
