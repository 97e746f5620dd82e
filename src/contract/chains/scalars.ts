import { readChoice, readText, slotOf, wrongType, type Slot } from '../policy/read';

const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const USER = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;
/** Shown on cards, so it is plain by construction. */
const TITLE = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._/&-]{0,58}[\p{L}\p{N}.])?$/u;
const CHANNEL = /^#?([\p{L}\p{N}._-]{1,80})$/u;

/** An id of a chain, role, group or schedule, as the REST API takes it. */
export function readSlug(slot: Slot | undefined): string | undefined {
  return readMatching(slot, SLUG, 'a name of letters, digits, `.`, `_` and `-`');
}

export function readUser(slot: Slot | undefined): string | undefined {
  return readMatching(slot, USER, 'the id of a user');
}

export function readTitle(slot: Slot | undefined): string | undefined {
  return readMatching(slot, TITLE, 'a name of at most 60 letters, digits, blanks and `._/&-`');
}

/** A channel as the chat shows it; the result has no `#`. */
export function readChannel(slot: Slot | undefined): string | undefined {
  const text = readMatching(slot, CHANNEL, 'a channel such as "#ops"');
  return text?.replace(/^#/, '');
}

function readMatching(
  slot: Slot | undefined,
  pattern: RegExp,
  expected: string,
): string | undefined {
  const text = readText(slot);
  if (text === undefined || slot === undefined) return undefined;
  return pattern.test(text) ? text : wrongType(slot, expected);
}

export function readWhole(slot: Slot | undefined, least: number, most: number): number | undefined {
  if (slot === undefined) return undefined;
  const value = slot.node.kind === 'scalar' ? slot.node.value : undefined;
  const fits = typeof value === 'number' && Number.isInteger(value);
  if (fits && value >= least && value <= most) return value;
  return wrongType(slot, `a whole number from ${String(least)} to ${String(most)}`);
}

/** A risk score, 0 to 100. */
export const readRisk = (slot: Slot | undefined): number | undefined => readWhole(slot, 0, 100);

/** The items of a list, or one value in place of a list of one. Unlike `readItems` it takes an empty list. */
export function itemsOf(slot: Slot | undefined): readonly Slot[] {
  if (slot === undefined) return [];
  const { node, path, diagnostics } = slot;
  if (node.kind !== 'list') return [slot];
  return node.items.map((item, index) => slotOf(item, `${path}[${String(index)}]`, diagnostics));
}

/** Whether something is `required` or `optional`. */
export const readNeed = (slot: Slot | undefined): 'required' | 'optional' | undefined =>
  readChoice(slot, ['required', 'optional']);
