import type { ThreadNote } from '../../src/core/escalation/card';
import { renderNote } from '../../src/slack/render-note';
import { validateBlocks } from '../../src/slack-local/validate-blocks';
import { card } from './card-builders';
import { entitiesIn, NO_ENTITIES, readingOf } from './reading';

const deadline = '2026-09-10T12:26:00Z';
const opened = (over: Partial<Extract<ThreadNote, { kind: 'opened' }>> = {}): ThreadNote => ({
  kind: 'opened',
  levelName: 'finance',
  number: 2,
  of: 3,
  approvers: 'role finance',
  deadline,
  why: 'first',
  mentions: [],
  ...over,
});
const reminder: ThreadNote = {
  kind: 'reminder',
  levelName: 'finance',
  approvers: 'role finance',
  deadline,
  thenWhat: 'escalates to L3',
  mentions: [],
};
const ended: ThreadNote = {
  kind: 'ended',
  status: 'rejected',
  reason: 'Wrong customer.',
  by: 'Alice',
  mentions: [],
};

describe('a note', () => {
  it.each<[string, ThreadNote, readonly string[]]>([
    [
      'of a level that opens',
      opened({ why: 'timeout' }),
      [
        'L2 · finance is asked (level 2 of 3): nobody decided in time at the level below.',
        'To decide: role finance.',
        '12:26',
      ],
    ],
    ['of a level a person passed up to', opened({ why: 'person' }), ['a person passed it up']],
    [
      'that reminds',
      reminder,
      ['Reminder: finance has not decided yet.', '12:26', 'then escalates to L3'],
    ],
    ['of the end', ended, ['❌ Rejected by Alice. Wrong customer.']],
  ])('%s says what and when, and names its request', (_, note, lines) => {
    const { blocks } = renderNote(note, card());
    for (const line of [...lines, 'payments.refund by refund-bot'])
      expect(readingOf(blocks)).toContain(line);
    expect(validateBlocks(blocks, 'message')).toEqual([]);
  });

  it.each<[ThreadNote, string]>([
    [opened(), 'L2 is asked about payments.refund by refund-bot, until 2026-09-10 12:26 UTC.'],
    [
      reminder,
      'Reminder: payments.refund by refund-bot waits for a decision until 2026-09-10 12:26 UTC.',
    ],
    [ended, '❌ Rejected: payments.refund by refund-bot.'],
  ])('stands alone as one sentence: %#', (note, text) => {
    expect(renderNote(note, card()).text).toBe(text);
  });

  it('calls the linked people it names, names the others, and calls nobody else', () => {
    const note = opened({
      mentions: [
        { name: 'Alice', account: { teamId: 'T1', userId: 'U0ALICE' } },
        { name: 'Bob' },
        { name: 'Eve', account: { teamId: 'T1', userId: '!channel' } },
      ],
    });
    const message = renderNote(note, card());
    expect(entitiesIn(message)).toEqual({ ...NO_ENTITIES, users: ['U0ALICE'] });
    expect(readingOf(message.blocks)).toContain('Not in Slack: Bob, Eve');
  });

  it('calls nobody where it names nobody', () => {
    expect(entitiesIn(renderNote(reminder, card()))).toEqual(NO_ENTITIES);
  });

  it('counts those it has no room to call', () => {
    const mentions = Array.from({ length: 40 }, (_, n) => ({
      name: `P${n}`,
      account: { teamId: 'T1', userId: `U${n}` },
    }));
    const message = renderNote(opened({ mentions }), card());
    expect(entitiesIn(message).users).toHaveLength(25);
    expect(readingOf(message.blocks)).toContain('and 15 more');
  });
});
