import { inert } from '../inert-text';
import { AGENT, askRefund, type Cast, runAndReport } from './cast';
import { expect } from './expectations';
import { quote, shownCard } from './slack-words';
import type { StoryTeller } from './teller';

/** One agent is stopped: what waits for it is void, and its card says so. */
export async function killOneAgent(cast: Cast, teller: StoryTeller): Promise<void> {
  await teller.step('The kill switch for one agent', async (say) => {
    const asked = await askRefund(cast, 460, say);
    expect('status', asked.status, 'pending_approval');
    const { executionId } = asked;
    await shownCard(cast, executionId, 'its card', ([card]) => card !== undefined);
    const engaged = await cast.admin.engageKillSwitch({
      ...{ scope: 'agent', target: AGENT },
      ...{ reason: 'Demo: this agent refunds too much', severity: 'critical' },
    });
    expect('the switch is active', engaged.active, true);
    say(inert`While that waits, an admin stops ${AGENT}. The card in Slack closes:`);
    const card = await shownCard(
      cast,
      executionId,
      'the card to close',
      ([root]) => root?.text.includes('Stopped by a kill switch') === true,
    );
    quote(say, card.text.split('\n')[0] ?? '');
    expect('whether it still has buttons', card.text.includes('[Approve]'), false);
    const { status } = await cast.bot.readExecution(executionId);
    expect('status of what waited', status, 'killed');
    await cast.admin.liftKillSwitch(engaged.id, 'Demo: checked, all well');
  });
}

export async function killAndLift(cast: Cast, teller: StoryTeller): Promise<void> {
  await teller.step('The kill switch for everything', async (say) => {
    const engaged = await cast.admin.engageKillSwitch({
      scope: 'global',
      reason: 'Demo: unusual refunds',
      severity: 'critical',
    });
    expect('the switch is active', engaged.active, true);
    say('An admin engages the global kill switch.');
    const stopped = await askRefund(cast, 45, say);
    expect('verdict', stopped.verdict, 'DENY');
    expect('the code', stopped.reasonCode, 'kill_switch_active');
    say(inert`DENY: ${stopped.reason}`);
    const lifted = await cast.admin.liftKillSwitch(engaged.id, 'Demo: checked, all well');
    expect('the switch is active', lifted.active, false);
    const next = await askRefund(cast, 45, say);
    expect('verdict after lifting', next.verdict, 'ALLOW');
    await runAndReport(cast, next.executionId, next.attemptId, 45);
    say('Lifted with a reason: the next refund passes. What was stopped stays void.');
    expect('runs of the tool', cast.refunds.runs, 3);
  });
}
