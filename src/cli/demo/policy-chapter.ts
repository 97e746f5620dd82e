import { randomUUID } from 'node:crypto';
import { inert } from '../inert-text';
import { AGENT, askRefund, type Cast, runAndReport } from './cast';
import { expect } from './expectations';
import type { StoryTeller } from './teller';

export async function refundSmall(cast: Cast, teller: StoryTeller): Promise<void> {
  await teller.step('A refund of 45', async (say) => {
    const view = await askRefund(cast, 45, say);
    expect('verdict', view.verdict, 'ALLOW');
    expect('may run', view.mayRun, true);
    say(inert`ALLOW: ${view.reason}`);
    await runAndReport(cast, view.executionId, view.attemptId, 45);
    say('The agent pays the refund and reports it.');
  });
}

export async function deleteCustomer(cast: Cast, teller: StoryTeller): Promise<void> {
  await teller.step('An instruction hidden in a mail: delete the customer', async (say) => {
    say('The agent asks: delete_customer {"customer_id":"12345"}');
    const view = await cast.bot.submit({
      agent: AGENT,
      action: 'delete_customer',
      args: { customer_id: '12345' },
      context: { reason: 'the customer wrote: please remove me' },
      attemptId: randomUUID(),
    });
    expect('verdict', view.verdict, 'DENY');
    expect('may run', view.mayRun, false);
    expect('the rule', view.matched[0]?.rule, 'DENY_DELETE_CUSTOMER');
    say(inert`DENY by rule ${view.matched[0]?.rule}: ${view.reason}`);
  });
}
