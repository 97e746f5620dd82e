import { claimedUser, namedNow, sameHuman, whoMayDecide } from '../../src/app/separation';
import type { ChainDefinition } from '../../src/core/escalation/chain';
import { STANDARD_CHAIN } from '../../src/core/escalation/predefined-chains';
import { agentPrincipal, userPrincipal } from '../../src/core/ids';
import { BOT, callerOf, registrationOf, stageOf } from './app-builders';

const APPROVER = { kind: 'role', role: 'approver' } as const;
const SENIOR = { kind: 'role', role: 'senior' } as const;
const ROOT = userPrincipal('root');
const PEOPLE = { 'role:approver': ['alice', 'bob', 'carol', 'root'], 'role:senior': ['dan'] };

const open = { requester: 'allow', agentOwner: 'allow', distinctAcrossLevels: true } as const;
const OPEN_CHAIN: ChainDefinition = { ...STANDARD_CHAIN, separation: open };

async function asked(
  requester: string,
  {
    chain = STANDARD_CHAIN,
    claimed = undefined as string | undefined,
    known = [ROOT].slice(1),
  } = {},
): Promise<string[]> {
  const registration = registrationOf('bob', ROOT, userPrincipal('carol'));
  const principal = requester === 'bot' ? agentPrincipal('bot') : userPrincipal(requester);
  const { resolve } = await whoMayDecide(
    stageOf(PEOPLE, { registration }).tx,
    chain,
    { agent: BOT, requester: principal },
    claimed,
    known,
  );
  return resolve(APPROVER).map((person) => person.slice('user:'.length));
}

describe('whoMayDecide', () => {
  it.each([
    ['a person: neither they nor the owner', asked('alice'), ['carol', 'root']],
    ['an admin gains nothing by being one', asked('root'), ['alice', 'carol']],
    ['an agent: not its owner, registrar or key minter', asked('bot'), ['alice']],
    ['an agent, and the chain allows the owner', asked('bot', { chain: OPEN_CHAIN }), ['alice']],
    [
      'a person, and the chain allows both',
      asked('alice', { chain: OPEN_CHAIN }),
      ['alice', 'bob', 'carol', 'root'],
    ],
    ['people kept out from the start', asked('alice', { known: [ROOT] }), ['carol']],
  ])('I-5: requested by %s', async (_, names, expected) => {
    expect(await names).toEqual(expected);
  });

  it.each([
    ['alice', []],
    ['user:alice', []],
    ['ALICE', []],
    ['Alice@Company.com', []],
    ['dan', ['alice']],
    ['nobody@elsewhere.com', ['alice']],
  ])('I-5: a user whom an agent claims to act for is kept out: %s', async (claimed, expected) => {
    expect(await asked('bot', { claimed })).toEqual(expected);
  });

  it('a claim selects nobody and lets nobody in who was kept out', async () => {
    for (const claimed of ['bob', 'root', 'carol', 'eve'])
      expect(await asked('bot', { claimed })).toEqual(['alice']);
  });

  it('keeps on record only people who could have decided, so that a claim does not stand readable', async () => {
    const { excluded } = await whoMayDecide(
      stageOf(PEOPLE).tx,
      OPEN_CHAIN,
      { agent: BOT, requester: userPrincipal('eve') },
      'secret@elsewhere.com',
    );
    expect(excluded).toEqual([]);
  });

  it('looks up everybody whom any level of the chain may ask', async () => {
    const [level] = STANDARD_CHAIN.levels;
    if (level === undefined) throw new Error('the standard chain has a level');
    const second = { ...level, groups: [{ selectors: [SENIOR], quorum: 1 }] };
    const stage = stageOf(PEOPLE);
    const request = { agent: BOT, requester: agentPrincipal('bot') };
    const chain = { ...OPEN_CHAIN, levels: [level, second] };
    const { resolve } = await whoMayDecide(stage.tx, chain, request, undefined);
    expect(stage.lookedUp).toEqual([['role:approver', 'role:senior']]);
    expect(resolve(SENIOR)).toEqual([userPrincipal('dan')]);
    expect(resolve({ kind: 'role', role: 'unheard-of' })).toEqual([]);
  });
});

describe('namedNow', () => {
  it('asks for a role of the given selectors and not for any role', async () => {
    const stage = stageOf(PEOPLE);
    const request = { agent: BOT, requester: agentPrincipal('bot') };
    const all = await whoMayDecide(stage.tx, STANDARD_CHAIN, request, undefined);
    expect(namedNow(all, [APPROVER], userPrincipal('alice'))).toBe(true);
    expect(namedNow(all, [SENIOR], userPrincipal('alice'))).toBe(false);
    expect(namedNow(all, [], userPrincipal('alice'))).toBe(false);
  });
});

describe('sameHuman', () => {
  const person = { kind: 'user', principal: userPrincipal('alice'), issuer: ROOT } as const;

  it('I-5: is who made the key of a person of whom nothing else is known', () => {
    expect(sameHuman(callerOf({ ...person, assurance: 'issued' }))).toEqual([ROOT]);
    expect(sameHuman(callerOf({ ...person, assurance: 'linked' }))).toEqual([]);
  });
});

describe('claimedUser', () => {
  it.each([
    [{ user: 'alice' }, 'alice'],
    [{ user: '' }, undefined],
    [{ user: 7 }, undefined],
    [{ user: ['alice'] }, undefined],
    [{}, undefined],
  ])('takes a text and nothing else: %j', (context, claimed) => {
    expect(claimedUser(context)).toBe(claimed);
  });
});
