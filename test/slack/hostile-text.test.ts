import fc from 'fast-check';
import type { ApprovalCard, ThreadNote } from '../../src/core/escalation/card';
import type { JsonObject } from '../../src/core/json';
import { detailsView } from '../../src/slack/details-view';
import { recordedNote, refusalNote } from '../../src/slack/private-notes';
import { CARD_BUDGET, renderCard } from '../../src/slack/render-card';
import { renderNote } from '../../src/slack/render-note';
import { voteView } from '../../src/slack/vote-view';
import { parseMrkdwn } from '../../src/slack-local/mrkdwn';
import { validateBlocks, validateView } from '../../src/slack-local/validate-blocks';
import { card, closedCard, vote } from './card-builders';
import { entitiesIn, NO_ENTITIES, textsOf } from './reading';

/** Stands in every hostile text, so that its way through a message can be seen. */
const MARK = 'zqx';

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

const piece = fc.oneof(
  fc.constantFrom(
    '<!channel>',
    '<!here|here>',
    '<@U0DANA>',
    '<!subteam^S0OPS|@ops>',
    '<#C0OPS>',
    '<https://evil.example|Approve via portal>',
    '<!date^0^{date}^https://evil.example|x>',
    '<',
    '>',
    '|',
    '&lt;!channel&gt;',
    '@dana',
    '@channel',
    '#ops',
    'https://evil.example/a?b=c',
    'www.evil.example',
    '*bold*',
    '_it_',
    '~no~',
    '`code`',
    '```',
    ':white_check_mark:',
    '\n',
    '\r\n',
    '\u2028',
    '\u202e',
    '\u2066',
    '\u200b',
    '\ufeff',
    '\u0000',
    '\u001b[31m',
    '\ud800',
    'e\u0301\u0301\u0301\u0301\u0301\u0301',
    '👩\u200d💻',
    '"}]',
    ' '.repeat(40),
  ),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ minLength: 200, maxLength: 4_000 }),
);
const hostile = fc
  .array(piece, { minLength: 0, maxLength: 8 })
  .map((pieces) => [...pieces.slice(0, 4), MARK, ...pieces.slice(4)].join(''));

const hostileJson: fc.Arbitrary<JsonObject> = fc.dictionary(
  hostile,
  fc.oneof(hostile, fc.integer(), fc.boolean(), fc.array(hostile, { maxLength: 3 })),
  { maxKeys: 6 },
);

const hostileCard: fc.Arbitrary<ApprovalCard> = fc
  .record({
    agent: hostile,
    agentOwner: hostile,
    action: hostile,
    environment: hostile,
    args: hostileJson,
    context: hostileJson,
    reason: hostile,
    policy: hostile,
    rule: hostile,
    ruleReason: hostile,
    rules: fc.integer({ min: 0, max: 12 }),
    riskLevel: fc.oneof(hostile, fc.constantFrom('low', 'high')),
    level: hostile,
    approvers: hostile,
    thenWhat: hostile,
    name: hostile,
    rationale: hostile,
    votes: fc.integer({ min: 0, max: 7 }),
    elsewhere: fc.option(hostile, { nil: undefined }),
    isClosed: fc.boolean(),
    isLinked: fc.boolean(),
  })
  .map((text) => {
    const base = text.isClosed
      ? closedCard('rejected', {
          reason: text.reason,
          reasonCode: text.rule,
          by: { id: text.isLinked ? 'user:alice' : text.name, name: text.name },
        })
      : card({
          asks: {
            approveRationale: 'optional',
            rejectRationale: 'required',
            minLength: 10,
            mayEscalate: true,
            ...(text.elsewhere === undefined ? {} : { elsewhere: text.elsewhere }),
          },
        });
    const rule = { policy: text.policy, version: 1, rule: text.rule, reason: text.ruleReason };
    const cast = vote({
      by: text.isLinked ? 'user:alice' : text.name,
      name: text.name,
      rationale: text.rationale,
    });
    return {
      ...base,
      levels: base.levels.map((level) => ({ ...level, name: text.level })),
      votes: Array.from({ length: text.votes }, () => cast),
      display: {
        ...base.display,
        agent: text.agent,
        agentOwner: text.agentOwner,
        action: text.action,
        environment: text.environment,
        args: text.args,
        context: text.context,
        reason: text.reason,
        rules: Array.from({ length: text.rules }, () => rule),
        risk: { score: 50, level: text.riskLevel },
        level: {
          ...base.display.level,
          name: text.level,
          approvers: text.approvers,
          thenWhat: text.thenWhat,
        },
      },
    };
  });

const accountOf = (principal: string) =>
  principal === 'user:alice' ? { teamId: 'T1', userId: 'U0ALICE' } : undefined;

/** What no text of anybody may do to a message, whatever kind of message it is. */
function assertInert(message: { readonly blocks: readonly unknown[]; readonly text?: string }) {
  const { users, ...others } = entitiesIn(message);
  expect(others).toEqual({ groups: [], special: [], links: [] });
  expect(users.filter((user) => user !== 'U0ALICE')).toEqual([]);
  for (const text of textsOf(message.blocks, 'mrkdwn')) expect(text).not.toContain(MARK);
  expect(JSON.stringify(message.blocks).replaceAll('\\n', '')).not.toMatch(UNSEEN);
  const names = { userByName: () => 'U', groupByHandle: () => 'S', channelByName: () => 'C' };
  for (const node of parseMrkdwn(message.text ?? '', { verbatim: false, names })) {
    expect(node.kind).toBe('text');
    expect(node).not.toHaveProperty('style');
  }
}

describe('text of agents and people, whatever it holds (I-13)', () => {
  it('makes no invalid card, calls nobody, links nowhere, formats nothing', () => {
    fc.assert(
      fc.property(hostileCard, (shown) => {
        const message = renderCard(shown, { accountOf });
        expect(validateBlocks(message.blocks, 'message')).toEqual([]);
        expect(message.blocks.length).toBeLessThanOrEqual(13);
        expect(JSON.stringify(message.blocks).length).toBeLessThanOrEqual(CARD_BUDGET);
        expect(message.text.length).toBeLessThanOrEqual(600);
        assertInert(message);
      }),
      { numRuns: 300 },
    );
  });

  it('is as harmless in forms and details', () => {
    fc.assert(
      fc.property(hostileCard, fc.boolean(), (shown, argumentsShown) => {
        const privateMetadata = 'state';
        for (const view of [
          detailsView(shown, argumentsShown, accountOf),
          ...(['approve', 'reject', 'escalate'] as const).map((verdict) =>
            voteView({ card: shown, verdict, argumentsShown, accountOf, privateMetadata }),
          ),
        ]) {
          expect(validateView(view)).toEqual([]);
          assertInert(view);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is as harmless in threads and private answers', () => {
    const notes = (text: string): readonly ThreadNote[] => [
      {
        kind: 'opened',
        levelName: text,
        number: 2,
        of: 3,
        approvers: text,
        deadline: text,
        why: 'person',
        mentions: [{ name: text }, { name: text, account: { teamId: text, userId: text } }],
      },
      {
        kind: 'reminder',
        levelName: text,
        approvers: text,
        deadline: '2026-09-10T12:26:00Z',
        thenWhat: text,
        mentions: [],
      },
      { kind: 'ended', status: 'rejected', reason: text, by: text, mentions: [] },
    ];
    fc.assert(
      fc.property(hostileCard, hostile, (shown, text) => {
        const refused = { ok: false, refusal: 'already_voted', why: text, howToFix: text } as const;
        for (const message of [
          ...notes(text).map((note) => renderNote(note, shown)),
          refusalNote({ ...refused, card: shown }, accountOf),
          recordedNote({ verdict: 'approve', repeated: true, auditSeq: 7, card: shown }, accountOf),
        ]) {
          expect(validateBlocks(message.blocks, 'message')).toEqual([]);
          assertInert(message);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is told apart by this test: the same text as mrkdwn would call and link', () => {
    const text = '<!channel> <@U0DANA> https://evil.example';
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text } }];
    expect(entitiesIn({ blocks })).toEqual({
      ...NO_ENTITIES,
      users: ['U0DANA'],
      special: ['channel'],
      links: ['https://evil.example'],
    });
  });
});
