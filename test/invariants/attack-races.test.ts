import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import { submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const chain = (quorum: number, tag: number): string => `
apiVersion: countersign/v1
kind: ApprovalChain
metadata: { id: standard, description: "v${String(tag)}" }
levels:
  - name: L1
    approvers: { any_of: [ { group: desk } ] }
    quorum: ${String(quorum)}
    timeout: 1h
    on_timeout: reject
`;
const POLICY = `
apiVersion: countersign/v1
kind: Policy
metadata: { id: refunds }
rules:
  - id: ask
    match: { action: issue_refund }
    then: require_approval
    approval: { chain: standard }
    reason: a person decides refunds
`;
const ROUNDS = 12;
const DESK = ['ann', 'bea', 'cid'];

let place: TestInstallation;
let bot: Caller;
const people: Caller[] = [];
beforeAll(async () => {
  place = await createTestInstallation({ support: false });
  await publish(2, 0);
  await place.publish('refunds', POLICY);
  for (const id of DESK) people.push(await place.person(id, { roles: ['Operator'] }));
  bot = await place.agent('support-bot');
});
afterAll(() => place.stop());

const desk = (members: readonly string[]) =>
  place.core.useCases.putGroup(place.admin, { id: 'desk', members });
const publish = (quorum: number, tag: number) =>
  place.core.useCases.publishChain(place.admin, { id: 'standard', text: chain(quorum, tag) });
const rowsOf = async (executionId: string) =>
  (await place.core.useCases.listAuditEvents(place.admin, { executionId, limit: 100 })).items;

const lastOf = async (type: string): Promise<number> => {
  const { items } = await place.core.useCases.listAuditEvents(place.admin, { type, limit: 5 });
  return Math.max(...items.map(({ seq }) => seq));
};

describe('votes against changes of the chain, the group and the brake (attack)', () => {
  it('two of three: never approved by a weaker chain, by one who left, or after a kill', async () => {
    const twin = await place.twin();
    for (let round = 0; round < ROUNDS; round += 1) {
      await publish(2, round);
      await desk(DESK);
      const { executionId } = await submitRefund(place.core, bot, 450);
      const vote = (who: number, core = place.core) =>
        core.useCases
          .castVote(people[who] ?? place.admin, {
            ...{ approvalId: executionId, verdict: 'approve', rationale: 'Matches the ticket' },
          })
          .catch(() => undefined);
      const id = randomUUID();
      const brake = { id, scope: 'action', target: 'issue_refund', reason: 'r' } as const;
      await Promise.all([
        vote(0),
        vote(1, twin),
        publish(1, 1_000 + round),
        desk(['bea', 'cid']),
        ...(round % 3 === 0
          ? [twin.useCases.engageKillSwitch(place.admin, { ...brake, severity: 'critical' })]
          : []),
      ]);
      await vote(2);
      const rows = await rowsOf(executionId);
      const [changed, left] = [await lastOf('chain.changed'), await lastOf('group.changed')];
      const counted = rows.filter(({ type }) => type === 'vote.counted');
      const approved = rows.find(
        ({ type, outcome }) => type === 'approval.decided' && outcome === 'approved',
      );
      if (approved !== undefined) {
        expect(approved.seq).toBeLessThan(changed);
        const voters = new Set(counted.map(({ actor }) => actor));
        if (approved.seq > left) voters.delete('user:ann');
        expect(voters.size).toBeGreaterThanOrEqual(2);
      }
      const { status } = await place.core.useCases.readApproval(place.admin, executionId);
      expect(['approved', 'cancelled', 'killed']).toContain(status);
      if (round % 3 === 0) expect(status).not.toBe('approved');
      if (round % 3 === 0)
        await place.core.useCases.liftKillSwitch(place.admin, { id, reason: 'over' });
    }
    expect((await place.verify()).state).toBe('VALID');
  });
});
