import { inertText } from '../inert-text';
import type { Cast, Say } from './cast';
import type { ShownForm, ShownMessage } from './demo-slack';
import { until } from './expectations';

/** Slack may lag behind the truth; longer than this is not as expected. */
const SHOWN_WITHIN_MS = 15_000;
const WIDTH = 92;

/** Waits for the cards of an execution to be as they should; answers that of the channel. */
export async function shownCard(
  cast: Cast,
  executionId: string,
  what: string,
  isSo: (cards: readonly ShownMessage[]) => boolean,
): Promise<ShownMessage> {
  return until(
    what,
    () => {
      const cards = cast.slack.cards(executionId);
      return isSo(cards) ? cards[0] : undefined;
    },
    SHOWN_WITHIN_MS,
  );
}

/** Waits for a note under a card that says this. */
export function noteUnder(cast: Cast, card: ShownMessage, text: string): Promise<ShownMessage> {
  return until(
    `the note "${text}" in the thread`,
    () => cast.slack.thread(card).find((note) => note.text.includes(text)),
    SHOWN_WITHIN_MS,
  );
}

/** Waits for a person's form to be as it should. */
export function shownForm(
  cast: Cast,
  account: string,
  what: string,
  isSo: (form: ShownForm) => boolean,
): Promise<ShownForm> {
  const look = (): ShownForm | undefined => {
    const form = cast.slack.form(account);
    return form !== undefined && isSo(form) ? form : undefined;
  };
  return until(what, look, SHOWN_WITHIN_MS);
}

/** Tells a message of Slack as it reads there; long lines end with an ellipsis. */
export function quote(say: Say, text: string): void {
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const shown = inertText(line);
    say(`  │ ${shown.length > WIDTH ? `${shown.slice(0, WIDTH - 1)}…` : shown}`);
  }
}
