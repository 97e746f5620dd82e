import { inertText } from '../inert-text';
import type { Cast, Say } from './cast';
import type { ShownForm, ShownMessage } from './demo-slack';
import { until } from './expectations';

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
    cast.slack.patienceMs,
  );
}

/** Waits for a note under a card that says this. */
export function noteUnder(cast: Cast, card: ShownMessage, text: string): Promise<ShownMessage> {
  return until(
    `the note "${text}" in the thread`,
    () => cast.slack.thread(card).find((note) => note.text.includes(text)),
    cast.slack.patienceMs,
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
  return until(what, look, cast.slack.patienceMs);
}

/** Tells a message of Slack as it reads there. */
export function quote(say: Say, text: string): void {
  for (const line of text.split('\n').filter((each) => each.trim() !== ''))
    for (const part of wrapped(inertText(line))) say(`  │ ${part}`);
}

/** Lines of at most WIDTH, broken at blanks where there are some; indentation is kept. */
function wrapped(line: string): readonly string[] {
  if (line.length <= WIDTH) return [line];
  const blank = line.lastIndexOf(' ', WIDTH);
  const end = line.slice(0, blank).trim() === '' ? WIDTH : blank;
  return [line.slice(0, end), ...wrapped(line.slice(end).trimStart())];
}
