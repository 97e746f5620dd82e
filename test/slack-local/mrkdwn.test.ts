import fc from 'fast-check';
import { dateText } from '../../src/slack-local/date-text';
import { parseMrkdwn, type Names, type TextNode } from '../../src/slack-local/mrkdwn';
import { blocksText, entitiesOf } from '../../src/slack-local/rendered-text';
import { showBlocks } from '../../src/slack-local/shown-blocks';
import { approvalCard } from './sample-blocks';

const names: Names = {
  userByName: (name) => (name === 'alice' ? 'U1' : undefined),
  groupByHandle: (handle) => (handle === 'finance' ? 'S1' : undefined),
  channelByName: (name) => (name === 'general' ? 'C1' : undefined),
};
const labels = {
  user: (id: string) => (id === 'U1' ? 'Alice' : id),
  group: () => 'finance',
  channel: () => 'general',
};
const reading = { nowMs: Date.UTC(2026, 0, 5, 9), timeZone: 'UTC' };
const parse = (text: string, verbatim = false): readonly TextNode[] =>
  parseMrkdwn(text, { verbatim, names });
const entities = (text: string, verbatim = false) => entitiesOf([], parse(text, verbatim));
const NONE = { users: [], groups: [], special: [], links: [] };

describe('mentions and links', () => {
  it.each([
    ['<@U1>', { ...NONE, users: ['U1'] }],
    ['<@U1|whoever>', { ...NONE, users: ['U1'] }],
    ['*for <@U1>*', { ...NONE, users: ['U1'] }],
    ['`<@U1>`', { ...NONE, users: ['U1'] }],
    ['```\n<!channel>```', { ...NONE, special: ['channel'] }],
    ['<!here> <!everyone>', { ...NONE, special: ['here', 'everyone'] }],
    ['<!subteam^S1>', { ...NONE, groups: ['S1'] }],
    ['<https://evil.test|Approve>', { ...NONE, links: ['https://evil.test'] }],
    ['<mailto:a@b.test|mail>', { ...NONE, links: ['mailto:a@b.test'] }],
    ['<!date^1^{date}^https://evil.test|x>', { ...NONE, links: ['https://evil.test'] }],
    ['&lt;@U1&gt; &lt;!channel&gt;', NONE],
    ['&amp;lt;@U1&amp;gt;', NONE],
    ['1 < 2 and 3 > 2', NONE],
  ])('%s, verbatim or not', (text, expected) => {
    expect(entities(text)).toEqual(expected);
    expect(entities(text, true)).toEqual(expected);
  });

  it.each([
    ['see https://evil.test/a.', { ...NONE, links: ['https://evil.test/a'] }],
    ['@channel now', { ...NONE, special: ['channel'] }],
    ['@alice and @finance', { ...NONE, users: ['U1'], groups: ['S1'] }],
    ['alice@acme.test', NONE],
    ['@nobody', NONE],
  ])('%s only where it is not verbatim', (text, expected) => {
    expect(entities(text)).toEqual(expected);
    expect(entities(text, true)).toEqual(NONE);
  });

  it('never come of escaped text, whatever it says', () => {
    const escape = (text: string): string =>
      text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('<@U1>', '<!channel>', '`', '```', '*', '&lt;', '<https://a.test|x>', '\n'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(entities(escape(pieces.join('')), true)).toEqual(NONE);
      }),
    );
  });
});

describe('text that a person reads', () => {
  const read = (text: string): string =>
    blocksText([{ kind: 'section', nodes: parse(text), fields: [] }], labels, reading);

  it.each([
    ['*bold* _italic_ ~gone~ `code`', 'bold italic gone code'],
    ['2 * 3 * 4 and snake_case_name', '2 * 3 * 4 and snake_case_name'],
    ['<@U1> in <#C1>', '@Alice in #general'],
    ['<https://a.test|the list>', 'the list'],
    ['a &lt;b&gt; &amp;amp; c', 'a <b> &amp; c'],
    ['<!date^1767610800^{date_num} {time}|then>', '2026-01-05 11:00'],
    ['<!date^1767610800^{nonsense}|then>', 'then'],
  ])('%s', (markup, expected) => {
    expect(read(markup)).toBe(expected);
  });

  it('is the same for every piece of a text, in order', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9 .,]*$/), (text) => {
        expect(read(text)).toBe(text);
      }),
    );
  });
});

describe('dates', () => {
  const date = (format: string, timeZone = 'UTC'): string =>
    dateText(
      { timestampS: Date.UTC(2026, 0, 5, 22, 5, 9) / 1000, format, fallback: 'f' },
      { nowMs: Date.UTC(2026, 0, 5, 21, 5, 9), timeZone },
    );

  it.each([
    ['{date_num}', '2026-01-05'],
    ['{date_slash}', '05/01/2026'],
    ['{date_long}', 'Monday, January 5th, 2026'],
    ['{date_short}', 'Jan 5, 2026'],
    ['{date_short_pretty} at {time}', 'today at 22:05'],
    ['{time_secs}', '22:05:09'],
    ['{ago}', 'in 1 hour'],
    ['no token', 'f'],
    ['{date} {unknown}', 'f'],
  ])('%s', (format, expected) => {
    expect(date(format)).toBe(expected);
  });

  it('follow the zone of the reader', () => {
    expect(date('{date_num} {time}', 'Asia/Tokyo')).toBe('2026-01-06 07:05');
    expect(date('{date_pretty}', 'Asia/Tokyo')).toBe('today');
  });
});

it('shows the sample card as a person reads it, its payload inert', () => {
  const shown = showBlocks(approvalCard(), names);
  expect(blocksText(shown, labels, reading)).toContain(
    '"note": "<!channel> <https://evil.test|Approve here>"',
  );
  expect(blocksText(shown, labels, reading)).toMatch(
    /^L2 approval needed[^]*\[Approve\] \[Reject\] \[Details\] \[⋯ Delegate \/ Snooze reminders\]$/,
  );
  expect(entitiesOf(shown, [])).toEqual(NONE);
});
