import request from 'supertest';
import { createMakeLinkCode } from '../../src/app/link-codes';
import { createResolveChatAccount } from '../../src/app/resolve-chat-account';
import { createChatAccountLookup } from '../../src/db/channel-identity-reads';
import { createLinkCodeStore } from '../../src/db/link-code-store';
import { createPeopleReads } from '../../src/db/people-reads';
import { createIntake } from '../../src/http/intake';
import { createApp } from '../../src/http/server';
import { DEFAULT_TENANT, principalId } from '../../src/core/ids';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { serverDeps } from './test-app';

let place: TestInstallation;
let app: ReturnType<typeof createApp>;
const keys = new Map<string, string>();
let codeOf: ReturnType<typeof createMakeLinkCode>;
let resolve: ReturnType<typeof createResolveChatAccount>;

type Method = 'get' | 'post' | 'delete';
const call = async (who: string, method: Method, path: string, body?: object) => {
  const agent = request(app);
  const sent = agent[method](path).set('authorization', `Bearer ${keys.get(who) ?? ''}`);
  const reply = await (body === undefined ? sent : sent.send(body));
  return { status: reply.status, body: reply.body as Record<string, unknown> };
};
const link = (user: string, teamId: string, userId: string, who = 'admin') =>
  call(who, 'post', `/v1/users/${user}/slack-identities`, { teamId, userId });
const redeem = (who: string, code: string) =>
  call(who, 'post', '/v1/channels/slack/links', { code });
const events = async (type: string) => {
  const { items } = await place.core.useCases.listAuditEvents(place.admin, { type, limit: 200 });
  return items;
};

beforeAll(async () => {
  place = await createTestInstallation();
  app = createApp({ ...serverDeps(), useCases: place.core.useCases }, createIntake());
  const { core, admin } = place;
  const person = async (id: string, approverRoles: readonly string[] = []) => {
    const user = { id, name: id.toUpperCase(), email: `${id}@example.com` };
    await core.useCases.createUser(admin, { ...user, roles: ['Operator'], approverRoles });
    keys.set(id, (await core.useCases.issueUserKey(admin, id, {})).key);
  };
  for (const id of ['alice', 'carol', 'dave', 'erin']) await person(id, ['support-manager']);
  await core.useCases.createUser(admin, {
    ...{ id: 'root', name: 'Root', email: 'root@example.com', roles: ['Admin'], approverRoles: [] },
  });
  keys.set('admin', (await core.useCases.issueUserKey(admin, 'root', {})).key);
  const bot = await core.useCases.registerAgent(admin, {
    ...{ id: 'bot', owner: 'alice', riskLevel: 'medium', environment: 'prod' },
    ...{ environments: ['prod'], policies: [], tags: [], tools: {} },
  });
  keys.set('bot', bot.key);
  const codes = createLinkCodeStore(place.sessions.system);
  codeOf = createMakeLinkCode({ codes, crypto: place.crypto });
  resolve = createResolveChatAccount({ lookup: createChatAccountLookup(place.sessions.system) });
});
afterAll(() => place.stop());

describe('links by an admin', () => {
  it('makes one link of a pair, and the same again changes nothing', async () => {
    const first = await link('alice', 'T01TEST', 'U01ALICE');
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      ...{ teamId: 'T01TEST', userId: 'U01ALICE', principal: 'user:alice' },
      ...{ assurance: 'issued', enrolledBy: 'user:root' },
    });
    const again = await link('alice', 'T01TEST', 'U01ALICE');
    expect(again).toEqual({ status: 200, body: first.body });
    const listed = await call('carol', 'get', '/v1/users/alice/slack-identities');
    expect(listed.body).toEqual({ items: [first.body] });
    expect((await events('channel.linked')).map((event) => event.actor)).toEqual(['user:root']);
  });

  it('keeps an account to one person', async () => {
    const other = await link('carol', 'T01TEST', 'U01ALICE');
    expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(JSON.stringify(other.body)).not.toContain('alice');
    expect((await link('carol', 'T02TEST', 'U01ALICE')).status).toBe(201);
  });

  it('gives one of many who link the same pair at once the link', async () => {
    const answers = await Promise.all(
      ['alice', 'carol', 'dave'].map((user) => link(user, 'T03RACE', 'U03RACE')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it.each<[string, string, object, number, string]>([
    ['no such user', 'nobody', { teamId: 'T1', userId: 'U1' }, 404, 'user_not_found'],
    ['an unreadable user', 'no%00body', { teamId: 'T1', userId: 'U1' }, 404, 'user_not_found'],
    ['an empty team', 'alice', { teamId: '', userId: 'U1' }, 422, 'validation_failed'],
    ['no user id', 'alice', { teamId: 'T1' }, 422, 'validation_failed'],
    ['a mention', 'alice', { teamId: 'T1', userId: '<@U1>' }, 422, 'validation_failed'],
    ['lower case', 'alice', { teamId: 't1', userId: 'U1' }, 422, 'validation_failed'],
    ['a long id', 'alice', { teamId: 'T'.repeat(33), userId: 'U1' }, 422, 'validation_failed'],
    ['a number', 'alice', { teamId: 1, userId: 'U1' }, 422, 'validation_failed'],
    [
      'an assurance of its own',
      'alice',
      { teamId: 'T1', userId: 'U1', assurance: 'linked' },
      422,
      'validation_failed',
    ],
  ])('refuses %s', async (_name, user, body, status, code) => {
    const answer = await call('admin', 'post', `/v1/users/${user}/slack-identities`, body);
    expect(answer).toMatchObject({ status, body: { code } });
  });

  it('is for admins', async () => {
    for (const who of ['alice', 'bot'])
      expect(await link('alice', 'T09', 'U09', who)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
  });

  it('ends a link at once, also for a vote that is being judged', async () => {
    const { body } = await link('dave', 'T04GONE', 'U04GONE');
    const account = { teamId: 'T04GONE', userId: 'U04GONE' };
    const caller = await resolve(account);
    const credential = caller?.credentialId ?? '';
    const isActive = () =>
      place.core.committer.commit(DEFAULT_TENANT, {
        work: (tx) => tx.credentialActive(credential),
      });
    expect(await isActive()).toBe(true);
    const path = `/v1/users/dave/slack-identities/${String(body['id'])}`;
    expect(await call('alice', 'delete', path)).toMatchObject({ status: 403 });
    const wrong = path.replace('dave', 'alice');
    expect(await call('admin', 'delete', wrong)).toMatchObject({ status: 404 });
    expect(await call('admin', 'delete', path)).toMatchObject({ status: 200, body });
    expect(await isActive()).toBe(false);
    expect(await resolve(account)).toBeUndefined();
    expect(await call('admin', 'delete', path)).toMatchObject({ status: 404 });
    expect(await call('admin', 'delete', '/v1/users/dave/slack-identities/no-uuid')).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await events('channel.unlinked')).toHaveLength(1);
    expect((await link('carol', 'T04GONE', 'U04GONE')).status).toBe(201);
  });
});

describe('links by a one-time code', () => {
  it('links the account that asked to the person who redeems, once', async () => {
    const account = { teamId: 'T10', userId: 'U10' };
    const { code, expiresAt } = await codeOf(account);
    expect(code).toMatch(/^[34679ACDEFGHJKMNPQRTWXY]{10}$/);
    const leftMs = Date.parse(expiresAt) - Date.now();
    expect(Math.abs(leftMs - 600_000)).toBeLessThan(10_000);
    const linked = await redeem('erin', ` ${code.slice(0, 5).toLowerCase()}-${code.slice(5)} `);
    expect(linked).toMatchObject({
      status: 201,
      body: { principal: 'user:erin', assurance: 'linked', enrolledBy: 'user:admin' },
    });
    expect(await redeem('erin', code)).toMatchObject({
      status: 410,
      body: { code: 'link_code_invalid' },
    });
    const caller = await resolve(account);
    expect(caller).toMatchObject({
      ...{ principal: 'user:erin', kind: 'user', assurance: 'linked' },
      credentialId: `slack:${String(linked.body['id'])}`,
    });
    // An admin made the key that the code was redeemed with, so the link is theirs as much as the person's.
    expect(caller).toHaveProperty('issuer', 'user:admin');
    expect(caller?.permissions.has('approvals:decide')).toBe(true);
  });

  it('takes the place of a link that an admin made, and never the other way', async () => {
    const account = { teamId: 'T11', userId: 'U11' };
    const issued = await link('carol', account.teamId, account.userId);
    expect(await resolve(account)).toMatchObject({ assurance: 'issued', issuer: 'user:root' });
    const before = (await events('channel.unlinked')).length;
    const { code } = await codeOf(account);
    const linked = await redeem('carol', code);
    expect(linked).toMatchObject({ status: 201, body: { assurance: 'linked' } });
    expect(linked.body['id']).not.toBe(issued.body['id']);
    expect(await events('channel.unlinked')).toHaveLength(before + 1);
    const again = await link('carol', account.teamId, account.userId);
    expect(again).toEqual({ status: 200, body: linked.body });
  });

  it('refuses an account that is linked to somebody else', async () => {
    const account = { teamId: 'T12', userId: 'U12' };
    await link('alice', account.teamId, account.userId);
    const { code } = await codeOf(account);
    expect(await redeem('carol', code)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await resolve(account)).toMatchObject({ principal: 'user:alice' });
  });

  it('lets one of two who redeem at once', async () => {
    const { code } = await codeOf({ teamId: 'T13', userId: 'U13' });
    const answers = await Promise.all([redeem('alice', code), redeem('erin', code)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 410]);
  });

  it('keeps one code of an account open, and few in ten minutes', async () => {
    const account = { teamId: 'T14', userId: 'U14' };
    const codes = [await codeOf(account), await codeOf(account)];
    expect(await redeem('dave', codes[0]?.code ?? '')).toMatchObject({ status: 410 });
    for (let n = 0; n < 3; n += 1) codes.push(await codeOf(account));
    await expect(codeOf(account)).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(codeOf({ ...account, userId: 'U15' })).resolves.toBeDefined();
    expect(await redeem('dave', codes.at(-1)?.code ?? '')).toMatchObject({ status: 201 });
  });

  it('refuses a code whose time is over', async () => {
    const { code } = await codeOf({ teamId: 'T16', userId: 'U16' });
    await place.sql('UPDATE channel_link_codes SET expires_at = 1 WHERE user_id = $1', ['U16']);
    expect(await redeem('alice', code)).toMatchObject({ status: 410 });
  });

  it('stores nothing that would redeem', async () => {
    const { code } = await codeOf({ teamId: 'T17', userId: 'U17' });
    const rows = await place.sql<{ row: string }>(
      'SELECT channel_link_codes::text AS row FROM channel_link_codes',
    );
    expect(JSON.stringify(rows)).not.toContain(code);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['an empty code', { code: '' }],
    ['another alphabet', { code: 'ÄÄÄÄÄÄÄÄÄÄ' }],
    ['a book', { code: 'A'.repeat(65) }],
    ['an account of its own choice', { code: 'AAAAAAAAAA', userId: 'U1' }],
  ])('refuses %s', async (_name, body) => {
    const answer = await call('erin', 'post', '/v1/channels/slack/links', body as object);
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  });

  it('is not for agents', async () => {
    const { code } = await codeOf({ teamId: 'T18', userId: 'U18' });
    expect(await redeem('bot', code)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await redeem('erin', code)).toMatchObject({ status: 201 });
  });

  it('ends guessing after five, records each, and hinders nobody else', async () => {
    const before = (await events('access.refused')).length;
    const guesses = [];
    for (let n = 0; n < 7; n += 1)
      guesses.push((await redeem('carol', `AAAAAAAAA${String(n)}`)).status);
    expect(guesses).toEqual([410, 410, 410, 410, 410, 429, 429]);
    const refused = await events('access.refused');
    expect(refused.length - before).toBe(5);
    expect(refused[0]).toMatchObject({ actor: 'user:carol', outcome: 'link_code_invalid' });
    expect((await redeem('erin', 'AAAAAAAAAA')).status).toBe(410);
  });
});

describe('the person behind an account', () => {
  it('is nobody once the person is suspended', async () => {
    const account = { teamId: 'T20', userId: 'U20' };
    await link('dave', account.teamId, account.userId);
    const credential = (await resolve(account))?.credentialId ?? '';
    await place.sql(`UPDATE principals SET status = 'suspended' WHERE id = 'user:dave'`);
    expect(await resolve(account)).toBeUndefined();
    const active = await place.core.committer.commit(DEFAULT_TENANT, {
      work: (tx) => tx.credentialActive(credential),
    });
    expect(active).toBe(false);
  });

  it('is named with the account linked last, or by name alone', async () => {
    const reads = createPeopleReads(place.sessions.app);
    await link('alice', 'T21', 'U21');
    const named = ['user:alice', 'user:dave', 'user:nobody'].map(principalId);
    const people = await reads.people(DEFAULT_TENANT, named);
    expect(Object.fromEntries(people)).toEqual({
      'user:alice': { name: 'ALICE', account: { teamId: 'T21', userId: 'U21' } },
      'user:dave': { name: 'DAVE' },
    });
  });

  it('shows how messages stand', async () => {
    const { status, body } = await call('alice', 'get', '/v1/channels/slack/status');
    expect(status).toBe(200);
    expect(body).toMatchObject({ channel: 'slack', behind: 0, givenUp: 0, troubled: [] });
    expect(body['linkedAccounts']).toEqual(expect.any(Number));
  });

  it('leaves a chain that verifies', async () => {
    expect((await place.verify()).state).toBe('VALID');
  });
});
