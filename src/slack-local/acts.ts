import { randomBytes } from 'node:crypto';
import type { Deliveries } from './delivery';
import type { Delivered } from './dispatch';
import { fillForm, stateOf } from './form-values';
import { isRecord, type JsonRecord, recordOf, recordsOf, textOf } from './json-shape';
import { readContent } from './message-content';
import {
  actionOf,
  commandPayload,
  envelopeOf,
  eventPayload,
  findElement,
  type FoundElement,
  messagePart,
} from './payloads';
import type { ResponseUrls } from './response-urls';
import type {
  ActResult,
  CommandResult,
  FakeSlack,
  FakeUser,
  MessageClick,
  SubmitResult,
} from './surface';
import { viewPayload } from './show-view';
import type { StoredView, ViewStore } from './view-store';
import type { Triggers } from './view-triggers';
import type { Views } from './views';
import type { StoredChannel, StoredMessage } from './stored';
import type { Workspace } from './workspace';

export type Acts = Pick<
  FakeSlack,
  | 'click'
  | 'clickStale'
  | 'clickView'
  | 'submitView'
  | 'closeView'
  | 'openHome'
  | 'command'
  | 'say'
  | 'sendEvent'
  | 'redeliver'
>;

interface ActDeps {
  readonly workspace: Workspace;
  readonly views: Views;
  readonly store: ViewStore;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly deliveries: Deliveries;
}

const failed = (error: string): ActResult => ({ acked: false, ackMs: 0, error });
const resultOf = ({ acked, ackMs, error }: Delivered): ActResult => ({
  acked,
  ackMs,
  ...(error === undefined ? {} : { error }),
});

/** What people do in the workspace, and what the app is told of it. */
export function createActs(deps: ActDeps): Acts {
  const { workspace, store, deliveries } = deps;
  const event = async (content: JsonRecord): Promise<ActResult> => {
    const id = `Ev${randomBytes(6).toString('hex').toUpperCase()}`;
    const payload = eventPayload(workspace, content, id);
    return resultOf(await deliveries.send({ type: 'events_api', payload, acceptsResponse: false }));
  };
  return {
    click: (input) => clickMessage(deps, input, undefined),
    clickStale: ({ blocks, ...input }) => clickMessage(deps, input, recordsOf(blocks)),
    clickView: async (input) => {
      const user = personOf(workspace, input.user);
      const view = store.find(input.viewId);
      if (view === undefined || view.user !== user.id) return failed('view_not_found');
      const found = findElement(recordsOf(view.content['blocks']), input.actionId, input.blockId);
      return press(deps, user, found, input, {
        part: {
          container: { type: 'view', view_id: view.id },
          view: viewPayload(view, {}, workspace.identity),
        },
        fromModal: view.content['type'] === 'modal',
      });
    },
    submitView: (input) => submit(deps, input),
    closeView: (user, viewId) => close(deps, user, viewId),
    openHome: (user) => {
      const person = personOf(workspace, user);
      const home = store.homeOf(person.id);
      return event({
        type: 'app_home_opened',
        user: person.id,
        channel: workspace.directWith(person.id).id,
        tab: 'home',
        ...(home === undefined ? {} : { view: viewPayload(home, {}, workspace.identity) }),
      });
    },
    command: (input) => runCommand(deps, input),
    say: ({ user, channel, text: said, threadTs }) => {
      const stored = channelOf(workspace, channel);
      const ts = workspace.nextTs(stored);
      workspace.store({
        channel: stored.id,
        ts,
        user: personOf(workspace, user).id,
        text: said,
        textIsMrkdwn: true,
        blocks: [],
        ...(threadTs === undefined ? {} : { threadTs }),
        reactions: new Map(),
      });
      return { ts };
    },
    sendEvent: event,
    redeliver: async (nth = 1) => resultOf(await deliveries.again(nth)),
  };
}

function personOf(workspace: Workspace, id: string): FakeUser {
  const user = workspace.users.get(id);
  if (user === undefined) throw new Error(`No user ${id} in this workspace. Add one with addUser.`);
  return user;
}

function channelOf(workspace: Workspace, id: string): StoredChannel {
  const channel = workspace.channels.get(id);
  if (channel === undefined) throw new Error(`No channel ${id} in this workspace.`);
  return channel;
}

/** A press on a message, on its blocks as they are or, for a stale client, as they once were. */
async function clickMessage(
  deps: ActDeps,
  input: MessageClick,
  oldBlocks: readonly JsonRecord[] | undefined,
): Promise<ActResult> {
  const { workspace, responseUrls } = deps;
  const user = personOf(workspace, input.user);
  const private_ = (workspace.ephemerals.get(user.id) ?? []).find(
    ({ ts, channel }) => ts === input.ts && channel === input.channel,
  );
  const message = private_ ?? workspace.find(input.channel, input.ts);
  if (message === undefined) return failed('message_not_found');
  const channel = channelOf(workspace, input.channel);
  if (channel.directWith !== undefined && channel.directWith !== user.id)
    return failed('message_not_found');
  const found = findElement(oldBlocks ?? message.blocks, input.actionId, input.blockId);
  const isEphemeral = private_ !== undefined;
  const shown: StoredMessage =
    oldBlocks === undefined ? message : { ...message, blocks: oldBlocks };
  return press(deps, user, found, input, {
    part: messagePart(workspace, shown, isEphemeral),
    fromModal: false,
    responseUrl: () =>
      responseUrls.issue({ channel: input.channel, user: user.id, source: message, isEphemeral }),
  });
}

/** Where an element was pressed, as the payload tells it. */
interface Place {
  readonly fromModal: boolean;
  readonly part: JsonRecord;
  readonly responseUrl?: () => string;
}

async function press(
  deps: ActDeps,
  user: FakeUser,
  found: FoundElement | undefined,
  input: { readonly confirm?: boolean; readonly option?: string },
  place: Place,
): Promise<ActResult> {
  const { workspace, triggers, deliveries } = deps;
  const { part, responseUrl } = place;
  if (found === undefined) return failed('element_not_found');
  if (found.element['confirm'] !== undefined && input.confirm === false)
    return failed('confirm_denied');
  const actionTs = `${(workspace.clock.nowMs() / 1000).toFixed(6)}`;
  const action = actionOf(found, input.option, actionTs);
  if (action === undefined) return failed('option_not_found');
  const view = recordOf(part['view']);
  const state = stateValues(recordsOf(view['blocks'] ?? recordOf(part['message'])['blocks']));
  const payload = {
    type: 'block_actions',
    ...envelopeOf(workspace, user),
    trigger_id: triggers.issue(user.id, place.fromModal),
    ...part,
    state: { values: state },
    ...(responseUrl === undefined ? {} : { response_url: responseUrl() }),
    actions: [action],
  };
  return resultOf(await deliveries.send({ type: 'interactive', payload, acceptsResponse: false }));
}

/** The state of choices that stand in blocks, as they first appear. */
function stateValues(blocks: readonly JsonRecord[]): JsonRecord {
  const values: Record<string, Record<string, JsonRecord>> = {};
  for (const block of blocks) {
    const elements = [
      ...(block['type'] === 'actions' ? recordsOf(block['elements']) : []),
      recordOf(block['element']),
    ].filter(({ type }) => type !== undefined && type !== 'button' && type !== 'overflow');
    for (const element of elements) {
      const blockId = textOf(block['block_id']);
      const state = { [textOf(element['action_id'])]: stateOf(element, undefined) };
      values[blockId] = { ...values[blockId], ...state };
    }
  }
  return values;
}

async function submit(
  deps: ActDeps,
  input: Parameters<FakeSlack['submitView']>[0],
): Promise<SubmitResult> {
  const { workspace, store, triggers, deliveries } = deps;
  const user = personOf(workspace, input.user);
  const view = store.find(input.viewId);
  if (view === undefined || view.user !== user.id) return failed('view_not_found');
  if (view.content['submit'] === undefined) return failed('no_submit');
  const form = fillForm(recordsOf(view.content['blocks']), input.values);
  if (Object.keys(form.errors).length > 0) {
    store.setErrors(view, form.errors);
    return { ...failed('client_validation'), errors: { ...form.errors } };
  }
  const payload = {
    type: 'view_submission',
    ...envelopeOf(workspace, user),
    trigger_id: triggers.issue(user.id, true),
    view: viewPayload(view, form.values, workspace.identity),
    response_urls: [],
  };
  const delivered = await deliveries.send({ type: 'interactive', payload, acceptsResponse: true });
  const result = resultOf(delivered);
  return delivered.acked ? afterSubmit(deps, view, delivered.response, result) : result;
}

/** Does what the acknowledgement of a submission asks for. */
function afterSubmit(
  { views, store, workspace }: ActDeps,
  view: StoredView,
  response: unknown,
  result: ActResult,
): SubmitResult {
  const { response_action: action, errors, view: content } = recordOf(response);
  const broken = (reason: string): SubmitResult => {
    workspace.violation(`response to view_submission: ${reason}`);
    return { ...result, error: reason };
  };
  switch (action) {
    case undefined:
      store.close(view, false);
      return result;
    case 'clear':
      store.close(view, true);
      return result;
    case 'errors': {
      const messages = Object.fromEntries(
        Object.entries(recordOf(errors)).map(([blockId, message]) => [blockId, textOf(message)]),
      );
      const inputs = recordsOf(view.content['blocks'])
        .filter((block) => block['type'] === 'input')
        .map((block) => textOf(block['block_id']));
      const unknown = Object.keys(messages).filter((blockId) => !inputs.includes(blockId));
      if (!isRecord(errors) || Object.keys(messages).length === 0 || unknown.length > 0)
        return broken(`errors for no input block: ${unknown.join(', ')}`);
      store.setErrors(view, messages);
      return { ...result, errors: messages };
    }
    case 'update':
    case 'push': {
      const refusal =
        action === 'update' ? views.replace(view, content) : views.pushOnto(view.user, content);
      return refusal === undefined ? result : broken(refusal);
    }
    default:
      return broken(`unknown response_action ${String(action)}`);
  }
}

async function close(deps: ActDeps, userId: string, viewId: string): Promise<ActResult> {
  const { workspace, store, deliveries } = deps;
  const user = personOf(workspace, userId);
  const view = store.stackOf(user.id).find(({ id }) => id === viewId);
  if (view === undefined) return failed('view_not_found');
  const cleared = view.content['clear_on_close'] === true;
  store.close(view, cleared);
  if (view.content['notify_on_close'] !== true) return { acked: true, ackMs: 0 };
  const payload = {
    type: 'view_closed',
    ...envelopeOf(workspace, user),
    view: viewPayload(view, {}, workspace.identity),
    is_cleared: cleared,
  };
  return resultOf(await deliveries.send({ type: 'interactive', payload, acceptsResponse: false }));
}

async function runCommand(
  deps: ActDeps,
  input: Parameters<FakeSlack['command']>[0],
): Promise<CommandResult> {
  const { workspace, triggers, responseUrls, deliveries } = deps;
  const user = personOf(workspace, input.user);
  const channel = channelOf(workspace, input.channel);
  const payload = {
    ...commandPayload(workspace, user, channel.id, input),
    response_url: responseUrls.issue({ channel: channel.id, user: user.id, isEphemeral: false }),
    trigger_id: triggers.issue(user.id, false),
  };
  const delivered = await deliveries.send({
    type: 'slash_commands',
    payload,
    acceptsResponse: true,
  });
  const { response } = delivered;
  if (!delivered.acked || response === undefined) return resultOf(delivered);
  const refusal = showAnswer(deps, user.id, channel, response);
  if (refusal !== undefined) workspace.violation(`response to ${input.command}: ${refusal}`);
  return {
    ...resultOf(delivered),
    response,
    ...(refusal === undefined ? {} : { error: refusal }),
  };
}

/** The answer in the acknowledgement of a command: to the person alone unless it says otherwise. */
function showAnswer(
  { workspace }: ActDeps,
  user: string,
  channel: StoredChannel,
  response: unknown,
): string | undefined {
  const body = typeof response === 'string' ? { text: response } : recordOf(response);
  const read = readContent(body);
  if (!read.ok) return read.answer.error;
  const message: StoredMessage = {
    channel: channel.id,
    ts: workspace.nextTs(channel),
    user: workspace.identity.botUserId,
    botId: workspace.identity.botId,
    text: read.content.text ?? '',
    textIsMrkdwn: true,
    blocks: read.content.blocks ?? [],
    reactions: new Map(),
  };
  if (body['response_type'] === 'in_channel') workspace.store(message);
  else workspace.storeEphemeral(user, message);
  return undefined;
}
