import { EVERYTHING, type PolicyDocument, type RuleDocument } from '../../core/policy/document';
import { readCondition } from './condition';
import type { LoadScope } from './document-scope';
import { fieldsOf, readChoice, readText, required, wrongType, type Slot } from './read';
import { reportDuplicates, type OutcomeWords } from './rule-parts';

const OUTCOMES: Readonly<Record<'escalate' | 'block' | 'allow' | 'warn' | 'audit', OutcomeWords>> =
  {
    escalate: { effect: 'require_approval', warn: false },
    block: { effect: 'deny', warn: false },
    allow: { effect: 'allow', warn: false },
    warn: { effect: 'audit', warn: true },
    audit: { effect: 'audit', warn: false },
  };
const WORDS = ['escalate', 'block', 'allow', 'warn', 'audit'] as const;

/** Reads the business notation: each document is one rule of one policy. */
export function readBusiness(slots: readonly Slot[], scope: LoadScope): PolicyDocument | undefined {
  const rules = slots.flatMap((slot) => {
    const rule = readRule(slot, scope);
    return rule === undefined ? [] : [{ rule, slot }];
  });
  reportDuplicates(rules);
  return {
    id: scope.policyId,
    notation: 'business',
    labels: {},
    mode: 'enforce',
    scope: EVERYTHING,
    lists: {},
    rules: rules.map(({ rule }) => rule),
    defaultEffect: scope.bundleDefault,
  };
}

function readRule(document: Slot, scope: LoadScope): RuleDocument | undefined {
  const { diagnostics } = document;
  const outer = fieldsOf(document, { known: ['policy'] });
  const slot = outer === undefined ? undefined : required(outer, 'policy', diagnostics);
  const known = ['name', 'description', 'when', 'then', 'reason'];
  const fields = slot === undefined ? undefined : fieldsOf(slot, { known });
  if (fields === undefined) return undefined;
  const nameSlot = required(fields, 'name', diagnostics);
  const name = readText(nameSlot, 200);
  const id = nameSlot === undefined || name === undefined ? undefined : ruleIdOf(nameSlot, name);
  const whenSlot = required(fields, 'when', diagnostics);
  const when = whenSlot === undefined ? undefined : readCondition(whenSlot, scope);
  const word = readChoice(required(fields, 'then', diagnostics), WORDS);
  const description = readText(fields.get('description'));
  const reason = readText(fields.get('reason'));
  if (id === undefined || when === undefined || word === undefined) return undefined;
  return {
    id,
    actions: [],
    environments: [],
    agents: [],
    when,
    ...OUTCOMES[word],
    reason: reason ?? description ?? name ?? id,
  };
}

/** `Strong model on risky work` → `strong-model-on-risky-work`. */
function ruleIdOf(slot: Slot, name: string): string | undefined {
  const id = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  return id === '' || id === 'default' ? wrongType(slot, 'a name with letters or digits') : id;
}
