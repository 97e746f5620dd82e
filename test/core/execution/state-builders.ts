import type {
  Engagement,
  KillReach,
  KillSubject,
  KillSwitch,
} from '../../../src/core/controls/kill-switch';
import {
  describeSelector,
  type ApproverGroup,
  type ChainDefinition,
  type ChainLevel,
} from '../../../src/core/escalation/chain';
import { wallTime, type AddTime } from '../../../src/core/escalation/business-time';
import { climb, type LadderSituation } from '../../../src/core/escalation/compose';
import type { Ladder } from '../../../src/core/escalation/chain';
import type { LadderContext, ResolveApprovers } from '../../../src/core/escalation/approval-state';
import { openLadder } from '../../../src/core/escalation/ladder';
import { absorbLadder } from '../../../src/core/execution/settle';
import type { ExecutionState } from '../../../src/core/execution/state';
import type { Answer } from '../../../src/core/execution/answers';
import type { ExecutionEvent, TransitionContext } from '../../../src/core/execution/transition';
import type { VoteEvent } from '../../../src/core/execution/vote';
import {
  approvalId,
  attemptId,
  executionId,
  userPrincipal,
  type PrincipalId,
} from '../../../src/core/ids';

export const OPENED_MS = 1_000_000;
export const TIMEOUT_MS = 1_000;
export const VALID_FOR_MS = 5_000;
export const DECIDED_SEQ = 10;
export const DIGEST = 'd1';
const RATIONALE = 'Matches the invoice';

export const [ANN, BEA, CID, DAN] = [
  userPrincipal('ann'),
  userPrincipal('bea'),
  userPrincipal('cid'),
  userPrincipal('dan'),
] as const;

/** Who holds which role, by `role:<name>`. */
export type Directory = Readonly<Record<string, readonly PrincipalId[]>>;

export const DIRECTORY: Directory = {
  'role:approver': [ANN, BEA],
  'role:senior': [CID, DAN],
  'role:both': [ANN, CID],
};

export const resolveIn =
  (directory: Directory): ResolveApprovers =>
  (selector) =>
    directory[describeSelector(selector)] ?? [];

export const groupOf = (role: string, quorum = 1): ApproverGroup => ({
  selectors: [{ kind: 'role', role }],
  quorum,
});

export const levelOf = (role: string, level: Partial<ChainLevel> = {}): ChainLevel => ({
  name: role,
  number: 1,
  groups: [groupOf(role)],
  timeoutMs: TIMEOUT_MS,
  remindersMs: [],
  onTimeout: 'reject',
  ...level,
});

/** A chain whose levels are numbered from 1 in the order given. */
export const chainOf = ({
  levels = [levelOf('approver')],
  ...chain
}: Partial<ChainDefinition> = {}): ChainDefinition => ({
  id: 'chain',
  version: 1,
  levels: levels.map((level, index) => ({ ...level, number: index + 1 })),
  advance: 'on_escalation',
  onFinalTimeout: 'reject',
  rejection: { kind: 'veto' },
  rationale: { approve: 'required', reject: 'required', minLength: 5 },
  separation: { requester: 'exclude', agentOwner: 'exclude', distinctAcrossLevels: true },
  notifyOn: { approved: [], rejected: [], expired: [] },
  startLevels: [],
  assurance: [],
  auto: [],
  validForMs: VALID_FOR_MS,
  ...chain,
});

/** No risk, every condition holds, and nobody knows the hour. */
export const CALM: LadderSituation = {
  riskScore: 0,
  holds: () => true,
  isWithin: () => undefined,
};

/** The rungs of a chain in a situation. */
export const ladderOf = (
  chain: ChainDefinition,
  situation: Partial<LadderSituation> = {},
): Ladder => climb(chain, { ...CALM, ...situation });

/** The moment of opening by the wall clock. */
export const ladderContext = (context: Partial<LadderContext> = {}): LadderContext => ({
  nowMs: OPENED_MS,
  resolve: resolveIn(DIRECTORY),
  addTime: wallTime,
  ...context,
});

/** An execution that was just put before the chain's first people, at `OPENED_MS`. */
export function openedUnder(
  chain: ChainDefinition | Ladder,
  resolve: ResolveApprovers = resolveIn(DIRECTORY),
  rest: Partial<ExecutionState> = {},
  addTime: AddTime = wallTime,
): ExecutionState {
  const pending: ExecutionState = {
    id: executionId('e1'),
    version: 1,
    verdict: 'pending_approval',
    run: { kind: 'none' },
    argsDigest: DIGEST,
    decidedSeq: DECIDED_SEQ,
    ...rest,
  };
  const ladder = 'of' in chain ? chain : ladderOf(chain);
  const opening = { approvalId: approvalId('a1'), chain: ladder, basis: 'b1', excluded: [] };
  return absorbLadder(pending, openLadder(opening, ladderContext({ resolve, addTime })), OPENED_MS)
    .state;
}

/** What the execution is, for kill switches. */
export const SUBJECT: KillSubject = {
  agent: 'bot',
  team: 'care',
  tags: ['pii'],
  action: 'pay',
  environment: 'prod',
};

/** The moment of opening, nothing against anybody. */
export const contextOf = (context: Partial<TransitionContext> = {}): TransitionContext => ({
  ...ladderContext(),
  kills: [],
  subjects: [SUBJECT],
  voterExcluded: () => undefined,
  recheck: () => ({ kind: 'same' }),
  agentActive: true,
  ...context,
});

export const voteBy = (voter: PrincipalId, vote: Partial<VoteEvent> = {}): VoteEvent => ({
  kind: 'vote',
  voteId: `vote of ${voter}`,
  verdict: 'approve',
  voter,
  assurance: 'linked',
  surface: 'api',
  argsDigest: DIGEST,
  rationale: RATIONALE,
  ...vote,
});

export const releaseBy = (
  attempt: string,
  release: Partial<Extract<ExecutionEvent, { kind: 'release' }>> = {},
) =>
  ({
    kind: 'release',
    attemptId: attemptId(attempt),
    argsDigest: DIGEST,
    seq: DECIDED_SEQ + 5,
    ...release,
  }) as const;

export const outcomeBy = (
  attempt: string | undefined,
  result: 'committed' | 'failed' = 'committed',
  reportDigest = 'r1',
) =>
  ({
    kind: 'outcome',
    result,
    reportDigest,
    ...(attempt === undefined ? {} : { attemptId: attemptId(attempt) }),
  }) as const;

export const killOf = (
  kill: Partial<Engagement> = {},
  reach: KillReach = { scope: 'global' },
): KillSwitch => ({
  id: 'k1',
  reason: 'drill',
  severity: 'critical',
  engagedSeq: DECIDED_SEQ + 1,
  engagedAtMs: OPENED_MS,
  engagedBy: 'user:root',
  ...kill,
  ...reach,
});

/** An answer in one word: `ok`, `repeated` or the code of the refusal. */
export const wordOf = (answer: Answer): string =>
  answer.kind === 'refused' ? answer.code : answer.repeated ? 'repeated' : 'ok';
