import { performance } from 'node:perf_hooks';
import { randomUUID } from 'node:crypto';
import type { ExecutionView } from '../../core/execution/view';
import { awaitDecision } from '../await-decision';
import { inert } from '../inert-text';
import { askRefund, type Cast, L1_TIMER_MS, ORDER, runAndReport, type Say } from './cast';
import type { ShownMessage } from './demo-slack';
import { expect, expectText, refusalOf } from './expectations';
import { noteUnder, quote, shownCard, shownForm } from './slack-words';
import type { StoryTeller } from './teller';

const WAIT_LIMIT_MS = 60_000;
const RATIONALE = `Refund matches ticket ${ORDER}`;

/** Nobody answers at L1, the clock asks L2, and she decides in Slack. */
export async function refundOverTheLadder(cast: Cast, teller: StoryTeller): Promise<ExecutionView> {
  const asked = await askInSlack(cast, teller);
  const attemptId = asked.attemptId ?? randomUUID();
  const polling = new AbortController();
  const deciding = awaitDecision(cast.bot, asked.executionId, {
    ...{ timeoutMs: WAIT_LIMIT_MS, attemptId, signal: polling.signal },
  }).then((view) => ({ view, atMs: performance.now() }));
  // Its failure belongs to the step that waits for it.
  deciding.catch(() => undefined);
  try {
    const card = await climbToL2(cast, teller, asked);
    await refuseStranger(cast, teller, asked, card);
    const votedAtMs = await decideInSlack(cast, teller, asked, card);
    return await teller.step('The agent wakes and pays', async (say) => {
      const { view, atMs } = await deciding;
      expect('status after the vote', view.status, 'approved');
      say(
        inert`Its waiting call ended ${Math.round(Math.max(0, atMs - votedAtMs))} ms after Carol sent the form.`,
      );
      const { executionId, argsDigest } = asked;
      const released = await cast.bot.release(executionId, { argsDigest, attemptId });
      expect('may run', released.mayRun, true);
      const done = await runAndReport(cast, executionId, attemptId, 450);
      expect('status after the report', done.status, 'committed');
      say('It takes the one run that the approval gives, pays, and reports.');
      return done;
    });
  } finally {
    polling.abort();
  }
}

async function askInSlack(cast: Cast, teller: StoryTeller): Promise<ExecutionView> {
  return teller.step('A refund of 450 asks the support managers in Slack', async (say) => {
    const asked = await askRefund(cast, 450, say);
    expect('verdict', asked.verdict, 'REQUIRE_APPROVAL');
    expect('status', asked.status, 'pending_approval');
    expect('may run', asked.mayRun, false);
    say(inert`REQUIRE_APPROVAL: ${asked.reason}. The agent waits.`);
    const card = await shownCard(
      cast,
      asked.executionId,
      'the card in Slack',
      ([root]) => root !== undefined,
    );
    expectText('the card', card.text, 'L1 approval needed');
    expectText('the card', card.text, '"amount": 450');
    say('In the channel stands a card that shows exactly what will run:');
    quote(say, card.text);
    const note = await noteUnder(cast, card, 'L1 is asked');
    expect('whether Alice is called', note.mentions.includes(cast.alice), true);
    return asked;
  });
}

async function climbToL2(
  cast: Cast,
  teller: StoryTeller,
  asked: ExecutionView,
): Promise<ShownMessage> {
  return teller.step('L1 is silent: a reminder, then the next level', async (say) => {
    const { executionId } = asked;
    const first = await shownCard(
      cast,
      executionId,
      'the card',
      ([card]) => card?.text.includes('L1 approval needed') === true,
    );
    await noteUnder(cast, first, 'Reminder');
    say(inert`Alice does not answer. After ${L1_TIMER_MS / 2_000} s the thread reminds her.`);
    const card = await shownCard(
      cast,
      executionId,
      'the card of L2 and a copy for who is on call',
      (cards) => cards.length === 2 && cards.every(({ text }) => text.includes('L2 approval')),
    );
    expect('the message with the card', card.ts, first.ts);
    say(inert`After ${L1_TIMER_MS / 1_000} s the timer ends the level. The same card now says:`);
    quote(say, linesWith(card.text, ['approval needed', 'timed out', 'ends']));
    const call = await noteUnder(cast, card, 'L2 is asked');
    expect('whether Carol is called', call.mentions.includes(cast.carol), true);
    say('The thread calls Carol; she is on call, so a copy also goes to her directly:');
    quote(say, call.text);
    return card;
  });
}

async function refuseStranger(
  cast: Cast,
  teller: StoryTeller,
  asked: ExecutionView,
  card: ShownMessage,
): Promise<void> {
  await teller.step('Mallory presses Approve', async (say) => {
    await cast.slack.press(cast.mallory, card, 'approve');
    const told = await shownForm(cast, cast.mallory, 'a private answer to Mallory', ({ text }) =>
      text.includes('linked to nobody'),
    );
    expect('whether Mallory may answer', told.takesAnswer, false);
    say('Only Mallory reads this:');
    quote(say, told.text);
    const { status } = await cast.bot.readExecution(asked.executionId);
    expect('status after her click', status, 'pending_approval');
  });
}

/** Answers the moment when she sent the form. */
async function decideInSlack(
  cast: Cast,
  teller: StoryTeller,
  asked: ExecutionView,
  card: ShownMessage,
): Promise<number> {
  return teller.step('Carol approves in the form', async (say) => {
    const { slack, carol } = cast;
    await slack.press(carol, card, 'approve');
    const form = await shownForm(cast, carol, 'her form', (each) => each.takesAnswer);
    expectText('the form', form.text, '"amount": 450');
    await slack.submit(carol, 'ok          ');
    const refused = await shownForm(
      cast,
      carol,
      'an error in it',
      (each) => each.errors.length > 0,
    );
    say(inert`She presses Approve and writes "ok". The form answers: ${refused.errors[0]}`);
    const votedAtMs = performance.now();
    await slack.submit(carol, RATIONALE);
    await shownForm(cast, carol, 'the answer of the form', ({ title }) => title === 'Approved');
    say(inert`She writes "${RATIONALE}". It is recorded.`);
    await shownClosed(cast, asked.executionId, say);
    return votedAtMs;
  });
}

async function shownClosed(cast: Cast, executionId: string, say: Say): Promise<void> {
  const closed = await shownCard(
    cast,
    executionId,
    'every copy of the card to close with her name',
    (cards) =>
      cards.length === 2 &&
      cards.every(({ text }) => text.includes('Approved') && text.includes(RATIONALE)),
  );
  const copies = cast.slack.cards(executionId).length;
  say(inert`All ${copies} copies of the card close with her name:`);
  quote(say, linesWith(closed.text, ['✅']));
  for (const { text } of cast.slack.cards(executionId)) {
    expectText('a copy of the card', text, '@carol');
    expect('whether a copy still has buttons', text.includes('[Approve]'), false);
  }
}

/** The lines of a card that say one of these. */
const linesWith = (text: string, wanted: readonly string[]): string =>
  text
    .split('\n')
    .filter((line) => wanted.some((each) => line.includes(each)))
    .join('\n');

export async function releaseAgain(
  cast: Cast,
  teller: StoryTeller,
  approved: ExecutionView,
): Promise<void> {
  await teller.step('The same approval, a second time', async (say) => {
    const runsBefore = cast.refunds.runs;
    say('A second try presents the approval that was already used.');
    const { executionId, argsDigest } = approved;
    const refused = await refusalOf(
      cast.bot.release(executionId, { argsDigest, attemptId: randomUUID() }),
    );
    expect('the code of the refusal', refused.problem.code, 'already_released');
    say(inert`Refused: ${refused.problem.what}`);
    expect('runs of the tool', cast.refunds.runs, runsBefore);
  });
}
