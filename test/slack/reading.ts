import { parseMrkdwn } from '../../src/slack-local/mrkdwn';
import { blocksText, entitiesOf } from '../../src/slack-local/rendered-text';
import { showBlocks } from '../../src/slack-local/shown-blocks';
import type { FakeEntities } from '../../src/slack-local/surface';

/** Names that exist, so that a bare `@dana` or `#ops` would count if it were parsed. */
const NAMES = {
  userByName: () => 'U0DANA',
  groupByHandle: () => 'S0OPS',
  channelByName: () => 'C0OPS',
};
const LABELS = { user: (id: string) => id, group: (id: string) => id, channel: (id: string) => id };

/** What a person reads of blocks, from top to bottom, times in UTC. */
export const readingOf = (blocks: readonly unknown[]): string =>
  blocksText(showBlocks(blocks, NAMES), LABELS, {
    nowMs: Date.UTC(2026, 8, 10, 12),
    timeZone: 'UTC',
  });

/**
 * Everybody a message calls and everything it links to. The top-level text is read as mrkdwn, since
 * chat.update has no switch for it.
 */
export const entitiesIn = (message: {
  readonly blocks: readonly unknown[];
  readonly text?: string;
}): FakeEntities =>
  entitiesOf(
    showBlocks(message.blocks, NAMES),
    parseMrkdwn(message.text ?? '', { verbatim: false, names: NAMES }),
  );

export const NO_ENTITIES: FakeEntities = { users: [], groups: [], special: [], links: [] };

interface Element {
  readonly type: string;
  readonly action_id?: string;
  readonly style?: string;
  readonly value?: string;
  readonly url?: string;
  readonly confirm?: unknown;
  readonly accessibility_label?: string;
  readonly text?: { readonly text: string };
  readonly options?: readonly {
    readonly text: { readonly text: string };
    readonly value: string;
  }[];
}

/** The buttons and menus of a message, in order. */
export const elementsOf = (blocks: readonly unknown[]): readonly Element[] =>
  (blocks as readonly { readonly type: string; readonly elements?: readonly Element[] }[])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => elements ?? []);

export const elementOf = (blocks: readonly unknown[], actionId: string): Element | undefined =>
  elementsOf(blocks).find((element) => element.action_id === actionId);

/** Every text that stands in an object of this type, anywhere. */
export function textsOf(value: unknown, type: 'plain_text' | 'mrkdwn'): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(item, type));
  if (typeof value !== 'object' || value === null) return [];
  const own =
    'type' in value && value.type === type && 'text' in value && typeof value.text === 'string'
      ? [value.text]
      : [];
  return [...own, ...Object.values(value).flatMap((item) => textsOf(item, type))];
}
