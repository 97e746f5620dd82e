import type { DemoSlack, ShownMessage } from '../cli/demo/demo-slack';
import type { ActResult, FakeMessage, FakeSlack, FakeView } from '../slack-local/surface';

const BUTTONS = { approve: 'cs:approve', reject: 'cs:reject' } as const;
const PATIENCE_MS = 15_000;
const RATIONALE = { block: 'rationale', action: 'text' } as const;

const shown = ({ channel, ts, renderedText, entities }: FakeMessage): ShownMessage => ({
  ...{ channel, ts, text: renderedText, mentions: entities.users },
});

/** Which execution a message speaks of, by what we marked it with. */
function executionOf({ metadata }: FakeMessage): unknown {
  const payload = metadata?.['event_payload'];
  return typeof payload === 'object' && payload !== null && 'execution' in payload
    ? payload.execution
    : undefined;
}

/** What Slack itself could not do fails the story; what the product refuses does not. */
async function acted(what: string, act: Promise<ActResult>): Promise<void> {
  const { acked, error } = await act;
  if (!acked && error !== 'client_validation')
    throw new Error(`Slack: ${what}: ${error ?? 'not acknowledged'}`);
}

/** The local workspace as the people of the story use it. */
export function demoSlack(slack: FakeSlack): DemoSlack {
  const topView = (account: string): FakeView | undefined => slack.views(account).at(-1);
  const isCard = (message: FakeMessage): boolean => message.threadTs === undefined;
  return {
    teamId: slack.teamId,
    patienceMs: PATIENCE_MS,
    join: (name) => slack.addUser({ name }).id,
    cards: (executionId) =>
      [...slack.channels()]
        .sort((a, b) => Number(a.directWith !== undefined) - Number(b.directWith !== undefined))
        .flatMap(({ id }) => slack.messages(id))
        .filter((message) => isCard(message) && executionOf(message) === executionId)
        .map(shown),
    thread: ({ channel, ts }) =>
      slack
        .messages(channel)
        .filter((message) => message.threadTs === ts)
        .map(shown),
    press: (user, { channel, ts }, button) =>
      acted(
        `press of ${button}`,
        slack.click({ user, channel, ts, actionId: BUTTONS[button], confirm: true }),
      ),
    form: (account) => {
      const view = topView(account);
      if (view === undefined) return undefined;
      const { title, renderedText: text, submit, errors } = view;
      return { title, text, takesAnswer: submit !== undefined, errors: Object.values(errors) };
    },
    submit: (user, rationale) => {
      const values = { [RATIONALE.block]: { [RATIONALE.action]: rationale } };
      const viewId = topView(user)?.id ?? '';
      return acted('sending of a form', slack.submitView({ user, viewId, values }));
    },
  };
}
