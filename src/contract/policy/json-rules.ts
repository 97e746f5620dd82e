import { EVERYTHING, type Condition, type PolicyDocument } from '../../core/policy/document';
import type { FieldTest, RuleDocument, ScanEntry } from '../../core/policy/document';
import { readTest } from './condition';
import type { LoadScope } from './document-scope';
import { fieldsOf, readChoice, readItems, readName, readText, readTexts, required } from './read';
import { wrongType, type Fields, type Slot } from './read';
import { readException, readPatterns, readRuleId, reportDuplicates } from './rule-parts';
import { warnOfNoEffect, type OutcomeWords } from './rule-parts';
import { readTimeTest } from './time-test';

const OUTCOMES: Readonly<Record<(typeof WORDS)[number], OutcomeWords>> = {
  DENY: { effect: 'deny', warn: false },
  REQUIRE_APPROVAL: { effect: 'require_approval', warn: false },
  WARN: { effect: 'audit', warn: true },
  AUDIT: { effect: 'audit', warn: false },
  ALLOW: { effect: 'allow', warn: false },
};
const WORDS = ['DENY', 'REQUIRE_APPROVAL', 'WARN', 'AUDIT', 'ALLOW'] as const;
const LATER_WORDS = ['THROTTLE', 'TRANSFORM'];
const RULE_NAMES = {
  known: [
    'id',
    'description',
    'match',
    'when',
    'outcome',
    'approver_role',
    'exceptions',
    'risk',
    'alert',
  ],
};

/** A key of `when` and the test it stands for. */
const TESTS: Readonly<Record<string, { field: string; operator: FieldTest['test']['operator'] }>> =
  {
    amount_greater_than: { field: 'amount', operator: 'greater_than' },
    recipient_count_greater_than: { field: 'recipients.count', operator: 'greater_than' },
    recipient_domain_not_in: { field: 'recipients.domains', operator: 'domain_not_in' },
    table_contains_any: { field: 'sql.tables', operator: 'contains_any' },
  };
const TIME_TESTS = ['time_outside', 'time_within'] as const;
const WHEN_NAMES = { known: [...Object.keys(TESTS), ...TIME_TESTS, 'contains_any'] };

/** Reads `{ "rules": […], "defaults": … }`. Missing defaults are those of the active bundle. */
export function readJsonRules(slot: Slot, scope: LoadScope): PolicyDocument | undefined {
  const { diagnostics } = slot;
  const fields = fieldsOf(slot, { known: ['rules', 'defaults', 'description'] });
  const rulesSlot = fields === undefined ? undefined : required(fields, 'rules', diagnostics);
  if (fields === undefined || rulesSlot === undefined) return undefined;
  if (rulesSlot.node.kind !== 'list') return wrongType(rulesSlot, 'a list of rules');
  const items = rulesSlot.node.items.length === 0 ? [] : (readItems(rulesSlot) ?? []);
  const rules = items.flatMap((item) => {
    const rule = readRule(item, scope);
    return rule === undefined ? [] : [{ rule, slot: item }];
  });
  reportDuplicates(rules);
  const description = readText(fields.get('description'));
  return {
    id: scope.policyId,
    notation: 'json_rules',
    ...(description === undefined ? {} : { description }),
    labels: {},
    mode: 'enforce',
    scope: EVERYTHING,
    lists: {},
    rules: rules.map(({ rule }) => rule),
    defaultEffect: readDefault(fields.get('defaults')) ?? scope.bundleDefault,
  };
}

function readDefault(slot: Slot | undefined): PolicyDocument['defaultEffect'] {
  const fields = slot === undefined ? undefined : fieldsOf(slot, { known: ['outcome'] });
  if (slot === undefined || fields === undefined) return undefined;
  return readOutcome(required(fields, 'outcome', slot.diagnostics))?.effect;
}

function readRule(slot: Slot, scope: LoadScope): RuleDocument | undefined {
  const { diagnostics } = slot;
  const fields = fieldsOf(slot, RULE_NAMES);
  if (fields === undefined) return undefined;
  const id = readRuleId(fields, diagnostics);
  const outcome = readOutcome(required(fields, 'outcome', diagnostics));
  const match = readMatch(required(fields, 'match', diagnostics));
  const whenSlot = fields.get('when');
  const when = whenSlot === undefined ? undefined : readWhen(whenSlot, scope);
  const approverRole = readApproverRole(fields.get('approver_role'), outcome);
  const exceptionRole = readException(fields.get('exceptions'), outcome?.effect, diagnostics);
  const reason = readText(fields.get('description'));
  warnOfNoEffect(fields, ['risk', 'alert'], diagnostics);
  if (id === undefined || outcome === undefined || match === undefined) return undefined;
  if (whenSlot !== undefined && when === undefined) return undefined;
  return {
    id,
    ...match,
    agents: [],
    ...(when === undefined ? {} : { when }),
    ...outcome,
    ...(approverRole === undefined ? {} : { approverRole }),
    ...(exceptionRole === undefined ? {} : { exceptionRole }),
    reason: reason ?? `Rule ${id}`,
  };
}

/** Both spellings, `DENY` and `deny`. */
function readOutcome(slot: Slot | undefined): OutcomeWords | undefined {
  const { node } = slot ?? {};
  const isLower =
    node?.kind === 'scalar' && typeof node.value === 'string' && /^[a-z_]+$/.test(node.value);
  const words = isLower ? WORDS.map((word) => word.toLowerCase()) : WORDS;
  const later = isLower ? LATER_WORDS.map((word) => word.toLowerCase()) : LATER_WORDS;
  const word = readChoice(slot, words, later);
  return word === undefined ? undefined : OUTCOMES[word.toUpperCase() as (typeof WORDS)[number]];
}

function readMatch(
  slot: Slot | undefined,
): Pick<RuleDocument, 'actions' | 'environments'> | undefined {
  const fields =
    slot === undefined ? undefined : fieldsOf(slot, { known: ['tool_name', 'environment'] });
  if (slot === undefined || fields === undefined) return undefined;
  const tool = required(fields, 'tool_name', slot.diagnostics);
  return { actions: readPatterns(tool), environments: readPatterns(fields.get('environment')) };
}

function readApproverRole(
  slot: Slot | undefined,
  outcome: OutcomeWords | undefined,
): string | undefined {
  const role = readName(slot);
  if (slot === undefined || outcome === undefined || outcome.effect === 'require_approval')
    return role;
  return wrongType(slot, '`approver_role` only where the outcome is REQUIRE_APPROVAL');
}

/** All keys have to hold. */
function readWhen(slot: Slot, scope: LoadScope): Condition | undefined {
  const fields = fieldsOf(slot, WHEN_NAMES);
  if (fields === undefined) return undefined;
  if (fields.names.length === 0) return wrongType(slot, 'at least one test');
  const tests = [...namedTests(fields, scope), ...timeTests(fields, scope), ...scans(fields)];
  const of = tests.filter((test) => test !== undefined);
  if (of.length < tests.length) return undefined;
  return of.length === 1 ? of[0] : { kind: 'all', of };
}

/** An `undefined` among the tests is a key whose value cannot be read. */
function namedTests(fields: Fields, scope: LoadScope): readonly (Condition | undefined)[] {
  return Object.entries(TESTS).flatMap(([name, { field, operator }]) => {
    const slot = fields.get(name);
    if (slot === undefined) return [];
    const test = readTest(operator, slot, scope);
    return [
      test === undefined ? undefined : ({ kind: 'field', field, test, optional: false } as const),
    ];
  });
}

function timeTests(fields: Fields, scope: LoadScope): readonly (Condition | undefined)[] {
  return TIME_TESTS.flatMap((name) => {
    const slot = fields.get(name);
    return slot === undefined ? [] : [readTimeTest(name, slot, scope)];
  });
}

function scans(fields: Fields): readonly (Condition | undefined)[] {
  const slot = fields.get('contains_any');
  if (slot === undefined) return [];
  const entries = readTexts(slot)?.map(scanEntry) ?? [];
  return [entries.length === 0 ? undefined : { kind: 'scan', entries }];
}

function scanEntry(text: string): ScanEntry {
  if (text.trim() === '*') return { type: 'select_star' };
  const limit = /^limit\s*(>=?)\s*(\d{1,15})$/i.exec(text.trim());
  if (limit === null) return { type: 'text', text: text.trim() };
  const [, sign, number] = limit;
  return { type: 'limit_over', limit: Number(number) - (sign === '>=' ? 1 : 0) };
}
