import type { Caller } from '../../src/app/caller';
import { createMakeLinkCode } from '../../src/app/link-codes';
import { createResolveChatAccount } from '../../src/app/resolve-chat-account';
import { createChatAccountLookup } from '../../src/db/channel-identity-reads';
import { createLinkCodeStore } from '../../src/db/link-code-store';
import { submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const TWO_MANAGERS = `
apiVersion: countersign/v1
kind: ApprovalChain
metadata: { id: standard }
levels:
  - name: L1
    approvers: { any_of: [ { role: support-manager } ] }
    quorum: 2
    timeout: 1h
    on_timeout: reject
`;

let place: TestInstallation;
let bot: Caller;
beforeAll(async () => {
  place = await createTestInstallation();
  await place.core.useCases.publishChain(place.admin, { id: 'standard', text: TWO_MANAGERS });
  bot = await place.agent('support-bot');
});
afterAll(() => place.stop());

const approve = (caller: Caller, approvalId: string) =>
  place.core.useCases.castVote(caller, {
    ...{ approvalId, verdict: 'approve', rationale: 'Matches the ticket' },
  });
const keyOf = async (issuer: Caller, id: string): Promise<Caller> => {
  const { key } = await place.core.useCases.issueUserKey(issuer, id, {});
  return place.core.useCases.authenticate(key, '127.0.0.1');
};

describe('one human with two voices (attack)', () => {
  it('a key that a copied key made is still the business of whoever made the first', async () => {
    const boss = await place.person('boss', {
      ...{ roles: ['Admin'], approverRoles: ['support-manager'] },
    });
    // Boss makes Vic's key and keeps a copy of it; with the copy it makes another key for Vic.
    const vic = await place.person('vic', {
      ...{ roles: ['Admin'], approverRoles: ['support-manager'], by: boss },
    });
    const laundered = await keyOf(vic, 'vic');
    const { executionId } = await submitRefund(place.core, bot, 450);
    await approve(boss, executionId);
    await expect(approve(laundered, executionId)).rejects.toMatchObject({ code: 'not_eligible' });
    const { status } = await place.core.useCases.readApproval(place.admin, executionId);
    expect(status).toBe('pending_approval');
  });
});

describe('a link code that leads to an account of somebody else (attack)', () => {
  it('is refused, and the refusal stands in the chain', async () => {
    const { core, sessions, crypto, admin } = place;
    const eve = await place.person('eve', { approverRoles: ['support-manager'] });
    await place.person('zoe', { approverRoles: ['support-manager'] });
    const account = { teamId: 'T1', userId: 'UZOE' };
    await core.useCases.linkSlackIdentity(admin, 'zoe', account);
    const makeCode = createMakeLinkCode({ codes: createLinkCodeStore(sessions.system), crypto });
    const { code } = await makeCode(account);
    await expect(core.useCases.redeemSlackLink(eve, { code })).rejects.toMatchObject({
      code: 'conflict',
    });
    const lookup = createChatAccountLookup(sessions.system);
    expect(await createResolveChatAccount({ lookup })(account)).toMatchObject({
      principal: 'user:zoe',
    });
    const { items } = await core.useCases.listAuditEvents(admin, {
      ...{ type: 'access.refused', limit: 10 },
    });
    expect(items[0]).toMatchObject({ actor: 'user:eve', outcome: 'account_taken' });
  });

  it('leaves a chain that verifies', async () => {
    expect((await place.verify()).state).toBe('VALID');
  });
});
