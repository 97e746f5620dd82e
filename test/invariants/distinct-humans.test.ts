import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import { userPrincipal } from '../../src/core/ids';
import {
  castVote,
  demandQuorum,
  readExecution,
  refusal,
  submitRefund,
} from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const MANAGER = { approverRoles: ['support-manager'] };

describe('I-5: each vote is a distinct human, and none who has a part in the request', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  let ben: Caller;
  const ask = (agent = bot, context = {}) =>
    submitRefund(installation.core, agent, 450, { context });
  const vote = (person: Caller, executionId: string, verdict: 'approve' | 'reject' = 'approve') =>
    refusal(castVote(installation.core, person, executionId, verdict));
  const statusOf = async (executionId: string) =>
    (await readExecution(installation.core, installation.admin, executionId)).status;
  const askTwo = async (agent = bot): Promise<string> => {
    const { executionId } = await ask(agent);
    await demandQuorum(installation, executionId, 2);
    return executionId;
  };

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot', { owner: 'olga' });
    ann = await installation.person('ann', MANAGER);
    ben = await installation.person('ben', MANAGER);
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it('one person fills one slot, however often and with however many keys', async () => {
    const executionId = await askTwo();
    const { key } = await installation.core.useCases.issueUserKey(installation.admin, 'ann', {});
    const secondKey = await installation.core.useCases.authenticate(key, undefined);
    expect(await vote(ann, executionId)).toBe('none');
    expect(await castVote(installation.core, ann, executionId)).toMatchObject({ repeated: true });
    expect(await castVote(installation.core, secondKey, executionId)).toMatchObject({
      repeated: true,
    });
    expect(await vote(secondKey, executionId, 'reject')).toBe('already_voted');
    expect(await statusOf(executionId)).toBe('pending_approval');
    expect(await vote(ben, executionId)).toBe('none');
    expect(await statusOf(executionId)).toBe('approved');
  });

  it('many votes of one person at once count once', async () => {
    const executionId = await askTwo();
    await Promise.allSettled(
      Array.from({ length: 20 }, () => castVote(installation.core, ann, executionId)),
    );
    const counted = await installation.sql(
      'SELECT id FROM votes WHERE execution = $1 AND counted',
      [executionId],
    );
    expect(counted).toHaveLength(1);
    expect(await statusOf(executionId)).toBe('pending_approval');
  });

  it('an agent never votes, whatever role somebody binds to it', async () => {
    const { executionId } = await ask();
    expect(await vote(bot, executionId)).toBe('forbidden');
    await installation.sql(
      `INSERT INTO principals (tenant, id, kind, name) VALUES ('default', 'agent:support-bot', 'agent', 'bot') ON CONFLICT DO NOTHING`,
    );
    await installation.sql(
      `INSERT INTO role_bindings (tenant, principal, kind, role) VALUES ('default', 'agent:support-bot', 'approver', 'support-manager')`,
    );
    const forged: Caller = { ...bot, permissions: ann.permissions };
    expect(await vote(forged, executionId)).toBe('not_eligible');
    const { approval } = await readExecution(installation.core, bot, executionId);
    expect(approval?.votes).toEqual([]);
  });

  it('nobody votes without the role that the level asks, not even an Admin', async () => {
    const { executionId } = await ask();
    const cleo = await installation.person('cleo', { approverRoles: ['finance'] });
    expect(await vote(cleo, executionId)).toBe('not_eligible');
    expect(await vote(installation.admin, executionId)).toBe('not_eligible');
  });

  it('whoever owns the agent, registered it or made its key does not decide', async () => {
    const olga = await installation.person('olga', MANAGER);
    const rita = await installation.person('rita', { ...MANAGER, roles: ['Admin'] });
    const ritasBot = await installation.agent('ritas-bot', { by: rita });
    const owned = await ask();
    expect(await vote(olga, owned.executionId)).toBe('not_eligible');
    expect(await vote(rita, owned.executionId)).toBe('none');
    const registered = await ask(ritasBot);
    expect(await vote(rita, registered.executionId)).toBe('not_eligible');
    expect(await vote(olga, registered.executionId)).toBe('none');
  });

  it('a minter of a later key of the agent does not decide either', async () => {
    const mona = await installation.person('mona', MANAGER);
    await installation.sql(
      `INSERT INTO credentials (id, hash, tenant, principal, agent, enrolled_by, assurance)
       VALUES ($1, $2, 'default', 'agent:support-bot', 'support-bot', 'user:mona', 'issued')`,
      [randomUUID(), Buffer.from(randomUUID())],
    );
    const { executionId } = await ask();
    expect(await vote(mona, executionId)).toBe('not_eligible');
  });

  it.each([
    ['id', 'paul'],
    ['e-mail address', 'Paul@Example.com'],
  ])('a user whom the agent names in its context by %s is kept out', async (_how, user) => {
    const known = (await installation.core.useCases.listUsers(installation.admin)).items;
    const paul = known.some(({ id }) => id === 'paul')
      ? await installation.core.useCases
          .issueUserKey(installation.admin, 'paul', {})
          .then(({ key }) => installation.core.useCases.authenticate(key, undefined))
      : await installation.person('paul', MANAGER);
    const { executionId } = await ask(bot, { user });
    expect(await vote(paul, executionId)).toBe('not_eligible');
    expect(await vote(ben, executionId)).toBe('none');
  });

  it('a claim in the context selects nobody', async () => {
    const dora = await installation.person('dora', { approverRoles: ['finance'] });
    const { executionId } = await ask(bot, { user: 'ann', approver: 'dora', approvers: ['dora'] });
    expect(await vote(dora, executionId)).toBe('not_eligible');
  });

  describe('a person who submits', () => {
    let sue: Caller;
    beforeAll(async () => {
      sue = await installation.person('sue', { ...MANAGER, roles: ['Admin'] });
    });
    const submitAsSue = () => submitRefund(installation.core, sue, 450, { agent: 'support-bot' });

    it('does not decide', async () => {
      const { executionId } = await submitAsSue();
      expect(await vote(sue, executionId)).toBe('not_eligible');
      expect(await vote(ann, executionId)).toBe('none');
    });

    it('counts as one human with everybody whose key that person made', async () => {
      const twin = await installation.person('twin-of-sue', { ...MANAGER, by: sue });
      const { executionId } = await submitAsSue();
      expect(await vote(twin, executionId)).toBe('not_eligible');
    });

    it('counts as one human with whoever made the key that submits', async () => {
      const max = await installation.person('max', { ...MANAGER, roles: ['Admin'] });
      const made = await installation.person('made-by-max', { roles: ['Admin'], by: max });
      const { executionId } = await submitRefund(installation.core, made, 450, {
        agent: 'support-bot',
      });
      expect(await vote(max, executionId)).toBe('not_eligible');
      expect(await vote(ann, executionId)).toBe('none');
    });
  });

  it('an issuer and the holder of a key it made fill one slot; two holders of one issuer fill two', async () => {
    const ivo = await installation.person('ivo', { ...MANAGER, roles: ['Admin'] });
    const one = await installation.person('ivos-one', { ...MANAGER, by: ivo });
    const two = await installation.person('ivos-two', { ...MANAGER, by: ivo });
    const first = await askTwo();
    expect(await vote(ivo, first)).toBe('none');
    expect(await vote(one, first)).toBe('not_eligible');
    const second = await askTwo();
    expect(await vote(one, second)).toBe('none');
    expect(await vote(ivo, second)).toBe('not_eligible');
    expect(await vote(two, second)).toBe('none');
    expect(await statusOf(second)).toBe('approved');
  });

  describe('a vote of somebody who loses the standing before the verdict', () => {
    const losses: readonly [string, (id: string) => Promise<unknown>][] = [
      [
        'the role is taken away',
        (id) => installation.sql(`DELETE FROM role_bindings WHERE principal = $1`, [id]),
      ],
      [
        'the person is suspended',
        (id) => installation.sql(`UPDATE principals SET status = 'suspended' WHERE id = $1`, [id]),
      ],
    ];
    it.each(losses)('stays recorded and does not count: %s', async (name, lose) => {
      const id = `gone-${String(name.length)}`;
      const gone = await installation.person(id, MANAGER);
      const executionId = await askTwo();
      expect(await vote(gone, executionId)).toBe('none');
      await lose(userPrincipal(id));
      expect(await vote(ann, executionId)).toBe('none');
      expect(await statusOf(executionId)).toBe('pending_approval');
      expect(await vote(ben, executionId)).toBe('none');
      expect(await statusOf(executionId)).toBe('approved');
      const { approval } = await readExecution(installation.core, bot, executionId);
      expect(approval?.votes.map(({ by }) => by)).toEqual([
        userPrincipal(id),
        'user:ann',
        'user:ben',
      ]);
    });

    it.each(losses)(
      'is refused afterwards, also with a session opened before: %s',
      async (name, lose) => {
        const id = `late-${String(name.length)}`;
        const late = await installation.person(id, MANAGER);
        const { executionId } = await ask();
        await lose(userPrincipal(id));
        expect(await vote(late, executionId)).toBe('not_eligible');
      },
    );

    it('is refused when the key was revoked meanwhile', async () => {
      const keyless = await installation.person('keyless', MANAGER);
      const { executionId } = await ask();
      await installation.sql(`UPDATE credentials SET revoked_at = now() WHERE principal = $1`, [
        userPrincipal('keyless'),
      ]);
      expect(await vote(keyless, executionId)).toBe('not_eligible');
    });
  });

  it('somebody who becomes an approver later is not added to an open level', async () => {
    const { executionId } = await ask();
    const late = await installation.person('newcomer', MANAGER);
    expect(await vote(late, executionId)).toBe('not_eligible');
    expect(await vote(late, (await ask()).executionId)).toBe('none');
  });

  it('every refused vote stands in the chain with the person and the reason', async () => {
    const { executionId } = await ask();
    await vote(installation.admin, executionId);
    const rows = await installation.sql(
      `SELECT actor_id, outcome FROM audit_events WHERE type = 'vote.refused' AND execution = $1`,
      [executionId],
    );
    expect(rows).toEqual([{ actor_id: 'user:admin', outcome: 'not_eligible' }]);
  });
});
