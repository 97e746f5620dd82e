import { setTimeout as delay } from 'node:timers/promises';
import type { FakeMessage, FakeSlack } from '../../src/slack-local/surface';

const GIVE_UP_MS = 90_000;
const PAUSE_MS = 150;
/** How long a private answer may take after the acknowledgement. */
const ANSWER_MS = 4_000;

/** What people see of an execution in the channel, and their way of pressing its buttons. */
export interface Desk {
  cards(execution: string): readonly FakeMessage[];
  notes(execution: string): readonly FakeMessage[];
  /** The next root message of an execution that has none yet. */
  nextCard(): Promise<void>;
  /** The card once it is there and its button can be pressed. */
  openCard(execution: string, actionId?: string): Promise<FakeMessage>;
  /** One press, whatever becomes of it. */
  pressOnce(user: string, execution: string, actionId: string): Promise<void>;
  /**
   * Presses as a person does who is told "not recorded" or nothing at all: again, until there is an answer.
   * @returns the private answer; undefined where the card lost its buttons before there was one
   */
  press(user: string, execution: string, actionId: string): Promise<string | undefined>;
  /**
   * The same for somebody who waits for a card that lags behind. A card that closes without an answer, because
   * who took the press was killed, tells the rest.
   */
  pressUntilRecorded(user: string, execution: string, actionId: string): Promise<void>;
}

const executionOf = ({ metadata }: FakeMessage): string | undefined => {
  const payload = metadata?.['event_payload'] as { readonly execution?: string } | undefined;
  return payload?.execution;
};

const hasButton = ({ blocks }: FakeMessage, actionId: string): boolean =>
  JSON.stringify(blocks).includes(`"${actionId}"`);

/** Answers that leave it open whether the vote counts. */
const NO_ANSWER = /did not answer|could not give a full answer/;
const STALE = /moved to another level|has changed since/;

export function createDesk(slack: FakeSlack, channel: string): Desk {
  const all = (execution: string): readonly FakeMessage[] =>
    slack.messages(channel).filter((message) => executionOf(message) === execution);
  const cards = (execution: string): readonly FakeMessage[] =>
    all(execution).filter(({ threadTs }) => threadTs === undefined);
  const roots = (): number =>
    slack.messages(channel).filter(({ threadTs }) => threadTs === undefined).length;
  const openCard: Desk['openCard'] = async (execution, actionId = 'cs:approve') => {
    const until = Date.now() + GIVE_UP_MS;
    for (;;) {
      const [card] = cards(execution);
      if (card !== undefined && hasButton(card, actionId)) return card;
      if (Date.now() > until) throw new Error(`no card of ${execution} with ${actionId}`);
      await delay(PAUSE_MS);
    }
  };
  const click = async (user: string, card: FakeMessage, actionId: string): Promise<boolean> => {
    const { acked } = await slack.click({ user, channel, ts: card.ts, actionId });
    return acked;
  };
  const press: Desk['press'] = async (user, execution, actionId) => {
    const until = Date.now() + GIVE_UP_MS;
    for (;;) {
      const [card] = cards(execution);
      if (card !== undefined && !hasButton(card, actionId)) return undefined;
      const before = slack.ephemerals(user).length;
      if (card !== undefined && (await click(user, card, actionId))) {
        const answer = await answerAfter(slack, user, before);
        if (answer !== undefined && !NO_ANSWER.test(answer)) return answer;
      }
      if (Date.now() > until) throw new Error(`no answer to ${actionId} on ${execution}`);
      await delay(PAUSE_MS);
    }
  };
  return {
    cards,
    notes: (execution) => all(execution).filter(({ threadTs }) => threadTs !== undefined),
    nextCard: () => {
      const before = roots();
      return new Promise((resolve) => {
        const stop = slack.onChange(() => {
          if (roots() === before) return;
          stop();
          resolve();
        });
      });
    },
    openCard,
    pressOnce: async (user, execution, actionId) => {
      await click(user, await openCard(execution, actionId), actionId);
    },
    press,
    pressUntilRecorded: async (user, execution, actionId) => {
      const until = Date.now() + GIVE_UP_MS;
      for (;;) {
        const answer = await press(user, execution, actionId);
        if (answer === undefined || /is recorded/.test(answer)) return;
        if (!STALE.test(answer) || Date.now() > until)
          throw new Error(`${actionId} on ${execution} was answered with: ${answer}`);
        await delay(PAUSE_MS);
      }
    },
  };
}

async function answerAfter(
  slack: FakeSlack,
  user: string,
  before: number,
): Promise<string | undefined> {
  const until = Date.now() + ANSWER_MS;
  while (Date.now() < until) {
    const answers = slack.ephemerals(user);
    if (answers.length > before) return answers.at(-1)?.renderedText;
    await delay(20);
  }
  return undefined;
}
