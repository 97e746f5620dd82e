import { randomUUID } from 'node:crypto';
import type { ExecutionView } from '../../core/execution/view';
import type { ApiClient } from '../api-client';
import { inert } from '../inert-text';
import type { DemoSlack } from './demo-slack';
import { expect } from './expectations';
import type { StoryTeller } from './teller';

/** Who plays: each with a client of their own, and an account in Slack where they decide there. */
export interface Cast {
  readonly admin: ApiClient;
  readonly bot: ApiClient;
  /** Accounts in Slack. Mallory's is linked to nobody. */
  readonly alice: string;
  readonly carol: string;
  readonly mallory: string;
  readonly slack: DemoSlack;
  /** The pretended payment system: it only counts and adds up. */
  readonly refunds: { runs: number; paid: number };
}

export type Say = (line: string) => void;

export const AGENT = 'support-bot';
export const ORDER = '4711';
export const L1_TIMER_MS = 6_000;
const SHIFT_MS = 3_600_000;

/** L1 is of whoever the rule names, here the support managers. */
const CHAIN = `apiVersion: countersign/v1
kind: ApprovalChain
metadata: { id: standard }
levels:
  - name: L1
    approvers: { any_of: [{ role: approver }] }
    timeout: ${String(L1_TIMER_MS / 1_000)}s
    reminders: [50%]
    on_timeout: escalate
  - name: L2
    approvers: { any_of: [{ role: head-of-support }, { on_call: support }] }
    timeout: 5m
on_final_timeout: reject
rationale: { approve: required, reject: required, min_length: 10 }
`;

async function introducePerson(
  { admin, slack }: Pick<Cast, 'admin' | 'slack'>,
  id: string,
  name: string,
  approverRole: string,
): Promise<string> {
  await admin.createUser({
    ...{ id, name, email: `${id}@example.com` },
    ...{ roles: ['Operator'], approverRoles: [approverRole] },
  });
  const userId = slack.join(id);
  const link = await admin.linkSlackIdentity(id, { teamId: slack.teamId, userId });
  expect(`who ${name}'s account is linked to`, link.principal, `user:${id}`);
  return userId;
}

/** The cast and the rules, on an empty server. */
export async function introduce(
  admin: ApiClient,
  parts: { readonly policyText: string; readonly slack: DemoSlack },
  teller: StoryTeller,
): Promise<Cast> {
  return teller.step('The cast and the rules', async (say) => {
    const { slack } = parts;
    const alice = await introducePerson({ admin, slack }, 'alice', 'Alice', 'support-manager');
    const carol = await introducePerson({ admin, slack }, 'carol', 'Carol', 'head-of-support');
    const mallory = slack.join('mallory');
    const now = Date.now();
    await admin.putOnCall('support', [
      {
        user: 'carol',
        from: new Date(now - SHIFT_MS).toISOString(),
        to: new Date(now + SHIFT_MS).toISOString(),
      },
    ]);
    say('Alice is a support manager, Carol is head of support and on call. Both are in Slack,');
    say('and so is Mallory, whose account is linked to nobody.');
    const agent = await admin.registerAgent({
      ...{ id: AGENT, owner: 'bob' },
      ...{ riskLevel: 'medium', environment: 'prod' },
    });
    say(inert`The agent ${agent.id} is registered for prod; Bob answers for it.`);
    const policy = await admin.createPolicy({
      ...{ id: 'support', text: parts.policyText },
      ...{ contentType: 'application/json', publish: true },
    });
    expect('the policy is published', policy.published, true);
    say(inert`Policy "${policy.id}" version ${policy.version} is published:`);
    say('  refunds up to 100 pass, larger ones need a manager, customers are never deleted.');
    const chain = await admin.publishChain({ content: CHAIN, contentType: 'application/yaml' });
    say(inert`Chain "${chain.id}" version ${chain.version} is published:`);
    say(inert`  L1 has ${L1_TIMER_MS / 1_000} s, then L2, the head of support, is asked.`);
    const refunds = { runs: 0, paid: 0 };
    return { admin, bot: admin.withKey(agent.key), alice, carol, mallory, slack, refunds };
  });
}

export async function askRefund(cast: Cast, amount: number, say: Say): Promise<ExecutionView> {
  say(inert`The agent asks: issue_refund {"order_id":"${ORDER}","amount":${amount}}`);
  return cast.bot.submit({
    agent: AGENT,
    action: 'issue_refund',
    args: { order_id: ORDER, amount },
    context: { reason: 'arrived broken' },
    attemptId: randomUUID(),
  });
}

/** The agent's own part: run the tool once, then say what became of it. */
export async function runAndReport(
  cast: Cast,
  executionId: string,
  attemptId: string | undefined,
  amount: number,
): Promise<ExecutionView> {
  cast.refunds.runs += 1;
  cast.refunds.paid += amount;
  return cast.bot.reportOutcome(executionId, {
    status: 'committed',
    attemptId,
    result: { refunded: amount },
  });
}
