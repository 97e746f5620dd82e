import type { ActRefusal } from '../../src/app/channel-ports';
import { createPrivateAnswers, isSlackAddress } from '../../src/slack/private-answers';
import { recordedNote, REFUSAL_TITLES, refusalNote } from '../../src/slack/private-notes';
import { openState, signState } from '../../src/slack/signed-state';
import { validateBlocks } from '../../src/slack-local/validate-blocks';
import { createWebClient } from '../../src/slack/client';
import { card, closedCard, vote } from './card-builders';
import { readingOf } from './reading';

const accountOf = () => undefined;
const REFUSALS = Object.keys(REFUSAL_TITLES) as ActRefusal[];

describe('a private answer', () => {
  it('has its own words for every refusal', () => {
    const titles = Object.values(REFUSAL_TITLES);
    expect(new Set(titles).size).toBe(titles.length);
    expect(REFUSALS).toHaveLength(17);
  });

  it.each(REFUSALS)('to %s says what, why and what to do', (code) => {
    const reply = { ok: false, refusal: code, why: 'This is why.', howToFix: 'Do that.' } as const;
    const { blocks, text } = refusalNote(reply, accountOf);
    const read = readingOf(blocks);
    expect(read).toContain(REFUSAL_TITLES[code]);
    expect(read).toContain('This is why. Do that.');
    expect(text).toContain('This is why. Do that.');
    expect(validateBlocks(blocks, 'message')).toEqual([]);
  });

  it.each([
    [
      'an open request',
      card({ votes: [vote()], missing: 1 }),
      '⏳ Approval needed at L2 · finance: 1 of 2 approvals',
    ],
    [
      'a closed one',
      closedCard('rejected', { by: { id: 'user:bob', name: 'Bob' }, reason: 'Wrong customer.' }),
      '❌ Rejected: Wrong customer.  Bob decided this · 2026-09-10 12:04 UTC  audit #48813',
    ],
  ])('shows how %s stands', (_, shown, line) => {
    const reply = {
      ok: false,
      refusal: 'already_voted',
      why: '',
      howToFix: '',
      card: shown,
    } as const;
    expect(readingOf(refusalNote(reply, accountOf).blocks)).toContain(line);
  });

  it.each([
    ['approve', 'Your approval is recorded.'],
    ['reject', 'Your rejection is recorded.'],
    ['escalate', 'Passed up'],
  ] as const)('to a vote to %s names its audit number', (verdict, words) => {
    const note = recordedNote({ verdict, repeated: false, auditSeq: 7, card: card() }, accountOf);
    expect(readingOf(note.blocks)).toContain(words);
    expect(readingOf(note.blocks)).toContain('audit #7');
    expect(readingOf(note.blocks)).not.toContain('same vote');
  });

  it('that finds no way out is logged and changes nothing', async () => {
    const logged: string[] = [];
    const log = (_: unknown, message: string) => logged.push(message);
    const logger = { info: log, warn: log, error: log };
    const client = createWebClient({ botToken: 'x', apiUrl: 'http://127.0.0.1:9/' }, logger);
    const answer = createPrivateAnswers(client, undefined, logger);
    const note = recordedNote(
      { verdict: 'approve', repeated: false, auditSeq: 7, card: card() },
      accountOf,
    );
    await answer({ userId: 'U1', channelId: 'C1', responseUrl: 'https://evil.example/' }, note);
    await answer({ userId: 'U1', channelId: undefined, responseUrl: undefined }, note);
    expect(
      logged.filter((line) => line === 'Slack: a private answer could not be given'),
    ).toHaveLength(2);
  });
});

describe('an address to answer to', () => {
  const FAKE = 'http://127.0.0.1:4321/api/';
  it.each<[string, string | undefined, boolean]>([
    ['https://hooks.slack.com/actions/T1/2/3', undefined, true],
    ['http://hooks.slack.com/actions', undefined, false],
    ['https://hooks.slack.com.evil.example/', undefined, false],
    ['https://evil.example/https://hooks.slack.com/', undefined, false],
    ['https://slack.com@evil.example/', undefined, false],
    ['https://a:b@hooks.slack.com/', undefined, false],
    ['http://127.0.0.1:4321/actions/T1', FAKE, true],
    ['http://127.0.0.1:4322/actions/T1', FAKE, false],
    ['http://127.0.0.1:4321/actions/T1', undefined, false],
    ['file:///etc/passwd', undefined, false],
    ['nonsense', undefined, false],
  ])('%s (with %s): %s', (address, apiUrl, isSlack) => {
    expect(isSlackAddress(address, apiUrl)).toBe(isSlack);
  });
});

describe('the state of a form', () => {
  const state = {
    verdict: 'approve',
    execution: '01980000-0000-7000-8000-000000000001',
    level: 2,
    digest: '9f3c9f3c9f3c9f3c',
    version: 3,
    channelId: 'C1',
    ts: '1.1',
    teamId: 'T1',
    userId: 'U1',
    isExternal: false,
    minLength: 10,
    mustConfirmReading: true,
  } as const;
  const key = (text: string): string => `mac-${text.length}`;

  it('comes back as it went, within Slack’s limit', () => {
    const packed = signState(state, key);
    expect(openState(packed, key)).toEqual(state);
    expect(packed.length).toBeLessThan(3_000);
  });

  it.each([
    ['another key', (packed: string) => packed, (text: string) => `other-${text.length}`],
    ['a part more', (packed: string) => `${packed}.x`, key],
    ['no part', () => '.', key],
    ['nothing', () => '', key],
  ])('does not open with %s', (_, change, other) => {
    expect(openState(change(signState(state, key)), other)).toBeUndefined();
  });
});
