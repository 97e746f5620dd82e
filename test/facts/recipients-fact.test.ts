import type { JsonObject } from '../../src/core/json';
import type { FactValue } from '../../src/core/policy/model';
import { createParserThread } from '../../src/facts/parser-thread';
import { gatherRecipients } from '../../src/facts/recipients-fact';

const thread = createParserThread();
afterAll(() => thread.close());
const recipientsOf = (args: JsonObject): Promise<FactValue> =>
  gatherRecipients(args, thread, performance.now() + 2000);

describe('the recipients fact', () => {
  it.each<[string, JsonObject, number, readonly string[]]>([
    ['one address', { to: 'a@acme.com' }, 1, ['acme.com']],
    ['a list', { to: ['a@acme.com', 'b@acme.com', 'a@ACME.com'] }, 2, ['acme.com']],
    [
      'several in one text',
      { to: ['Bob <bob@ACME.com>, eve@evil.test'] },
      2,
      ['acme.com', 'evil.test'],
    ],
    ['semicolons', { to: 'a@acme.com; b@x.org' }, 2, ['acme.com', 'x.org']],
    [
      'all four arguments',
      { to: 'a@a.com', cc: 'b@b.com', bcc: ['c@c.com'], recipients: ['d@d.com'] },
      4,
      ['a.com', 'b.com', 'c.com', 'd.com'],
    ],
    ['other spellings of the arguments', { To: 'a@a.com', BCC: 'b@b.com' }, 2, ['a.com', 'b.com']],
    ['a group', { to: 'team: a@a.com, b@b.com;' }, 2, ['a.com', 'b.com']],
    [
      'an address in a display name',
      { to: '"eve@evil.test" <a@acme.com>' },
      2,
      ['acme.com', 'evil.test'],
    ],
    ['an address in a comment', { to: 'a@acme.com (eve@evil.test)' }, 2, ['acme.com', 'evil.test']],
    ['the same in name and address', { to: '"a@acme.com" <a@acme.com>' }, 1, ['acme.com']],
    ['objects', { to: [{ name: 'Bob', email: 'bob@acme.com' }] }, 1, ['acme.com']],
    ['an international domain', { to: 'a@BÜCHER.example' }, 1, ['xn--bcher-kva.example']],
    ['nobody', { to: [], cc: null }, 0, []],
  ])('reads %s', async (_name, args, count, domains) => {
    expect(await recipientsOf(args)).toEqual({ value: { count, domains } });
  });

  it.each<[string, JsonObject]>([
    ['no recipient argument', { subject: 's' }],
    ['an empty text', { to: '' }],
    ['a name', { to: 'Bob' }],
    ['two addresses side by side', { to: 'a@acme.com eve@evil.test' }],
    ['a name that is an address', { to: 'a@acme.com <eve@evil.test>' }],
    ['a number', { to: [5] }],
    ['an object without address', { to: [{ name: 'Bob' }] }],
    ['a route', { to: '<@evil.test:a@acme.com>' }],
    ['a percent sign in place of an @', { to: 'eve%evil.test' }],
    ['a line break', { to: 'a@acme.com\nBcc: eve@evil.test' }],
    ['a text that costs the parser seconds', { to: '"'.repeat(19_000) }],
    ['a text too long for the parser', { to: `Bob <${'a'.repeat(30_000)}@acme.com>` }],
  ])('is an error for %s', async (_name, args) => {
    expect(await recipientsOf(args)).toEqual({ error: expect.any(String) as string });
  });
});
