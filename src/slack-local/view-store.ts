import { randomBytes } from 'node:crypto';
import { type JsonRecord, optionalText, recordsOf } from './json-shape';
import { withBlockIds } from './message-content';
import type { Workspace } from './workspace';

export interface StoredView {
  readonly id: string;
  readonly user: string;
  readonly rootId: string;
  readonly previousId?: string;
  hash: string;
  content: JsonRecord;
  /** Messages of a refused submission, by block_id. */
  errors: Readonly<Record<string, string>>;
}

/** What views are open, App Home of every person included. */
export interface ViewStore {
  /** The open modals of a person, top last. */
  stackOf(user: string): readonly StoredView[];
  homeOf(user: string): StoredView | undefined;
  find(id: string): StoredView | undefined;
  byExternalId(externalId: string): StoredView | undefined;
  /** Puts a new modal on top, or in place of all the person has open. */
  add(user: string, content: JsonRecord, onTop: boolean): StoredView;
  addHome(user: string, content: JsonRecord): StoredView;
  change(view: StoredView, content: JsonRecord): void;
  setErrors(view: StoredView, errors: Readonly<Record<string, string>>): void;
  /** Closes a modal and those above it; all of the person's with `everything`. */
  close(view: StoredView, everything: boolean): void;
}

export function createViewStore(workspace: Workspace): ViewStore {
  const stacks = new Map<string, readonly StoredView[]>();
  const homes = new Map<string, StoredView>();
  const stackOf = (user: string): readonly StoredView[] => stacks.get(user) ?? [];
  const all = (): readonly StoredView[] => [...[...stacks.values()].flat(), ...homes.values()];
  const hash = (): string => `${String(workspace.clock.nowMs())}.${randomBytes(4).toString('hex')}`;
  const make = (user: string, content: JsonRecord, below: StoredView | undefined): StoredView => {
    const id = `V${randomBytes(6).toString('hex').toUpperCase()}`;
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
  return {
    stackOf,
    homeOf: (user) => homes.get(user),
    find: (id) => all().find((view) => view.id === id),
    byExternalId: (externalId) =>
      all().find(({ content }) => optionalText(content['external_id']) === externalId),
    add: (user, content, onTop) => {
      const stack = onTop ? stackOf(user) : [];
      const view = make(user, content, stack.at(-1));
      stacks.set(user, [...stack, view]);
      workspace.changed();
      return view;
    },
    addHome: (user, content) => {
      const view = make(user, content, undefined);
      homes.set(user, view);
      workspace.changed();
      return view;
    },
    change: (view, content) => {
      view.content = named(content);
      view.hash = hash();
      view.errors = {};
      workspace.changed();
    },
    setErrors: (view, errors) => {
      view.errors = errors;
      workspace.changed();
    },
    close: (view, everything) => {
      const stack = stackOf(view.user);
      const index = stack.indexOf(view);
      if (index < 0) return;
      stacks.set(view.user, everything ? [] : stack.slice(0, index));
      workspace.changed();
    },
  };
}

/** Slack names the blocks that come without an id. */
const named = (content: JsonRecord): JsonRecord => ({
  ...content,
  blocks: withBlockIds(recordsOf(content['blocks'])),
});
