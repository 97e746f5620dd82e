import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import { createChannelInbox } from '../../src/app/channel-inbox';
import type { CardAct, ChannelInbox, ChannelMessage } from '../../src/app/channel-ports';
import { createChannelTrouble } from '../../src/app/channel-trouble';
import { createReadCard } from '../../src/app/read-card';
import { createResolveChatAccount } from '../../src/app/resolve-chat-account';
import { executionId, type ExecutionId } from '../../src/core/ids';
import { createCardRefresh } from '../../src/db/card-refresh';
import { createChatAccountLookup } from '../../src/db/channel-identity-reads';
import { createChannelMessageStore } from '../../src/db/channel-message-store';
import { createSignatureStore } from '../../src/db/channel-signatures';
import { createPeopleReads } from '../../src/db/people-reads';
import { submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

let place: TestInstallation;
let bot: Caller;
let inbox: ChannelInbox;
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

beforeAll(async () => {
  place = await createTestInstallation();
  const { core, sessions } = place;
  for (const id of ['alice', 'carol'])
    await place.person(id, { approverRoles: ['support-manager'] });
  await place.person('dave', { approverRoles: ['finance'] });
  bot = await place.agent('support-bot');
  for (const [user, userId] of [
    ['alice', 'UALICE'],
    ['dave', 'UDAVE'],
  ] as const)
    await core.useCases.linkSlackIdentity(place.admin, user, { teamId: 'T1', userId });
  const store = createChannelMessageStore(sessions.system);
  const people = createPeopleReads(sessions.app);
  inbox = createChannelInbox({
    ...{ store, logger, committer: core.committer, castVote: core.useCases.castVote },
    resolveAccount: createResolveChatAccount({ lookup: createChatAccountLookup(sessions.system) }),
    readCard: createReadCard({ reads: core.reads, people, store, crypto: place.crypto }),
    makeLinkCode: () => Promise.reject(new Error('not here')),
    firstSight: async () => true,
    touch: createCardRefresh(sessions.system),
  });
});
afterAll(() => place.stop());

/** A refund that waits, with its card posted. */
async function shownCard(): Promise<{ id: ExecutionId; act: CardAct; message: ChannelMessage }> {
  const view = await submitRefund(place.core, bot, 450);
  const id = executionId(view.executionId);
  await place.sql(
    `INSERT INTO channel_messages (tenant, id, execution, channel, purpose_key, purpose, is_card, desired_version, rendered_version, post_key, team_id, channel_id, ts)
     VALUES ('default', gen_random_uuid(), $1, 'slack', 'card', '{"kind":"card"}', true, 1, 1, gen_random_uuid(), 'T1', 'C1', $2)`,
    [id, id],
  );
  const { displayDigest = '' } = await place.core.useCases.readApproval(place.admin, id);
  const act: CardAct = {
    account: { teamId: 'T1', userId: 'UALICE' },
    place: { channelId: 'C1', ts: id },
    button: { execution: id, level: 1, digest: displayDigest.slice(0, 16), version: 1 },
    isExternal: false,
  };
  const store = createChannelMessageStore(place.sessions.system);
  const message = await store.messageAt(act.place);
  if (message === undefined) throw new Error('the card is not there');
  return { id, act, message };
}
const press = (act: CardAct, commandId: string = randomUUID()) =>
  inbox.vote({ ...act, verdict: 'approve', rationale: 'Matches the ticket', commandId });
const statusOf = async (id: ExecutionId) =>
  (await place.core.useCases.readApproval(place.admin, id)).status;
const refusedVotes = async (id: ExecutionId) =>
  (
    await place.core.useCases.listAuditEvents(place.admin, {
      ...{ executionId: id, type: 'vote.refused', limit: 50 },
    })
  ).items;

describe('votes in a chat', () => {
  it('count once, however often the same press comes in', async () => {
    const { id, act } = await shownCard();
    const first = await press(act, 'click-1');
    expect(first).toMatchObject({ ok: true, repeated: false });
    expect(await press(act, 'click-1')).toMatchObject({
      ...{ ok: true, repeated: true },
      auditSeq: first.ok ? first.auditSeq : 0,
    });
    expect(await statusOf(id)).toBe('approved');
    const [vote] = await place.sql('SELECT surface, assurance FROM votes WHERE execution = $1', [
      id,
    ]);
    expect(vote).toEqual({ surface: 'slack', assurance: 'issued' });
  });

  it('count for nobody but the people of the level', async () => {
    const { id, act } = await shownCard();
    for (const [userId, refusal, actor] of [
      ['UDAVE', 'not_eligible', 'user:dave'],
      ['UNOBODY', 'unlinked', 'slack:T1/UNOBODY'],
    ] as const) {
      const reply = await press({ ...act, account: { teamId: 'T1', userId } });
      expect(reply).toMatchObject({ ok: false, refusal });
      expect((await refusedVotes(id))[0]).toMatchObject({ actor });
    }
    const elsewhere = { ...act, account: { teamId: 'T2', userId: 'UALICE' } };
    expect(await press(elsewhere)).toMatchObject({ ok: false, refusal: 'unlinked' });
    expect(await statusOf(id)).toBe('pending_approval');
  });

  it('count for nothing but what the card showed, which is then shown again', async () => {
    const { id, act, message } = await shownCard();
    const other = { ...act.button, digest: '0123456789abcdef' };
    expect(await press({ ...act, button: other })).toMatchObject({ refusal: 'card_changed' });
    const higher = { ...act.button, level: 2 };
    expect(await press({ ...act, button: higher })).toMatchObject({ refusal: 'level_mismatch' });
    expect(await refusedVotes(id)).toHaveLength(2);
    const store = createChannelMessageStore(place.sessions.system);
    expect(await store.messageAt(act.place)).toMatchObject({
      ...{ id: message.id, renderedVersion: 0, desiredVersion: 1 },
    });
    expect(await statusOf(id)).toBe('pending_approval');
  });

  it('count no more once the account is unlinked, also one that is on its way', async () => {
    const { id, act } = await shownCard();
    const account = { teamId: 'T1', userId: 'UCAROL' };
    const { useCases } = place.core;
    const { identity } = await useCases.linkSlackIdentity(place.admin, 'carol', account);
    const resolve = createResolveChatAccount({
      lookup: createChatAccountLookup(place.sessions.system),
    });
    const onItsWay = await resolve(account);
    await useCases.unlinkSlackIdentity(place.admin, 'carol', identity.id);
    expect(await press({ ...act, account })).toMatchObject({ refusal: 'unlinked' });
    if (onItsWay === undefined) throw new Error('carol was linked');
    const vote = { approvalId: id, verdict: 'approve', rationale: 'x' } as const;
    await expect(useCases.castVote(onItsWay, vote)).rejects.toMatchObject({ code: 'not_eligible' });
    expect(await statusOf(id)).toBe('pending_approval');
  });

  it('leave a chain that verifies', async () => {
    expect((await place.verify()).state).toBe('VALID');
  });
});

describe('a card that no channel takes', () => {
  it('goes to the asked people who are linked, once each, and decides nothing', async () => {
    const { id, message } = await shownCard();
    const people = createPeopleReads(place.sessions.app);
    const trouble = createChannelTrouble({ committer: place.core.committer, people, logger });
    await trouble.givenUp(message, 'channel_not_found');
    await trouble.givenUp(message, 'channel_not_found');
    const copies = await place.sql(
      `SELECT purpose ->> 'person' AS person FROM channel_messages WHERE execution = $1 AND purpose_key <> 'card'`,
      [id],
    );
    expect(copies).toEqual([{ person: 'user:alice' }]);
    const failed = await place.core.useCases.listAuditEvents(place.admin, {
      ...{ executionId: id, type: 'channel.failed', limit: 10 },
    });
    expect(failed.items[0]).toMatchObject({ outcome: 'given_up' });
    expect(await statusOf(id)).toBe('pending_approval');
    await trouble.down({ forMs: 61_000, why: 'no answer' });
  });
});

describe('signatures that came in', () => {
  it('are new once, in whatever process, and forgotten after ten minutes', async () => {
    const one = createSignatureStore(place.sessions.system, () => performance.now());
    const two = createSignatureStore(place.sessions.system, () => performance.now());
    const hash = Buffer.from(randomUUID());
    const seen = await Promise.all([one.firstSight(hash), two.firstSight(hash)]);
    expect(seen.sort()).toEqual([false, true]);
    await place.sql(
      `UPDATE channel_signatures SET received_at = received_at - interval '11 minutes'`,
    );
    const later = createSignatureStore(place.sessions.system, () => performance.now());
    await later.firstSight(Buffer.from('another'));
    expect(await place.sql('SELECT count(*)::integer AS n FROM channel_signatures')).toEqual([
      { n: 1 },
    ]);
  });
});
