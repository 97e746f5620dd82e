import { type JsonRecord, listOf, optionalText, recordOf, textOf } from './json-shape';
import { LIMITS } from './limits';
import { viewPayload } from './show-view';
import { validateView } from './validate-blocks';
import type { StoredView, ViewStore } from './view-store';
import type { Triggers } from './view-triggers';
import { answered, type ApiAnswer, refused, refusedWith } from './web-api-method';
import type { Workspace } from './workspace';

/** The rules by which views open, stack and change. */
export interface Views {
  open(args: JsonRecord): ApiAnswer;
  push(args: JsonRecord): ApiAnswer;
  update(args: JsonRecord): ApiAnswer;
  publish(args: JsonRecord): ApiAnswer;
  /** What `response_action: update` does. @returns the reason of a refusal */
  replace(view: StoredView, content: unknown): string | undefined;
  /** What `response_action: push` does. @returns the reason of a refusal */
  pushOnto(user: string, content: unknown): string | undefined;
}

interface ViewsDeps {
  readonly workspace: Workspace;
  readonly store: ViewStore;
  readonly triggers: Triggers;
}

const VIEW_BYTES = 250_000;

export function createViews(deps: ViewsDeps): Views {
  const { store } = deps;
  return {
    open: (args) => openModal(deps, args, false),
    push: (args) => openModal(deps, args, true),
    update: (args) => updateView(deps, args),
    publish: (args) => publishHome(deps, args),
    replace: (view, content) => {
      const refusal = refusalOf(store, recordOf(content), view);
      if (refusal === undefined) store.change(view, recordOf(content));
      return explain(refusal);
    },
    pushOnto: (user, content) => {
      if (store.stackOf(user).length >= LIMITS.modalStack) return 'push_limit_reached';
      const refusal = refusalOf(store, recordOf(content));
      if (refusal === undefined) store.add(user, recordOf(content), true);
      return explain(refusal);
    },
  };
}

/** Why Slack would not take this view; `instead` is the one it would replace. */
function refusalOf(
  store: ViewStore,
  content: JsonRecord,
  instead?: StoredView,
): ApiAnswer | undefined {
  const problems = validateView(content);
  if (problems.length > 0) return refusedWith('invalid_arguments', problems);
  if (Buffer.byteLength(JSON.stringify(content)) > VIEW_BYTES) return refused('view_too_large');
  const external = optionalText(content['external_id']);
  const holder = external === undefined ? undefined : store.byExternalId(external);
  return holder !== undefined && holder !== instead ? refused('duplicate_external_id') : undefined;
}

const shown = ({ workspace }: ViewsDeps, view: StoredView): ApiAnswer =>
  answered({ view: viewPayload(view, {}, workspace.identity) });

function openModal(deps: ViewsDeps, args: JsonRecord, onTop: boolean): ApiAnswer {
  const { store, triggers } = deps;
  const content = recordOf(args['view']);
  if (content['type'] !== 'modal') return refused('invalid_arguments');
  // The view is checked before the trigger is spent, so a corrected one may still be opened.
  const refusal = refusalOf(store, content);
  if (refusal !== undefined) return refusal;
  const trigger = triggers.check(textOf(args['trigger_id']));
  if (typeof trigger === 'string') return refused(trigger);
  const depth = onTop ? store.stackOf(trigger.user).length : 0;
  if (onTop && (!trigger.fromModal || depth === 0)) return refused('invalid_arguments');
  if (depth >= LIMITS.modalStack) return refused('push_limit_reached');
  trigger.exchanged = true;
  return shown(deps, store.add(trigger.user, content, onTop));
}

function updateView(deps: ViewsDeps, args: JsonRecord): ApiAnswer {
  const { store } = deps;
  const content = recordOf(args['view']);
  const external = optionalText(args['external_id']);
  const view =
    external === undefined ? store.find(textOf(args['view_id'])) : store.byExternalId(external);
  if (view === undefined) return refused('not_found');
  const refusal = refusalOf(store, content, view);
  if (refusal !== undefined) return refusal;
  if (content['type'] !== view.content['type']) return refused('invalid_arguments');
  if (!hashFits(args, view)) return refused('hash_conflict');
  store.change(view, content);
  return shown(deps, view);
}

function publishHome(deps: ViewsDeps, args: JsonRecord): ApiAnswer {
  const { store, workspace } = deps;
  const user = textOf(args['user_id']);
  if (!workspace.users.has(user)) return refused('user_not_found');
  const content = recordOf(args['view']);
  if (content['type'] !== 'home') return refused('invalid_arguments');
  const old = store.homeOf(user);
  const refusal = refusalOf(store, content, old);
  if (refusal !== undefined) return refusal;
  if (!hashFits(args, old)) return refused('hash_conflict');
  if (old === undefined) return shown(deps, store.addHome(user, content));
  store.change(old, content);
  return shown(deps, old);
}

/** A hash, where one is given, must be that of the view as it stands. */
function hashFits(args: JsonRecord, view: StoredView | undefined): boolean {
  const expected = optionalText(args['hash']);
  return expected === undefined || expected === view?.hash;
}

function explain(answer: ApiAnswer | undefined): string | undefined {
  if (answer === undefined) return undefined;
  const messages = listOf(recordOf(answer['response_metadata'])['messages']).map(String);
  return [answer.error ?? '', ...messages].join(' ');
}
