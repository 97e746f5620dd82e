import type { DomainOperand, ValuesOperand } from '../../core/policy/document';
import type { ConditionScope } from './document-scope';
import { guessed, readItems, readScalar, readText, withGuess, type Slot } from './read';
import { shown } from './source-tree';

/** Values in place, or one text naming a list. */
export function readList(slot: Slot, scope: ConditionScope): ValuesOperand | undefined {
  if (slot.node.kind !== 'list') {
    const list = readText(slot);
    if (list === undefined || !isKnownList(slot, list, scope)) return undefined;
    return { from: 'list', list };
  }
  const values = readItems(slot)?.map(readScalar);
  if (values === undefined || values.includes(undefined)) return undefined;
  return { from: 'values', values: values.filter((value) => value !== undefined) };
}

/** Domain names and names of lists, mixed; a name with a dot is a domain. */
export function readDomains(
  slot: Slot,
  scope: ConditionScope,
  looksLikeDomain: (text: string) => boolean,
): DomainOperand | undefined {
  const domains: string[] = [];
  const lists: string[] = [];
  let isComplete = true;
  for (const item of readItems(slot) ?? []) {
    const text = readText(item, 253);
    if (text === undefined) isComplete = false;
    else if (looksLikeDomain(text) && isAscii(item, text)) domains.push(text);
    else if (looksLikeDomain(text)) isComplete = false;
    else if (isKnownList(item, text, scope)) lists.push(text);
    else isComplete = false;
  }
  return isComplete && domains.length + lists.length > 0 ? { domains, lists } : undefined;
}

/** Addresses are compared in the ASCII form of their domains. */
function isAscii({ node, path, diagnostics }: Slot, domain: string): boolean {
  if (/^\p{ASCII}+$/u.test(domain)) return true;
  const message = `write \`${shown(domain)}\` in its ASCII form, which begins with \`xn--\``;
  diagnostics.error('wrong_type', node, path, message);
  return false;
}

/** In the JSON rules an unknown list is only a warning: the rule then fails toward its effect. */
function isKnownList(slot: Slot, list: string, { lists, notation }: ConditionScope): boolean {
  if (lists === 'any' || lists.has(list)) return true;
  const { node, path, diagnostics } = slot;
  const nearest = guessed(diagnostics, list, [...lists]);
  const message = withGuess(`unknown list \`${shown(list)}\``, nearest);
  if (notation === 'json_rules') {
    diagnostics.warning(
      'unknown_list',
      node,
      path,
      `${message}; until it exists the test counts as met`,
      nearest,
    );
    return true;
  }
  diagnostics.error('unknown_list', node, path, message, nearest);
  return false;
}
