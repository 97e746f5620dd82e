import { randomBytes } from 'node:crypto';
import { remember } from './bounded-list';
import { type JsonRecord, optionalText, recordOf, recordsOf, textOf } from './json-shape';
import { LIMITS, MEMORY } from './limits';
import { withBlockIds } from './message-content';
import { blocksText, entitiesOf } from './rendered-text';
import { showBlocks } from './shown-blocks';
import type { FakeView } from './surface';
import { validateView } from './validate-blocks';
import { type ApiAnswer, answered, refused, refusedWith } from './web-api-method';
import type { Workspace } from './workspace';

export interface StoredView {
  readonly id: string;
  readonly user: string;
  readonly rootId: string;
  readonly previousId?: string;
  hash: string;
  content: JsonRecord;
  errors: Readonly<Record<string, string>>;
}

interface Trigger {
  readonly user: string;
  readonly expiresAtMs: number;
  /** Whether the person acted within a modal. */
  readonly fromModal: boolean;
  exchanged: boolean;
}

/** Modals and App Home of every person, and the triggers that open them. */
export interface Views {
  issueTrigger(user: string, fromModal: boolean): string;
  stackOf(user: string): readonly StoredView[];
  homeOf(user: string): StoredView | undefined;
  /** Any open view, App Home included. */
  find(id: string): StoredView | undefined;
  open(args: JsonRecord): ApiAnswer;
  push(args: JsonRecord): ApiAnswer;
  update(args: JsonRecord): ApiAnswer;
  publish(args: JsonRecord): ApiAnswer;
  /** What `response_action: update` or `push` does. @returns the reason of a refusal */
  replace(view: StoredView, content: unknown): string | undefined;
  pushOnto(user: string, content: unknown): string | undefined;
  setErrors(view: StoredView, errors: Readonly<Record<string, string>>): void;
  /** Closes a modal and those above it; all of the person's with `everything`. */
  close(view: StoredView, everything: boolean): void;
  payloadOf(view: StoredView, values: JsonRecord): JsonRecord;
}

const VIEW_BYTES = 250_000;
const fresh = (prefix: string): string =>
  `${prefix}${randomBytes(6).toString('hex').toUpperCase()}`;

export function createViews(workspace: Workspace): Views {
  const { identity, clock } = workspace;
  const triggers = new Map<string, Trigger>();
  const stacks = new Map<string, StoredView[]>();
  const homes = new Map<string, StoredView>();
  const stackOf = (user: string): StoredView[] => stacks.get(user) ?? [];
  const all = (): readonly StoredView[] => [...[...stacks.values()].flat(), ...homes.values()];
  const hash = (): string => `${String(clock.nowMs())}.${randomBytes(4).toString('hex')}`;

  const exchange = (id: string): Trigger | ApiAnswer => {
    const trigger = triggers.get(id);
    if (trigger === undefined) return refused('invalid_trigger_id');
    if (clock.nowMs() > trigger.expiresAtMs) return refused('expired_trigger_id');
    if (trigger.exchanged) return refused('exchanged_trigger_id');
    return trigger;
  };
  const refusal = (content: JsonRecord, instead?: StoredView): ApiAnswer | undefined => {
    const problems = validateView(content);
    if (problems.length > 0) return refusedWith('invalid_arguments', problems);
    if (Buffer.byteLength(JSON.stringify(content)) > VIEW_BYTES) return refused('view_too_large');
    const external = optionalText(content['external_id']);
    const holder = all().find((view) => textOf(view.content['external_id']) === external);
    return external !== undefined && holder !== undefined && holder !== instead
      ? refused('duplicate_external_id')
      : undefined;
  };
  const make = (user: string, content: JsonRecord, below: StoredView | undefined): StoredView => {
    const id = fresh('V');
    return {
      id,
      user,
      rootId: below?.rootId ?? id,
      ...(below === undefined ? {} : { previousId: below.id }),
      hash: hash(),
      content: named(content),
      errors: {},
    };
  };
  const set = (user: string, stack: StoredView[]): void => {
    if (stack.length === 0) stacks.delete(user);
    else stacks.set(user, stack);
    workspace.changed();
  };
  const put = (view: StoredView, content: JsonRecord): void => {
    view.content = named(content);
    view.hash = hash();
    view.errors = {};
    workspace.changed();
  };
  const payloadOf = (view: StoredView, values: JsonRecord): JsonRecord =>
    viewPayload(view, values, identity);

  const openFrom = (args: JsonRecord, pushing: boolean): ApiAnswer => {
    const content = recordOf(args['view']);
    if (content['type'] !== 'modal') return refused('invalid_arguments');
    // The view is checked before the trigger is spent, so a corrected one may still be opened.
    const refusedView = refusal(content);
    if (refusedView !== undefined) return refusedView;
    const trigger = exchange(textOf(args['trigger_id']));
    if ('ok' in trigger) return trigger;
    const stack = pushing ? stackOf(trigger.user) : [];
    if (pushing && (!trigger.fromModal || stack.length === 0)) return refused('invalid_arguments');
    if (stack.length >= LIMITS.modalStack) return refused('push_limit_reached');
    trigger.exchanged = true;
    const view = make(trigger.user, content, stack.at(-1));
    set(trigger.user, [...stack, view]);
    return answered({ view: payloadOf(view, {}) });
  };

  return {
    issueTrigger: (user, fromModal) => {
      const id = `${String(clock.nowMs())}.${fresh('')}.${randomBytes(16).toString('hex')}`;
      const expiresAtMs = clock.nowMs() + LIMITS.triggerMs;
      const trigger = { user, fromModal, expiresAtMs, exchanged: false };
      remember(triggers, id, trigger, MEMORY.triggers);
      return id;
    },
    stackOf,
    homeOf: (user) => homes.get(user),
    find: (id) => all().find((view) => view.id === id),
    open: (args) => openFrom(args, false),
    push: (args) => openFrom(args, true),
    update: (args) => {
      const content = recordOf(args['view']);
      const external = optionalText(args['external_id']);
      const view = all().find(
        (one) =>
          one.id === textOf(args['view_id']) ||
          (external !== undefined && textOf(one.content['external_id']) === external),
      );
      if (view === undefined) return refused('not_found');
      const refusedView = refusal(content, view);
      if (refusedView !== undefined) return refusedView;
      if (content['type'] !== view.content['type']) return refused('invalid_arguments');
      const expected = optionalText(args['hash']);
      if (expected !== undefined && expected !== view.hash) return refused('hash_conflict');
      put(view, content);
      return answered({ view: payloadOf(view, {}) });
    },
    publish: (args) => {
      const user = textOf(args['user_id']);
      if (!workspace.users.has(user)) return refused('user_not_found');
      const content = recordOf(args['view']);
      if (content['type'] !== 'home') return refused('invalid_arguments');
      const old = homes.get(user);
      const refusedView = refusal(content, old);
      if (refusedView !== undefined) return refusedView;
      const expected = optionalText(args['hash']);
      if (expected !== undefined && expected !== old?.hash) return refused('hash_conflict');
      const view = old ?? make(user, content, undefined);
      homes.set(user, view);
      put(view, content);
      return answered({ view: payloadOf(view, {}) });
    },
    replace: (view, content) => {
      const refusedView = refusal(recordOf(content), view);
      if (refusedView === undefined) put(view, recordOf(content));
      return explain(refusedView);
    },
    pushOnto: (user, content) => {
      const stack = stackOf(user);
      if (stack.length >= LIMITS.modalStack) return 'push_limit_reached';
      const refusedView = refusal(recordOf(content));
      if (refusedView === undefined)
        set(user, [...stack, make(user, recordOf(content), stack.at(-1))]);
      return explain(refusedView);
    },
    setErrors: (view, errors) => {
      view.errors = errors;
      workspace.changed();
    },
    close: (view, everything) => {
      const stack = stackOf(view.user);
      const index = stack.indexOf(view);
      if (index >= 0) set(view.user, everything ? [] : stack.slice(0, index));
    },
    payloadOf,
  };
}

const named = (content: JsonRecord): JsonRecord => ({
  ...content,
  blocks: withBlockIds(recordsOf(content['blocks'])),
});

function explain(answer: ApiAnswer | undefined): string | undefined {
  if (answer === undefined) return undefined;
  const messages = recordOf(answer['response_metadata'])['messages'];
  return [answer.error ?? '', ...(Array.isArray(messages) ? messages : [])].join(' ');
}

function viewPayload(
  view: StoredView,
  values: JsonRecord,
  { teamId, appId, botId }: Workspace['identity'],
): JsonRecord {
  const { content } = view;
  return {
    id: view.id,
    team_id: teamId,
    type: content['type'],
    blocks: content['blocks'],
    private_metadata: textOf(content['private_metadata']),
    callback_id: textOf(content['callback_id']),
    external_id: textOf(content['external_id']),
    state: { values },
    hash: view.hash,
    title: content['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
    submit: content['submit'] ?? null,
    close: content['close'] ?? null,
    clear_on_close: content['clear_on_close'] === true,
    notify_on_close: content['notify_on_close'] === true,
    previous_view_id: view.previousId ?? null,
    root_view_id: view.rootId,
    app_id: appId,
    app_installed_team_id: teamId,
    bot_id: botId,
  };
}

/** A view as a person sees it. */
export function toFakeView(view: StoredView, workspace: Workspace): FakeView {
  const { content } = view;
  const label = (key: string): string | undefined => optionalText(recordOf(content[key])['text']);
  const externalId = optionalText(content['external_id']);
  const submit = label('submit');
  const blocks = recordsOf(content['blocks']);
  const shown = showBlocks(blocks, workspace.names);
  const reading = { nowMs: workspace.clock.nowMs(), timeZone: 'UTC' };
  return {
    id: view.id,
    type: content['type'] === 'home' ? 'home' : 'modal',
    hash: view.hash,
    callbackId: textOf(content['callback_id']),
    privateMetadata: textOf(content['private_metadata']),
    ...(externalId === undefined ? {} : { externalId }),
    title: label('title') ?? '',
    ...(submit === undefined ? {} : { submit }),
    close: label('close') ?? 'Cancel',
    blocks,
    renderedText: blocksText(shown, workspace.labels, reading),
    entities: entitiesOf(shown, []),
    errors: view.errors,
  };
}
