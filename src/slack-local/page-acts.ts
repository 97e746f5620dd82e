import { isRecord, type JsonRecord, optionalText, recordOf, textOf } from './json-shape';
import type { FakeSlack, FormValues } from './surface';

/** What the page's script may ask for; each answers with what the person sees. */
export type PageAct = (body: JsonRecord) => Promise<unknown>;

const MOST_CHARACTERS = 4000;

/** What a person types, cut where Slack's own field would stop. */
const typed = (value: unknown): string => textOf(value).slice(0, MOST_CHARACTERS);

/** The acts behind POST /api/<name>. */
export function pageActs(slack: FakeSlack): Readonly<Record<string, PageAct>> {
  const press = (body: JsonRecord) => ({
    user: textOf(body['user']),
    actionId: textOf(body['actionId']),
    ...(optionalText(body['blockId']) === undefined ? {} : { blockId: textOf(body['blockId']) }),
    ...(optionalText(body['option']) === undefined ? {} : { option: textOf(body['option']) }),
  });
  return {
    click: (body) =>
      slack.click({ ...press(body), channel: textOf(body['channel']), ts: textOf(body['ts']) }),
    'click-view': (body) => slack.clickView({ ...press(body), viewId: textOf(body['viewId']) }),
    submit: (body) =>
      slack.submitView({
        user: textOf(body['user']),
        viewId: textOf(body['viewId']),
        values: formValues(body['values']),
      }),
    close: (body) => slack.closeView(textOf(body['user']), textOf(body['viewId'])),
    home: (body) => slack.openHome(textOf(body['user'])),
    send: async (body) => {
      const user = textOf(body['user']);
      const channel = textOf(body['channel']);
      const text = typed(body['text']).trim();
      const command = /^(\/\S+)\s*([^]*)$/.exec(text);
      if (command !== null)
        return slack.command({ user, channel, command: command[1] ?? '', text: command[2] ?? '' });
      if (text !== '') slack.say({ user, channel, text });
      return { acked: true, ackMs: 0 };
    },
    'add-user': async (body) => {
      const realName = typed(body['name']).trim();
      if (realName === '') throw new Error('A person needs a name.');
      const email = optionalText(typed(body['email']).trim());
      return slack.addUser({
        name: handleOf(realName),
        realName,
        ...(email === undefined ? {} : { email }),
        ...(body['isGuest'] === true ? { isRestricted: true } : {}),
      });
    },
  };
}

/** `Dana Scott` is called `dana.scott`. */
const handleOf = (realName: string): string =>
  realName
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.|\.$/g, '') || 'person';

const formValues = (value: unknown): FormValues =>
  Object.fromEntries(
    Object.entries(recordOf(value)).flatMap(([blockId, actions]) =>
      isRecord(actions) ? [[blockId, actions]] : [],
    ),
  );
