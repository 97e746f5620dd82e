import type {
  ActResult,
  FakeMessage,
  FakeSlack,
  FakeView,
  SubmitResult,
} from '../../src/slack-local/surface';
import { eventually } from './eventually';

const SHOWN_WITHIN_MS = 45_000;
const CARD_BUTTONS = { approve: 'cs:approve', reject: 'cs:reject', details: 'cs:details' } as const;
type CardButton = keyof typeof CARD_BUTTONS;

const executionOf = ({ metadata }: FakeMessage): unknown =>
  (metadata?.['event_payload'] as { readonly execution?: unknown } | undefined)?.execution;

/** What people of a workspace see of requests, and what they do about them. */
export function slackScene(slack: FakeSlack) {
  const everything = (): readonly FakeMessage[] =>
    slack.channels().flatMap(({ id }) => slack.messages(id));
  /** Cards of an execution, wherever they stand: the channel's, then copies. */
  const cards = (execution: string): readonly FakeMessage[] =>
    everything()
      .filter((message) => message.threadTs === undefined && executionOf(message) === execution)
      .sort((a, b) => Number(isDirect(a)) - Number(isDirect(b)));
  const isDirect = ({ channel }: FakeMessage): boolean =>
    slack.channels().find(({ id }) => id === channel)?.directWith !== undefined;
  const thread = (execution: string): readonly FakeMessage[] => {
    const [card] = cards(execution);
    return everything().filter(
      ({ threadTs, channel }) => threadTs === card?.ts && channel === card?.channel,
    );
  };
  const shown = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    let found: T | undefined;
    try {
      await eventually(async () => (found = look()) !== undefined, {
        ...{ limitMs: SHOWN_WITHIN_MS, what },
      });
    } catch (error) {
      const seen = everything().map(({ renderedText }) => renderedText);
      throw new Error(`${String(error)}; what is to be seen:\n${seen.join('\n---\n')}`, {
        cause: error,
      });
    }
    return found as T;
  };
  const topView = (account: string): FakeView | undefined => slack.views(account).at(-1);
  const viewOf = (account: string, isSo: (view: FakeView) => boolean): Promise<FakeView> =>
    shown(`a view of ${account}`, () => {
      const view = topView(account);
      return view !== undefined && isSo(view) ? view : undefined;
    });
  const click = (
    account: string,
    { channel, ts }: Pick<FakeMessage, 'channel' | 'ts'>,
    button: CardButton,
  ): Promise<ActResult> =>
    slack.click({ user: account, channel, ts, actionId: CARD_BUTTONS[button], confirm: true });
  return {
    cards,
    thread,
    shown,
    viewOf,
    click,
    /** A click on what the card once was. */
    clickStale: (account: string, old: FakeMessage, button: CardButton): Promise<ActResult> => {
      const { channel, ts, blocks } = old;
      const actionId = CARD_BUTTONS[button];
      return slack.clickStale({ user: account, channel, ts, actionId, blocks, confirm: true });
    },
    /** The channel's card, once it says this. */
    cardSaying: (execution: string, text: string): Promise<FakeMessage> =>
      shown(`a card that says "${text}"`, () => {
        const [card] = cards(execution);
        return card?.renderedText.includes(text) === true ? card : undefined;
      }),
    /** Every copy, once each of `count` says this. */
    copiesSaying: (
      execution: string,
      count: number,
      text: string,
    ): Promise<readonly FakeMessage[]> =>
      shown(`${String(count)} copies that say "${text}"`, () => {
        const found = cards(execution);
        const all = found.length === count && found.every((m) => m.renderedText.includes(text));
        return all ? found : undefined;
      }),
    noteSaying: (execution: string, text: string): Promise<FakeMessage> =>
      shown(`a note that says "${text}"`, () =>
        thread(execution).find(({ renderedText }) => renderedText.includes(text)),
      ),
    /** The newest private answer of an account that says this. */
    toldPrivately: (account: string, text: string): Promise<string> =>
      shown(`a private answer that says "${text}"`, () =>
        slack
          .ephemerals(account)
          .map(({ renderedText }) => renderedText)
          .findLast((told) => told.includes(text)),
      ),
    /** Presses a button and waits for the form that takes an answer. */
    openForm: async (
      account: string,
      card: Pick<FakeMessage, 'channel' | 'ts'>,
      button: CardButton,
    ): Promise<FakeView> => {
      await click(account, card, button);
      return viewOf(account, ({ submit }) => submit !== undefined);
    },
    submit: (account: string, rationale: string): Promise<SubmitResult> => {
      const values = { rationale: { text: rationale } };
      return slack.submitView({ user: account, viewId: topView(account)?.id ?? '', values });
    },
  };
}

export type SlackScene = ReturnType<typeof slackScene>;
