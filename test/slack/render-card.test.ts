import { CARD_BUDGET, renderCard } from '../../src/slack/render-card';
import { parseButtonValue, parseChoiceValue } from '../../src/slack/button-value';
import { validateBlocks } from '../../src/slack-local/validate-blocks';
import type { ApprovalCard } from '../../src/core/escalation/card';
import { card, closedCard, DIGEST, EXECUTION, vote } from './card-builders';
import { elementOf, elementsOf, entitiesIn, NO_ENTITIES, readingOf } from './reading';

const accounts = new Map([['user:alice', { teamId: 'T1', userId: 'U0ALICE' }]]);
const accountOf = (principal: string) => accounts.get(principal);
const render = (shown: ApprovalCard) => renderCard(shown, { accountOf });

const asks = (over: Partial<NonNullable<ApprovalCard['asks']>>): Partial<ApprovalCard> => ({
  asks: {
    approveRationale: 'optional',
    rejectRationale: 'optional',
    minLength: 10,
    mayEscalate: false,
    ...over,
  },
});

describe('an open card', () => {
  const { blocks, text, ...flags } = render(card({ votes: [vote()], missing: 1 }));
  const read = readingOf(blocks);

  it.each([
    ['level and action', 'L2 approval needed · payments.refund'],
    ['the risk with its word', 'Risk 42/100 MEDIUM'],
    ['policy and version', 'Policy pay-07 v14'],
    ['environment', 'Environment prod'],
    ['agent and owner', 'Agent refund-bot (owner dana)'],
    ['the amount', '820'],
    ['the full arguments', '"sku": "a"'],
    ['what the agent claims', '"ticket": "T-4711"'],
    ['who decides', 'decided by role finance, one of them'],
    ['why a person is asked', 'Refunds over 500 need a person.'],
    ['the rule that matched', 'Rule pay-07 v14 · large-refund: amount over 500'],
    ['the ladder', 'L1 · support: timed out → L2 · finance: open → L3 · cfo: waiting'],
    ['how many votes there are', '1 of 2 approvals'],
    ['who voted, as a mention', '@U0ALICE ✅ approved at L2'],
    ['the rationale and its audit number', '“Matches ticket 4711.” · audit #48812'],
    ['when the level ends', '12:26'],
    ['what happens then', 'then escalates to L3'],
  ])('shows %s', (_, shown) => {
    expect(read).toContain(shown);
  });

  it('is valid, within 13 blocks and its budget', () => {
    expect(validateBlocks(blocks, 'message')).toEqual([]);
    expect(blocks.length).toBeLessThanOrEqual(13);
    expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(CARD_BUDGET);
  });

  it('says the same in one sentence for notifications, with everything off that reads markup', () => {
    expect(text).toBe(
      'L2 approval needed: payments.refund by refund-bot, risk 42 of 100 medium. Decide before ' +
        '2026-09-10 12:26 UTC with the buttons; replies are not read.',
    );
    expect(flags).toEqual({
      mrkdwn: false,
      parse: 'none',
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    });
  });

  it('mentions nobody but linked voters', () => {
    expect(entitiesIn({ blocks, text })).toEqual({ ...NO_ENTITIES, users: ['U0ALICE'] });
  });

  it('names people without a linked account', () => {
    const unlinked = render(card({ votes: [vote({ by: 'user:bob', name: 'Bob' })] }));
    expect(readingOf(unlinked.blocks)).toContain('Bob ✅ approved at L2 · 2026-09-10 12:01 UTC');
    expect(entitiesIn(unlinked)).toEqual(NO_ENTITIES);
  });

  it('is the same for the same state', () => {
    expect(render(card())).toEqual(render(card()));
  });
});

describe('the buttons', () => {
  const ids = (shown: ApprovalCard) =>
    elementsOf(render(shown).blocks).map(({ action_id: id }) => id);

  it('are Approve, Reject, Details and a menu, with one primary', () => {
    const { blocks } = render(card());
    expect(ids(card())).toEqual(['cs:approve', 'cs:reject', 'cs:details', 'cs:more']);
    expect(elementsOf(blocks).filter(({ style }) => style === 'primary')).toHaveLength(1);
    expect(blocks.at(-1)).toMatchObject({ type: 'actions', block_id: `cs:${EXECUTION}` });
  });

  it('carry execution, level, digest and version', () => {
    const value = elementOf(render(card()).blocks, 'cs:approve')?.value ?? '';
    expect(value).toBe(`v1.${EXECUTION}.2.${DIGEST.slice(0, 16)}.3`);
    expect(parseButtonValue(value)).toEqual({
      button: { execution: EXECUTION, level: 2, digest: DIGEST.slice(0, 16), version: 3 },
      opensForm: false,
    });
  });

  it.each<[string, ApprovalCard, 'cs:approve' | 'cs:reject', boolean]>([
    ['low risk, optional', card({}, { risk: { score: 5, level: 'low' } }), 'cs:approve', false],
    ['medium risk, optional', card(), 'cs:approve', false],
    ['risk not scored, optional', withoutRisk(), 'cs:approve', false],
    ['high risk', card({}, { risk: { score: 80, level: 'high' } }), 'cs:approve', true],
    ['critical risk', card({}, { risk: { score: 99, level: 'critical' } }), 'cs:reject', true],
    ['approve needs a reason', card(asks({ approveRationale: 'required' })), 'cs:approve', true],
    ['reject needs none', card(asks({ approveRationale: 'required' })), 'cs:reject', false],
    ['reject needs a reason', card(asks({ rejectRationale: 'required' })), 'cs:reject', true],
  ])('%s: %#', (_, shown, id, opensForm) => {
    const button = elementOf(render(shown).blocks, id);
    expect(parseButtonValue(button?.value ?? '')?.opensForm).toBe(opensForm);
    // A form asks by itself; a click that decides is confirmed.
    expect(button?.confirm === undefined).toBe(opensForm);
  });

  it('say what they do to a screen reader', () => {
    expect(elementOf(render(card()).blocks, 'cs:approve')?.accessibility_label).toBe(
      'Approve payments.refund by refund-bot',
    );
  });

  it('offer to pass up only where somebody may', () => {
    const choices = (shown: ApprovalCard) =>
      (elementOf(render(shown).blocks, 'cs:more')?.options ?? []).map(
        ({ value }) => parseChoiceValue(value)?.choice,
      );
    expect(choices(card())).toEqual(['escalate', 'ids', 'help']);
    expect(choices(card(asks({ mayEscalate: false })))).toEqual(['ids', 'help']);
  });

  it('do not decide where the chain wants another surface', () => {
    const shown = card({
      ...asks({ elsewhere: 'Decide it on the dashboard with your security key.' }),
      url: 'https://cs.example/approvals/1',
    });
    expect(ids(shown)).toEqual(['cs:open', 'cs:details', 'cs:more']);
    expect(readingOf(render(shown).blocks)).toContain(
      'Decide it on the dashboard with your security key.',
    );
  });

  function withoutRisk(): ApprovalCard {
    const { risk, ...rest } = card().display;
    expect(risk).toBeDefined();
    return { ...card(), display: rest };
  }
});

describe('text that does not fit', () => {
  const long = card(
    {},
    { args: Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`key${n}`, `value ${n}`])) },
  );

  it('takes Approve away and offers Review, which is the one primary button', () => {
    const { blocks } = render(long);
    expect(elementsOf(blocks).map(({ action_id: id }) => id)).toEqual([
      'cs:review',
      'cs:reject',
      'cs:details',
      'cs:more',
    ]);
    expect(elementsOf(blocks).filter(({ style }) => style === 'primary')).toHaveLength(1);
  });

  it('says how much is missing, where it is, and its digest', () => {
    expect(readingOf(render(long).blocks)).toMatch(
      /… \d+ more lines — open Review \(sha256 9f3c9f3c9f3c9f3c\)/,
    );
  });

  it.each<[string, ApprovalCard]>([
    ['one line without end', card({}, { args: { text: 'x'.repeat(20_000) } })],
    ['characters beyond the basic plane', card({}, { args: { text: '𝔘'.repeat(9_000) } })],
    ['a long claim', card({}, { context: { story: 'y'.repeat(9_000) } })],
    ['a long reason', card({}, { reason: 'z'.repeat(9_000) })],
    ['a long owner', card({}, { agentOwner: 'o'.repeat(400) })],
    ['a long action', card({}, { action: 'a'.repeat(200) })],
    ['a wall of escapes', card({}, { args: { text: '"\\'.repeat(3_000) } })],
  ])('never leaves Approve on %s', (_, shown) => {
    const { blocks } = render(shown);
    expect(validateBlocks(blocks, 'message')).toEqual([]);
    expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(CARD_BUDGET);
    expect(elementOf(blocks, 'cs:approve')).toBeUndefined();
    expect(elementOf(blocks, 'cs:review')).toBeDefined();
    expect(JSON.stringify(blocks)).not.toMatch(/\\ud[89a-f]/i);
  });
});

describe('a closed card', () => {
  const by = { id: 'user:alice', name: 'Alice' };
  it.each<[ApprovalCard['status'], string]>([
    ['approved', '✅ Approved · payments.refund'],
    ['committed', '✅ Approved and done · payments.refund'],
    ['failed', '⚠ Approved, the run failed · payments.refund'],
    ['rejected', '❌ Rejected · payments.refund'],
    ['expired', '⌛ Expired · payments.refund'],
    ['cancelled', '🚫 Cancelled · payments.refund'],
    ['killed', '🛑 Stopped by a kill switch · payments.refund'],
  ])('says %s in words', (status, title) => {
    const { blocks } = render(closedCard(status));
    expect(readingOf(blocks)).toContain(title);
    expect(validateBlocks(blocks, 'message')).toEqual([]);
  });

  it('has no buttons and tells who, when, why and under which audit number', () => {
    const { blocks } = render(closedCard('rejected', { by, reason: 'Wrong customer.' }));
    const read = readingOf(blocks);
    expect(elementsOf(blocks)).toEqual([]);
    expect(read).toContain('@U0ALICE decided this');
    expect(read).toContain('12:04');
    expect(read).toContain('Wrong customer.');
    expect(read).toContain('audit #48813');
    expect(read).toContain('“Matches ticket 4711.” · audit #48812');
  });

  it('blames nobody for what the clock did', () => {
    const read = readingOf(render(closedCard('expired', {}, { votes: [] })).blocks);
    expect(read).toMatch(/closed .*12:04/);
    expect(read).not.toMatch(/decided this|@/);
  });
});
