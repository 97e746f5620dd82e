import type { Caller } from '../../src/app/caller';
import { castVote, readExecution, refusal, release, submitRefund } from '../support/executions';
import {
  createTestInstallation,
  SUPPORT_POLICY,
  type TestInstallation,
} from '../support/installation';

const guard = (rule: string): string => `
apiVersion: countersign/v1
kind: Policy
metadata: { id: guard, version: 1 }
rules:
  - ${rule}
defaults: { outcome: allow }
`;
/** Asks the same role for payouts to anyone who is not a known payee. */
const LISTED = guard(
  '{ id: unknown-payee, match: { action: pay_out }, when: { field: args.payee, not_in: payees }, then: require_approval, approval: { approver_role: support-manager }, reason: Unknown payee }',
);

describe('I-3: an approval counts only for the exact request and the basis it was shown under', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  const ask = () => submitRefund(installation.core, bot, 450);
  const statusOf = async (executionId: string) =>
    (await readExecution(installation.core, bot, executionId)).status;
  /** What else may change between the question, the vote and the release, and whether the approval survives it. */
  const changes: readonly [string, boolean, () => Promise<unknown>][] = [
    [
      'a policy that does not concern it is published',
      true,
      () =>
        installation.publish(
          'guard',
          guard('{ id: other, match: { action: send_mail }, then: deny, reason: No mail }'),
        ),
    ],
    [
      'a list that no matched rule reads is changed',
      true,
      () =>
        installation.core.useCases.putList(installation.admin, { name: 'other', values: ['x'] }),
    ],
    [
      'a new rule denies it',
      false,
      () =>
        installation.publish(
          'guard',
          guard('{ id: stop, match: { action: issue_refund }, then: deny, reason: Frozen }'),
        ),
    ],
    [
      'a new rule asks another role as well',
      false,
      () =>
        installation.publish(
          'guard',
          guard(
            '{ id: more, match: { action: issue_refund }, then: require_approval, approval: { approver_role: cfo }, reason: More eyes }',
          ),
        ),
    ],
    [
      'the rule that matched is published in a new version',
      false,
      () => installation.publish('support', SUPPORT_POLICY.replace('above 100', 'above 100 or so')),
    ],
    [
      'the rule that matched is gone',
      false,
      () => installation.publish('support', '{"rules":[],"defaults":{"outcome":"ALLOW"}}'),
    ],
  ];
  const setAgent = async (status: 'active' | 'suspended') => {
    await installation.sql(`UPDATE agents SET status = $1 WHERE id = 'support-bot'`, [status]);
    await installation.sql(`UPDATE tenant_heads SET epoch = epoch + 1`);
  };

  beforeEach(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
  });
  afterEach(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it.each(changes)('before the vote %s: still valid %s', async (_name, survives, change) => {
    const asked = await ask();
    await change();
    const answer = await refusal(castVote(installation.core, ann, asked.executionId));
    expect(answer).toBe(survives ? 'none' : 'basis_changed');
    expect(await statusOf(asked.executionId)).toBe(survives ? 'approved' : 'cancelled');
    expect(await refusal(release(installation.core, bot, asked))).toBe(
      survives ? 'none' : 'basis_changed',
    );
  });

  it.each(changes)('before the release %s: still valid %s', async (_name, survives, change) => {
    const asked = await ask();
    await castVote(installation.core, ann, asked.executionId);
    await change();
    const answer = await refusal(release(installation.core, bot, asked));
    if (survives) expect(answer).toBe('none');
    else expect(answer).toBe('basis_changed');
    expect((await statusOf(asked.executionId)) === 'executing').toBe(survives);
  });

  it('a suspended agent gets neither a verdict nor a release until it is active again', async () => {
    const asked = await ask();
    const approved = await ask();
    await castVote(installation.core, ann, approved.executionId);
    await setAgent('suspended');
    for (const call of [
      castVote(installation.core, ann, asked.executionId),
      release(installation.core, bot, approved),
    ])
      expect(await refusal(call)).toBe('agent_suspended');
    expect(await statusOf(asked.executionId)).toBe('pending_approval');
    expect(await statusOf(approved.executionId)).toBe('approved');
    await setAgent('active');
    await castVote(installation.core, ann, asked.executionId);
    expect(await statusOf(asked.executionId)).toBe('approved');
    expect(await refusal(release(installation.core, bot, approved))).toBe('none');
  });

  it('a changed list voids what it was asked under when it makes the result stricter', async () => {
    const { useCases } = installation.core;
    await useCases.putList(installation.admin, { name: 'payees', values: ['acme'] });
    await installation.publish('guard', LISTED);
    const pay = (payee: string) =>
      submitRefund(installation.core, bot, 0, { action: 'pay_out', args: { payee } });
    expect((await pay('acme')).verdict).toBe('ALLOW');
    const asked = await pay('evil');
    expect(asked.verdict).toBe('REQUIRE_APPROVAL');
    await useCases.putList(installation.admin, { name: 'payees', values: ['acme', 'evil'] });
    // The basis differs now: it was shown as an unknown payee and no longer is one.
    expect(await refusal(castVote(installation.core, ann, asked.executionId))).toBe(
      'basis_changed',
    );
  });

  it('a rejection counts whatever has changed', async () => {
    const asked = await ask();
    await installation.publish(
      'guard',
      guard('{ id: stop, match: { action: issue_refund }, then: deny, reason: Frozen }'),
    );
    const receipt = await castVote(installation.core, ann, asked.executionId, 'reject');
    expect(receipt).toMatchObject({ counted: true, status: 'rejected' });
  });

  it('a vote or a release that names another digest is refused, and the right one still counts', async () => {
    const asked = await ask();
    const other = await submitRefund(installation.core, bot, 451);
    const { useCases } = installation.core;
    const vote = { approvalId: asked.executionId, verdict: 'approve', rationale: 'Fine' } as const;
    expect(await refusal(useCases.castVote(ann, { ...vote, argsDigest: other.argsDigest }))).toBe(
      'digest_mismatch',
    );
    await useCases.castVote(ann, { ...vote, argsDigest: asked.argsDigest });
    const swapped = { executionId: asked.executionId, argsDigest: other.argsDigest };
    expect(await refusal(release(installation.core, bot, swapped))).toBe('digest_mismatch');
    expect((await release(installation.core, bot, asked)).mayRun).toBe(true);
    expect(await refusal(release(installation.core, bot, other))).toBe('approval_pending');
  });

  it('the same arguments have another digest in another execution, so no approval can be moved', async () => {
    const [one, two] = [await ask(), await ask()];
    expect(one.argsDigest).not.toBe(two.argsDigest);
    await castVote(installation.core, ann, one.executionId);
    expect(
      await refusal(release(installation.core, bot, { ...two, argsDigest: one.argsDigest })),
    ).toBe('digest_mismatch');
  });

  it('another agent, even one with the same owner, can neither see nor release it', async () => {
    const other = await installation.agent('other-bot');
    const asked = await ask();
    await castVote(installation.core, ann, asked.executionId);
    expect(await refusal(release(installation.core, other, asked))).toBe('execution_not_found');
    expect(await refusal(readExecution(installation.core, other, asked.executionId))).toBe(
      'execution_not_found',
    );
  });

  it('stored arguments that were exchanged do not open, so nothing is approved or released', async () => {
    const [one, two] = [await ask(), await ask()];
    await installation.sql(
      `UPDATE payloads p SET wrapped_key = q.wrapped_key, ciphertext = q.ciphertext, commitment = q.commitment
         FROM payloads q WHERE p.execution = $1 AND q.execution = $2 AND p.kind = 'arguments' AND q.kind = 'arguments'`,
      [one.executionId, two.executionId],
    );
    expect(await refusal(castVote(installation.core, ann, one.executionId))).toBe('internal');
    expect(await statusOf(two.executionId)).toBe('pending_approval');
  });
});
