import type { Diagnostics, Located } from './diagnostic';
import { nearestName } from '../nearest-name';
import { shown, type SourceMember, type SourceNode } from './source-tree';

/** A value with its place and path, and where to report about it. */
export interface Slot extends Located {
  readonly node: SourceNode;
  readonly path: string;
  readonly diagnostics: Diagnostics;
}

/** The members of a map, by name. */
export interface Fields extends Located {
  readonly path: string;
  readonly names: readonly string[];
  readonly get: (name: string) => Slot | undefined;
}

export interface FieldNames {
  readonly known: readonly string[];
  /** Names of the specification that this version refuses. */
  readonly later?: readonly string[];
}

export const slotOf = (node: SourceNode, path: string, diagnostics: Diagnostics): Slot => ({
  node,
  path,
  diagnostics,
  at: node.at,
});

/** Reads a map and reports each member that has no meaning here, with the nearest name that has. */
export function fieldsOf(slot: Slot, names: FieldNames): Fields | undefined {
  const { node, path, diagnostics } = slot;
  if (node.kind !== 'map') return wrongType(slot, 'a map of fields');
  const later = names.later ?? [];
  for (const [name, member] of node.members) {
    if (names.known.includes(name)) continue;
    const at = childPath(path, name);
    if (later.includes(name)) notAvailable(member, at, name, diagnostics);
    else unknownField(member, at, name, [...names.known, ...later], diagnostics);
  }
  return {
    at: node.at,
    path,
    names: [...node.members.keys()],
    get: (name) => {
      const member = node.members.get(name);
      if (member === undefined) return undefined;
      return { node: member.value, path: childPath(path, name), diagnostics, at: member.value.at };
    },
  };
}

export const childPath = (path: string, name: string): string =>
  path === '' ? shown(name) : `${path}.${shown(name)}`;

export function notAvailable(
  where: Located,
  path: string,
  name: string,
  diagnostics: Diagnostics,
): undefined {
  return diagnostics.error(
    'not_available',
    where,
    path,
    `\`${shown(name)}\` is not available in this version`,
  );
}

function unknownField(
  member: SourceMember,
  path: string,
  name: string,
  valid: readonly string[],
  diagnostics: Diagnostics,
): void {
  const nearest = guessed(diagnostics, name, valid);
  const message = `unknown field \`${shown(name)}\``;
  diagnostics.error('unknown_field', member, path, withGuess(message, nearest), nearest);
}

/** The nearest valid name, as long as findings are kept: comparing names is what costs time in hostile text. */
export const guessed = (
  diagnostics: Diagnostics,
  written: string,
  valid: readonly string[],
): string | undefined => (diagnostics.isFull() ? undefined : nearestName(written, valid));

export const withGuess = (message: string, nearest: string | undefined): string =>
  nearest === undefined ? message : `${message}, did you mean \`${nearest}\`?`;

export function required(fields: Fields, name: string, diagnostics: Diagnostics): Slot | undefined {
  const slot = fields.get(name);
  if (slot !== undefined) return slot;
  return diagnostics.error(
    'missing_field',
    fields,
    childPath(fields.path, name),
    `\`${name}\` is missing`,
  );
}

export function wrongType({ node, path, diagnostics }: Slot, expected: string): undefined {
  return diagnostics.error('wrong_type', node, path, `expected ${expected}`);
}

const MAX_TEXT = 1000;

export function readText(slot: Slot | undefined, maxLength = MAX_TEXT): string | undefined {
  if (slot === undefined) return undefined;
  const { node } = slot;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return wrongType(slot, 'text');
  const text = node.value;
  if (text.trim() !== '' && text.length <= maxLength) return text;
  return wrongType(slot, `text of 1 to ${maxLength} characters`);
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/** An id, role, list or chain: letters, digits and `._:-`. */
export function readName(slot: Slot | undefined): string | undefined {
  const text = readText(slot);
  if (text === undefined || slot === undefined) return undefined;
  return NAME.test(text)
    ? text
    : wrongType(slot, 'a name of letters, digits, `.`, `_`, `:` and `-`');
}

export function readBoolean(slot: Slot | undefined): boolean | undefined {
  if (slot === undefined) return undefined;
  const { node } = slot;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  return wrongType(slot, 'true or false');
}

export function readNumber(slot: Slot, decimalText: boolean): number | undefined {
  const { node } = slot;
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value === 'number') return value;
  if (
    decimalText &&
    typeof value === 'string' &&
    /^[+-]?\d{1,15}(\.\d{1,10})?$/.test(value.trim())
  ) {
    return Number(value);
  }
  return wrongType(slot, 'a number');
}

export function readScalar(slot: Slot): string | number | boolean | undefined {
  const { node } = slot;
  if (node.kind === 'scalar' && node.value !== null) return node.value;
  return wrongType(slot, 'a single value');
}

/** A list, or a single value standing for a list of one. Empty lists are refused: they would never match. */
export function readItems(slot: Slot): readonly Slot[] | undefined {
  const { node, path, diagnostics } = slot;
  if (node.kind !== 'list') return [slot];
  if (node.items.length === 0) return wrongType(slot, 'at least one value');
  return node.items.map((item, index) => slotOf(item, `${path}[${index}]`, diagnostics));
}

export function readTexts(slot: Slot | undefined): readonly string[] | undefined {
  const items = slot === undefined ? undefined : readItems(slot);
  return items?.map((item) => readText(item)).filter((text) => text !== undefined);
}

/** One of a closed set of words. */
export function readChoice<T extends string>(
  slot: Slot | undefined,
  choices: readonly T[],
  later: readonly string[] = [],
): T | undefined {
  const text = readText(slot);
  if (text === undefined || slot === undefined) return undefined;
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  const { node, path, diagnostics } = slot;
  if (later.includes(text)) return notAvailable(node, path, text, diagnostics);
  const nearest = guessed(diagnostics, text, choices);
  const message = withGuess(`\`${shown(text)}\` is none of ${choices.join(', ')}`, nearest);
  return diagnostics.error('unknown_value', node, path, message, nearest);
}
