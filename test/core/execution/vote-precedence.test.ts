import { applyEvent, type TransitionContext } from '../../../src/core/execution/transition';
import type { ExecutionState } from '../../../src/core/execution/state';
import {
  ANN,
  BEA,
  CID,
  chainOf,
  contextOf,
  groupOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  TIMEOUT_MS,
  voteBy,
  wordOf,
} from './state-builders';

const QUORUM_3 = chainOf({ levels: [levelOf('approver', { groups: [groupOf('approver', 3)] })] });
const everybody = () => [ANN, BEA, CID];

/** Bea's key was made by Ann, who has rejected once, so Bea's approval is her twin's and Ann's a second vote. */
function votedBy(voter: typeof ANN): ExecutionState {
  const quorum = chainOf({ rejection: { kind: 'quorum', count: 3 } });
  const opened = openedUnder(quorum, everybody);
  const vote = voteBy(voter, { verdict: 'reject', voteId: 'first' });
  return applyEvent(opened, vote, contextOf({ resolve: everybody })).state;
}

interface Case {
  readonly state: ExecutionState;
  readonly vote: ReturnType<typeof voteBy>;
  readonly context: TransitionContext;
}

/** Each fault as the change that makes it. In the order in which a vote must be told of them. */
const FAULTS: readonly (readonly [string, string, (c: Case) => Case])[] = [
  [
    'no approval asked',
    'approval_not_found',
    (c) => {
      const state: { -readonly [Field in keyof ExecutionState]: ExecutionState[Field] } = {
        ...c.state,
      };
      delete state.approval;
      return { ...c, state };
    },
  ],
  [
    'other arguments',
    'digest_mismatch',
    (c) => ({ ...c, vote: { ...c.vote, argsDigest: 'other' } }),
  ],
  [
    'closed',
    'expired',
    (c) => ({ ...c, context: { ...c.context, nowMs: OPENED_MS + TIMEOUT_MS } }),
  ],
  [
    'kept out',
    'not_eligible: kept out',
    (c) => ({ ...c, context: { ...c.context, voterExcluded: () => 'kept out' } }),
  ],
  [
    'not asked',
    'not_eligible: Level',
    (c) => ({ ...c, context: { ...c.context, resolve: () => [CID] } }),
  ],
  [
    'twin has voted',
    'not_eligible: This person and user:bea',
    (c) => ({ ...c, vote: { ...c.vote, assurance: 'issued', issuer: BEA } }),
  ],
  [
    'no reason given',
    'rationale_required',
    (c) => ({ ...c, vote: { ...c.vote, rationale: '    a' } }),
  ],
  ['voted otherwise before', 'already_voted', (c) => c],
];

/** Ann's second vote, with her twin's vote beside it, and with the named faults on top. */
function answerTo(faults: readonly (typeof FAULTS)[number][]): string {
  const withAnn = votedBy(ANN);
  const bea = voteBy(BEA, { verdict: 'reject', voteId: 'second' });
  const { state } = applyEvent(withAnn, bea, contextOf({ resolve: everybody }));
  const changed = { kind: 'changed', why: 'other rules' } as const;
  const context = contextOf({ resolve: everybody, recheck: () => changed });
  const all = faults.reduce<Case>((c, [, , make]) => make(c), {
    state,
    vote: voteBy(ANN),
    context,
  });
  const { answer } = applyEvent(all.state, all.vote, all.context);
  return answer.kind === 'refused' ? `${answer.code}: ${answer.why}` : wordOf(answer);
}

describe('order of the refusals of a vote', () => {
  it.each(FAULTS.map(([name, code], index) => ({ name, code, index })))(
    'told of "$name" before anything that comes later',
    ({ code, index }) => {
      expect(answerTo(FAULTS.slice(index))).toMatch(new RegExp(`^${code}`));
    },
  );

  it.each(FAULTS.map(([name, code], index) => ({ name, code, index })))(
    'told of "$name" when the earlier ones are the only others it has not',
    ({ code, index }) => {
      const alone = FAULTS.filter((_, at) => at === index);
      expect(answerTo(alone)).toMatch(new RegExp(`^${code}`));
    },
  );

  it('I-3: told last of a changed basis, which then closes the request for everybody', () => {
    const changed = { kind: 'changed', why: 'The rule was withdrawn' } as const;
    const done = applyEvent(
      openedUnder(QUORUM_3, everybody),
      voteBy(ANN),
      contextOf({ resolve: everybody, recheck: () => changed }),
    );
    expect(done.answer).toMatchObject({ code: 'basis_changed', why: 'The rule was withdrawn' });
    expect(done.state).toMatchObject({ verdict: 'cancelled', run: { kind: 'void' } });
    expect(done.state.approval?.votes).toEqual([]);
  });

  it('does not ask a rejection for the basis: a no stands under any rules', () => {
    const changed = { kind: 'changed', why: 'The rule was withdrawn' } as const;
    const vote = voteBy(ANN, { verdict: 'reject' });
    const done = applyEvent(
      openedUnder(QUORUM_3, everybody),
      vote,
      contextOf({ resolve: everybody, recheck: () => changed }),
    );
    expect(wordOf(done.answer)).toBe('ok');
    expect(done.state.verdict).toBe('rejected');
  });
});

describe('a vote that was cast before', () => {
  const asked = contextOf({ resolve: everybody });
  const once = applyEvent(openedUnder(QUORUM_3, everybody), voteBy(ANN), asked).state;

  it.each([
    ['the same command', voteBy(ANN), 'repeated'],
    ['another command of the same verdict', voteBy(ANN, { voteId: 'v2' }), 'repeated'],
    ['the same verdict without a reason', voteBy(ANN, { voteId: 'v2', rationale: '' }), 'repeated'],
    ['the same command for other arguments', voteBy(ANN, { argsDigest: 'x' }), 'digest_mismatch'],
    ['the other verdict', voteBy(ANN, { verdict: 'reject' }), 'already_voted'],
    ['a command id that somebody else used', voteBy(BEA, { voteId: 'vote of user:ann' }), 'ok'],
  ] as const)('is answered as what it is: %s', (_, vote, word) => {
    const done = applyEvent(once, vote, asked);
    expect(wordOf(done.answer)).toBe(word);
    if (word !== 'ok') expect(done.state).toBe(once);
  });

  it('I-6: gets its first answer again after the verdict, where another command is told of it', () => {
    const single = openedUnder(chainOf());
    const approved = applyEvent(single, voteBy(ANN), contextOf()).state;
    const late = contextOf({ nowMs: OPENED_MS + 1 });
    expect(wordOf(applyEvent(approved, voteBy(ANN), late).answer)).toBe('repeated');
    for (const vote of [
      voteBy(ANN, { voteId: 'v2' }),
      voteBy(ANN, { verdict: 'reject' }),
      voteBy(BEA),
      voteBy(BEA, { verdict: 'reject' }),
    ]) {
      const done = applyEvent(approved, vote, late);
      expect(done.answer).toMatchObject({
        code: 'already_decided',
        why: 'It was approved by user:ann: Approved by the required people.',
      });
      expect(done.state).toBe(approved);
    }
  });
});

describe('a human who voted at the level below', () => {
  const above = (distinctAcrossLevels: boolean, then: 'approve' | 'reject') => {
    const chain = chainOf({
      levels: [
        levelOf('approver', { groups: [groupOf('approver', 2)], onTimeout: 'escalate' }),
        levelOf('both'),
      ],
      rejection: { kind: 'quorum', count: 2 },
      separation: { requester: 'exclude', agentOwner: 'exclude', distinctAcrossLevels },
    });
    const below = applyEvent(openedUnder(chain), voteBy(ANN, { voteId: 'below' }), contextOf());
    const context = contextOf({ nowMs: OPENED_MS + TIMEOUT_MS });
    const done = applyEvent(below.state, voteBy(ANN, { verdict: then }), context);
    expect(done.state.approval?.level.index).toBe(1);
    const again = applyEvent(done.state, voteBy(ANN, { verdict: then, voteId: 'again' }), context);
    return [done.answer, again.answer].map(wordOf);
  };

  it('I-5: has no second vote where levels want distinct humans', () => {
    expect(above(true, 'approve')).toEqual(['already_voted', 'already_voted']);
    expect(above(true, 'reject')).toEqual(['already_voted', 'already_voted']);
  });

  it('I-5: has one vote, and only one, where the chain lets the same human vote at each level', () => {
    expect(above(false, 'reject')).toEqual(['ok', 'repeated']);
    expect(above(false, 'approve')[0]).toBe('ok');
  });
});

describe('who counts as one human', () => {
  const both = contextOf({ resolve: everybody });
  const second = (first: Parameters<typeof voteBy>, then: Parameters<typeof voteBy>): string => {
    const { state } = applyEvent(openedUnder(QUORUM_3, everybody), voteBy(...first), both);
    return wordOf(applyEvent(state, voteBy(...then), both).answer);
  };
  const issued = (issuer: typeof ANN) => ({ assurance: 'issued', issuer }) as const;

  it.each([
    ['the issuer after the holder', second([BEA, issued(ANN)], [ANN]), 'not_eligible'],
    ['the holder after the issuer', second([ANN], [BEA, issued(ANN)]), 'not_eligible'],
    ['two holders of one issuer', second([BEA, issued(ANN)], [CID, issued(ANN)]), 'ok'],
    [
      'the issuer after a holder who proved who they are',
      second([BEA, { assurance: 'oidc', issuer: ANN }], [ANN]),
      'ok',
    ],
    [
      'a holder who proved who they are after the issuer',
      second([ANN], [BEA, { assurance: 'oidc', issuer: ANN }]),
      'ok',
    ],
    [
      'the issuer of the key that an account was linked with',
      second([BEA, { assurance: 'linked', issuer: ANN }], [ANN]),
      'not_eligible',
    ],
    ['one who made their own key', second([BEA, issued(BEA)], [ANN]), 'ok'],
  ])('I-5: pairwise, whichever of the two votes first: %s', (_, word, expected) => {
    expect(word).toBe(expected);
  });
});
