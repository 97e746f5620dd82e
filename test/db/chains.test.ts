import type { Caller } from '../../src/app/caller';
import type { RequestPeople } from '../../src/app/commit-ports';
import { permissionsOf } from '../../src/core/access/permissions';
import { CRITICAL_CHAIN, STANDARD_CHAIN } from '../../src/core/escalation/predefined-chains';
import type { ApproverSelector } from '../../src/core/escalation/chain';
import { DEFAULT_TENANT, userPrincipal } from '../../src/core/ids';
import { castVote, refusal, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const chainText = (
  id: string,
  level = 'approvers: { any_of: [ { role: approver } ] }, timeout: 1h',
) =>
  `apiVersion: countersign/v1\nkind: ApprovalChain\nmetadata: { id: ${id} }\nlevels:\n  - { ${level} }\n`;
const policyText = (id: string, chain: string, action = 'pay') =>
  `apiVersion: countersign/v1\nkind: Policy\nmetadata: { id: ${id} }\nrules:\n  - { id: ask, match: { action: ${action} }, then: require_approval, approval: { chain: ${chain} } }\n`;

let installation: TestInstallation;
let admin: Caller;
let useCases: TestInstallation['core']['useCases'];
const epoch = async (): Promise<number> =>
  (await installation.core.snapshots.current(DEFAULT_TENANT)).epoch;
const chainsInForce = async () =>
  (await installation.core.snapshots.current(DEFAULT_TENANT)).chains;
const audited = (type: string) =>
  installation.sql<{ body: string }>(
    `SELECT convert_from(body, 'UTF8') AS body FROM audit_events WHERE type = $1 ORDER BY seq`,
    [type],
  );

beforeAll(async () => {
  installation = await createTestInstallation();
  ({ admin } = installation);
  ({ useCases } = installation.core);
  for (const id of ['ann', 'bea', 'cid', 'dan'])
    await installation.person(id, { approverRoles: id === 'ann' ? ['approver'] : [] });
});
afterAll(() => installation.stop());

describe("a tenant's own chains", () => {
  it('are stored as versions, in force at once, and the same text is the same version', async () => {
    const before = await epoch();
    const first = await useCases.publishChain(admin, { text: chainText('payments') });
    expect(first).toMatchObject({ id: 'payments', version: 1, unchanged: false, warnings: [] });
    expect(first.definition).toMatchObject({ id: 'payments', version: 1 });
    expect(await epoch()).toBe(before + 1);
    const again = await useCases.publishChain(admin, { text: chainText('payments') });
    expect(again).toEqual({ ...first, unchanged: true });
    expect(await epoch()).toBe(before + 1);
    const longer = chainText('payments').replace('1h', '2h');
    expect((await useCases.publishChain(admin, { text: longer })).version).toBe(2);
    expect((await chainsInForce()).get('payments')?.levels[0]?.timeoutMs).toBe(7_200_000);
    // The text of version 1 again puts version 1 in force: a version names one content.
    expect((await useCases.publishChain(admin, { text: chainText('payments') })).version).toBe(1);
    expect((await chainsInForce()).get('payments')).toEqual(first.definition);
    expect(await useCases.readChain(admin, { id: 'payments', version: 2 })).toMatchObject({
      version: 2,
      inForce: false,
      text: longer,
      author: 'user:admin',
    });
    expect(await audited('chain.changed')).toHaveLength(3);
  });

  it('refuse a document with problems and store nothing', async () => {
    const text = chainText('broken', 'approvers: { any_of: [ { roll: x } ] }');
    await expect(useCases.publishChain(admin, { text })).rejects.toMatchObject({
      code: 'chain_invalid',
      details: { problems: [{ code: 'missing_field', line: 5 }, { code: 'unknown_field' }] },
    });
    expect(await refusal(useCases.readChain(admin, { id: 'broken' }))).toBe('chain_not_found');
    expect(await useCases.validateChain(admin, { text })).toMatchObject({ ok: false });
  });

  it('must have the id they are sent under', async () => {
    const text = chainText('other');
    expect(await refusal(useCases.publishChain(admin, { id: 'payments', text }))).toBe(
      'chain_invalid',
    );
  });

  it('are checked against the people there are', async () => {
    const level =
      'approvers: { any_of: [ { role: approver }, { group: nobody }, { on_call: none } ] }, quorum: 2, timeout: 1h';
    const { warnings } = await useCases.validateChain(admin, { text: chainText('x', level) });
    expect(warnings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'empty_approvers levels[0].approvers.any_of[1]',
      'empty_approvers levels[0].approvers.any_of[2]',
      'quorum_too_large levels[0].quorum',
    ]);
    expect(await refusal(useCases.readChain(admin, { id: 'x' }))).toBe('chain_not_found');
  });

  it('stand in the place of a predefined one until withdrawn, under versions of their own', async () => {
    const own = await useCases.publishChain(admin, { text: chainText('standard') });
    expect(own.version).toBe(STANDARD_CHAIN.version + 1);
    expect((await chainsInForce()).get('standard')).toEqual(own.definition);
    const listed = await useCases.listChains(admin);
    expect(listed.items.map(({ id, source }) => `${id} ${source}`)).toEqual([
      'critical predefined',
      'high-risk predefined',
      'payments own',
      'standard own',
    ]);
    expect(await useCases.readChain(admin, { id: 'standard', version: 1 })).toMatchObject({
      source: 'predefined',
      inForce: false,
    });
    expect(await useCases.withdrawChain(admin, 'standard')).toEqual({
      id: 'standard',
      withdrawnVersion: 2,
      predefinedVersion: 1,
    });
    expect((await chainsInForce()).get('standard')).toEqual(STANDARD_CHAIN);
    expect(await useCases.readChain(admin, { id: 'standard' })).toMatchObject({
      source: 'predefined',
      inForce: true,
    });
    expect(await refusal(useCases.withdrawChain(admin, 'standard'))).toBe('chain_not_found');
    expect((await useCases.readChain(admin, { id: 'critical' })).levels).toEqual(
      CRITICAL_CHAIN.levels,
    );
  });

  it('may be named by policies as long as they are in force, and not withdrawn while one does', async () => {
    const pay = policyText('pay', 'pay-chain');
    const publish = () =>
      useCases.publishPolicy(admin, { id: 'pay', text: pay, contentType: 'yaml', publish: true });
    expect(await refusal(publish())).toBe('policy_invalid');
    await useCases.publishChain(admin, { text: chainText('pay-chain') });
    await publish();
    const before = await epoch();
    await expect(useCases.withdrawChain(admin, 'pay-chain')).rejects.toMatchObject({
      code: 'chain_in_use',
      details: { what: 'Chain pay-chain is named by pay/ask.' },
    });
    expect(await epoch()).toBe(before);
    expect((await chainsInForce()).has('pay-chain')).toBe(true);
    await installation.publish('pay', policyText('pay', 'standard'));
    expect(await useCases.withdrawChain(admin, 'pay-chain')).toEqual({
      id: 'pay-chain',
      withdrawnVersion: 1,
    });
    expect((await chainsInForce()).has('pay-chain')).toBe(false);
    expect(await refusal(useCases.readChain(admin, { id: 'pay-chain' }))).toBe('chain_not_found');
    expect(await useCases.readChain(admin, { id: 'pay-chain', version: 1 })).toMatchObject({
      inForce: false,
    });
    expect(await refusal(publish())).toBe('policy_invalid');
    await useCases.publishChain(admin, { text: chainText('pay-chain') });
    expect(await refusal(publish())).toBe('none');
  });

  it('cannot be withdrawn and named at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = `race-${String(round)}`;
      await useCases.publishChain(admin, { text: chainText(id) });
      const text = policyText('race', id);
      const twin = round % 2 === 0 ? installation.core : await installation.twin();
      const [named, withdrawn] = await Promise.all([
        refusal(
          useCases.publishPolicy(admin, { id: 'race', text, contentType: 'yaml', publish: true }),
        ),
        refusal(twin.useCases.withdrawChain(admin, id)),
      ]);
      expect([named, withdrawn].filter((code) => code === 'none')).toHaveLength(1);
    }
  });

  it('are climbed by what a policy sends there, and lose whoever leaves the group at once', async () => {
    await useCases.putGroup(admin, { id: 'payers', members: ['bea', 'cid'] });
    const asMember = async (id: string): Promise<Caller> => {
      const { key } = await useCases.issueUserKey(admin, id, {});
      return useCases.authenticate(key, '127.0.0.1');
    };
    const asBea = await asMember('bea');
    const asCid = await asMember('cid');
    await useCases.publishChain(admin, {
      text: chainText('climb', 'approvers: { any_of: [ { group: payers } ] }, timeout: 1h'),
    });
    await installation.publish('climb', policyText('climb', 'climb', 'climb'));
    const bot = await installation.agent('pay-bot');
    const ask = () => submitRefund(installation.core, bot, 1, { action: 'climb' });
    const first = await ask();
    expect(first.approval).toMatchObject({ chain: 'climb', approvers: 'group:payers', of: 1 });
    const votes = (person: Caller, id: string) => refusal(castVote(installation.core, person, id));
    await useCases.putGroup(admin, { id: 'payers', members: ['cid'] });
    expect(await votes(asBea, first.executionId)).toBe('not_eligible');
    expect(await votes(asCid, first.executionId)).toBe('none');
    const second = await ask();
    await useCases.publishChain(admin, {
      text: chainText('climb', 'approvers: { any_of: [ { group: payers } ] }, timeout: 2h'),
    });
    // I-3: the approval would count for a chain that is no longer the one it was shown under.
    expect(await votes(asCid, second.executionId)).toBe('basis_changed');
  });

  it('need the permission', async () => {
    const auditor = await installation.person('eve', { roles: ['Auditor'] });
    const text = chainText('eves');
    expect(await refusal(useCases.publishChain(auditor, { text }))).toBe('forbidden');
    expect(await refusal(useCases.withdrawChain(auditor, 'payments'))).toBe('forbidden');
    expect(await refusal(useCases.putGroup(auditor, { id: 'g', members: [] }))).toBe('forbidden');
    expect(await refusal(useCases.putOnCall(auditor, { schedule: 's', shifts: [] }))).toBe(
      'forbidden',
    );
    expect((await useCases.validateChain(auditor, { text })).ok).toBe(true);
  });

  it('reach another process', async () => {
    const twin = await installation.twin();
    await useCases.publishChain(admin, { text: chainText('shared') });
    expect((await twin.snapshots.current(DEFAULT_TENANT)).chains.get('shared')?.version).toBe(1);
  });
});

describe('groups and on-call schedules', () => {
  it('are replaced as a whole, and keep their name', async () => {
    const before = await epoch();
    const audits = (await audited('group.changed')).length;
    expect(
      await useCases.putGroup(admin, { id: 'finance', name: 'Finance', members: ['bea', 'ann'] }),
    ).toEqual({ id: 'finance', name: 'Finance', members: ['ann', 'bea'] });
    expect(await useCases.putGroup(admin, { id: 'finance', members: ['cid'] })).toEqual({
      id: 'finance',
      name: 'Finance',
      members: ['cid'],
    });
    expect(await useCases.readGroup(admin, 'finance')).toMatchObject({ members: ['cid'] });
    expect((await useCases.listGroups(admin)).items.map(({ id }) => id)).toContain('finance');
    expect(await audited('group.changed')).toHaveLength(audits + 2);
    expect(await epoch()).toBe(before);
  });

  it('refuse users who do not exist, each by name, and change nothing', async () => {
    const members = ['ann', 'nobody', 'admin', 'none'];
    await expect(useCases.putGroup(admin, { id: 'finance', members })).rejects.toMatchObject({
      code: 'validation_failed',
      details: {
        problems: [
          { path: 'members[1]', message: 'no user nobody exists' },
          { path: 'members[3]', message: 'no user none exists' },
        ],
      },
    });
    expect(await useCases.readGroup(admin, 'finance')).toMatchObject({ members: ['cid'] });
    const shifts = [{ user: 'none', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }];
    await expect(useCases.putOnCall(admin, { schedule: 's', shifts })).rejects.toMatchObject({
      details: { problems: [{ path: 'shifts[0].user' }] },
    });
    expect(await refusal(useCases.readOnCall(admin, 's'))).toBe('not_found');
    expect(await refusal(useCases.readGroup(admin, 'g'))).toBe('not_found');
  });

  it('say who is on call now: the end of a shift excluded, overlapping ones together', async () => {
    const now = Date.now();
    const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
    const schedule = await useCases.putOnCall(admin, {
      schedule: 'night',
      shifts: [
        { user: 'dan', from: at(60), to: at(120) },
        { user: 'bea', from: at(-60), to: at(60) },
        { user: 'ann', from: at(-30), to: at(30) },
        { user: 'ann', from: at(-5), to: at(5) },
        { user: 'cid', from: at(-120), to: at(-1) },
      ],
    });
    expect(schedule.onCallNow).toEqual(['ann', 'bea']);
    expect(schedule.shifts.map(({ user }) => user)).toEqual(['cid', 'bea', 'ann', 'ann', 'dan']);
    expect((await useCases.listOnCall(admin)).items).toEqual([schedule]);
    expect(await audited('schedule.changed')).toHaveLength(1);
  });

  it('let a user have a manager, who may come later', async () => {
    const user = { id: 'fay', name: 'Fay', email: 'fay@example.com', roles: [], approverRoles: [] };
    const made = await useCases.createUser(admin, { ...user, manager: 'gus' });
    expect(made.warnings).toEqual([expect.stringContaining('gus is not a user yet')]);
    const listed = (await useCases.listUsers(admin)).items.find(({ id }) => id === 'fay');
    expect(listed).toEqual({ ...user, manager: 'gus' });
    const hal = { ...user, id: 'hal', email: 'hal@example.com', manager: 'fay' };
    expect(await useCases.createUser(admin, hal)).toEqual(hal);
  });
});

describe('people without any role', () => {
  const permissions = async (id: string) => {
    const { key } = await useCases.issueUserKey(admin, id, {});
    return [...(await useCases.authenticate(key, '127.0.0.1')).permissions].sort();
  };
  const ASKED = [...permissionsOf([], ['any-approver-role'])].sort();
  const newcomer = (id: string) => installation.person(id);

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['a group', (id) => useCases.putGroup(admin, { id: 'asked', members: [id] })],
    [
      'a schedule',
      (id) =>
        useCases.putOnCall(admin, {
          schedule: 'asked',
          shifts: [{ user: id, from: '2030-01-01T00:00:00Z', to: '2030-01-02T00:00:00Z' }],
        }),
    ],
    [
      'being a manager',
      (id) =>
        useCases.createUser(admin, {
          ...{ id: `under-${id}`, name: 'x', email: `under-${id}@example.com`, manager: id },
          ...{ roles: [], approverRoles: [] },
        }),
    ],
    ['owning an agent', (id) => installation.agent(`bot-of-${id}`, { owner: id })],
    [
      'owning one by address',
      (id) => installation.agent(`bot-at-${id}`, { owner: `${id}@EXAMPLE.com` }),
    ],
    [
      'a chain that names them',
      (id) =>
        useCases.publishChain(admin, {
          text: chainText(`of-${id}`, `approvers: { any_of: [ { user: ${id} } ] }, timeout: 1h`),
        }),
    ],
  ])('may see and decide approvals by %s', async (name, join) => {
    const id = `ida.${name.replace(/ /g, '-')}`;
    await newcomer(id);
    await newcomer(`${id}2`);
    expect(await permissions(id)).toEqual([]);
    await join(id);
    expect(await permissions(id)).toEqual(ASKED);
    expect(await permissions(`${id}2`)).toEqual([]);
  });
});

describe('tx.approvers', () => {
  const MANAGER = { kind: 'manager_of', of: 'requester' } as const;
  const OWNER = { kind: 'owner_of', of: 'agent' } as const;

  const found = async (selector: ApproverSelector, about?: RequestPeople) =>
    installation.core.committer.commit(DEFAULT_TENANT, {
      work: async (tx) => {
        const people = await tx.approvers([selector], about);
        return [...people.values()]
          .flat()
          .map(({ principal }) => principal.slice(5))
          .sort();
      },
    });

  it.each<[string, ApproverSelector, RequestPeople | undefined, readonly string[]]>([
    ['a role', { kind: 'role', role: 'approver' }, undefined, ['ann']],
    ['a role that nobody holds', { kind: 'role', role: 'x' }, undefined, []],
    ['a user', { kind: 'user', user: 'bea' }, undefined, ['bea']],
    ['a group', { kind: 'group', group: 'finance' }, undefined, ['cid']],
    ['a group that is not there', { kind: 'group', group: 'x' }, undefined, []],
    ['who is on call', { kind: 'on_call', schedule: 'night' }, undefined, ['ann', 'bea']],
    ['the manager of the requester', MANAGER, { requester: userPrincipal('hal') }, ['fay']],
    ['a manager who is no user', MANAGER, { requester: userPrincipal('fay') }, []],
    ['the manager of nobody', MANAGER, undefined, []],
    ['the manager of somebody without one', MANAGER, { requester: userPrincipal('ann') }, []],
    ['the owner by id', OWNER, { owner: 'dan' }, ['dan']],
    ['the owner by id in any case', OWNER, { owner: 'Dan' }, ['dan']],
    ['the owner by principal', OWNER, { owner: 'user:dan' }, ['dan']],
    ['the owner by address', OWNER, { owner: 'Dan@Example.com' }, ['dan']],
    ['an owner who is no user', OWNER, { owner: 'x' }, []],
    ['an owner of no name', OWNER, { owner: '' }, []],
    ['nobody as owner', OWNER, undefined, []],
  ])('finds %s', async (_name, selector, about, expected) => {
    expect(await found(selector, about)).toEqual(expected);
  });

  it('finds everybody at once, each under their own selector', async () => {
    const selectors: readonly ApproverSelector[] = [
      { kind: 'group', group: 'finance' },
      { kind: 'role', role: 'approver' },
      MANAGER,
    ];
    const people = await installation.core.committer.commit(DEFAULT_TENANT, {
      work: (tx) => tx.approvers(selectors, { requester: userPrincipal('hal') }),
    });
    expect(Object.fromEntries(people)).toEqual({
      'group:finance': [{ principal: 'user:cid', email: 'cid@example.com' }],
      'role:approver': [{ principal: 'user:ann', email: 'ann@example.com' }],
      'manager_of:requester': [{ principal: 'user:fay', email: 'fay@example.com' }],
    });
  });

  it('leaves out who is not active, and takes an id before the address of another', async () => {
    await installation.sql(`UPDATE principals SET status = 'suspended' WHERE id = 'user:cid'`);
    expect(await found({ kind: 'group', group: 'finance' })).toEqual([]);
    await installation.sql(`UPDATE principals SET email = 'dan' WHERE id = 'user:bea'`);
    expect(await found(OWNER, { owner: 'dan' })).toEqual(['dan']);
  });

  it('looks by the clock of the transaction', async () => {
    await installation.sql(
      `UPDATE on_call_shifts SET starts_at = starts_at - 5400000, ends_at = ends_at - 5400000 WHERE schedule = 'night'`,
    );
    expect(await found({ kind: 'on_call', schedule: 'night' })).toEqual(['dan']);
  });
});
