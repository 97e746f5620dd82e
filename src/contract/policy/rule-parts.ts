import type { RuleDocument, RuleEffect } from '../../core/policy/document';
import type { Diagnostics } from './diagnostic';
import type { LoadScope } from './document-scope';
import { fieldsOf, guessed, readName, readTexts, required, withGuess, wrongType } from './read';
import type { Fields, Slot } from './read';
import { shown } from './source-tree';

export interface OutcomeWords {
  readonly effect: RuleEffect;
  readonly warn: boolean;
}

/** A reserved id: the default of a policy appears under it in traces. */
const DEFAULT_RULE = 'default';

export function readRuleId(fields: Fields, diagnostics: Diagnostics): string | undefined {
  const slot = required(fields, 'id', diagnostics);
  const id = readName(slot);
  if (id !== DEFAULT_RULE || slot === undefined) return id;
  return diagnostics.error(
    'unknown_value',
    slot.node,
    slot.path,
    '`default` is the name of the default, not of a rule',
  );
}

export function reportDuplicates(rules: readonly { rule: RuleDocument; slot: Slot }[]): void {
  const seen = new Set<string>();
  for (const { rule, slot } of rules) {
    if (seen.has(rule.id)) {
      const message = `two rules have the id \`${shown(rule.id)}\``;
      slot.diagnostics.error('duplicate_rule', slot.node, slot.path, message);
    }
    seen.add(rule.id);
  }
}

/** `exceptions: {approver_role}`: only a denial can have an exception. */
export function readException(
  slot: Slot | undefined,
  effect: RuleEffect | undefined,
  diagnostics: Diagnostics,
): string | undefined {
  if (slot === undefined) return undefined;
  const fields = fieldsOf(slot, { known: ['approver_role'] });
  if (fields === undefined) return undefined;
  if (effect !== undefined && effect !== 'deny')
    return wrongType(slot, 'an exception only on a denial');
  return readName(required(fields, 'approver_role', diagnostics));
}

export function readChain(slot: Slot | undefined, { chains }: LoadScope): string | undefined {
  const chain = readName(slot);
  if (chain === undefined || slot === undefined) return chain;
  if (chains === 'any' || chains.has(chain)) return chain;
  const nearest = guessed(slot.diagnostics, chain, [...chains]);
  const message = withGuess(`unknown chain \`${shown(chain)}\``, nearest);
  return slot.diagnostics.error('unknown_chain', slot.node, slot.path, message, nearest);
}

/** Fields of the specification that load but do nothing yet. */
export function warnOfNoEffect(
  fields: Fields,
  names: readonly string[],
  diagnostics: Diagnostics,
): void {
  for (const name of names) {
    const slot = fields.get(name);
    if (slot === undefined) continue;
    diagnostics.warning('no_effect', slot.node, slot.path, `\`${name}\` has no effect yet`);
  }
}

/** Patterns with `*`; `*` alone, or nothing, means everything. */
export function readPatterns(slot: Slot | undefined): readonly string[] {
  const patterns = readTexts(slot) ?? [];
  return patterns.includes('*') ? [] : patterns;
}
