import { parseAddressBlock } from '../../core/policy/cidr';
import type { Condition, FieldTest, NumberOperator, Test } from '../../core/policy/document';
import { looksLikeDomain } from '../../core/policy/domain-name';
import type { ConditionScope } from './document-scope';
import { readDomains, readList } from './list-reference';
import { checkField } from './field-name';
import {
  fieldsOf,
  readBoolean,
  readItems,
  readNumber,
  readScalar,
  readText,
  readTexts,
} from './read';
import { required, wrongType, type Fields, type Slot } from './read';
import { readTimeTest } from './time-test';

const COMPOSITIONS = { all: 'all', and: 'all', any: 'any', or: 'any' } as const;
const TIME_OPERATORS = ['time_within', 'time_outside'] as const;
const NUMBER_OPERATORS = [
  'greater_than',
  'greater_or_equal',
  'less_than',
  'less_or_equal',
  'count_greater_than',
] as const satisfies readonly NumberOperator[];
const TEXT_OPERATORS = [
  'contains',
  'contains_any',
  'contains_all',
  'starts_with',
  'ends_with',
] as const;
const FIELD_OPERATORS = [
  ...NUMBER_OPERATORS,
  ...TEXT_OPERATORS,
  'equals',
  'not_equals',
  'in',
  'not_in',
  'between',
  'matches',
  'exists',
  'missing',
  'domain_in',
  'domain_not_in',
  'cidr_in',
] as const;
const NAMES = {
  known: [
    ...Object.keys(COMPOSITIONS),
    'not',
    'field',
    'optional',
    ...FIELD_OPERATORS,
    ...TIME_OPERATORS,
  ],
  later: ['within_rate', 'has_data_class'],
};

/** Reads one condition; every problem in it is reported, and then the result is `undefined`. */
export function readCondition(slot: Slot, scope: ConditionScope): Condition | undefined {
  const fields = fieldsOf(slot, NAMES);
  if (fields === undefined) return undefined;
  const compositions = [...Object.keys(COMPOSITIONS), 'not'].filter((name) =>
    fields.names.includes(name),
  );
  if (compositions.length === 0) return readTests(slot, fields, scope);
  if (fields.names.length > 1) {
    return wrongType(slot, `\`${compositions[0]}\` alone, with further tests inside it`);
  }
  const name = compositions[0] ?? 'all';
  const inner = fields.get(name);
  if (inner === undefined) return undefined;
  if (name === 'not') {
    const of = readCondition(inner, scope);
    return of === undefined ? undefined : { kind: 'not', of };
  }
  if (inner.node.kind !== 'list') return wrongType(inner, 'a list of conditions');
  const parts = readItems(inner)?.map((item) => readCondition(item, scope));
  if (parts === undefined || parts.includes(undefined)) return undefined;
  const of = parts.filter((part) => part !== undefined);
  return { kind: COMPOSITIONS[name as keyof typeof COMPOSITIONS], of };
}

/** Several operators beside one field all have to hold. */
function readTests(slot: Slot, fields: Fields, scope: ConditionScope): Condition | undefined {
  const { diagnostics } = slot;
  const times = TIME_OPERATORS.filter((name) => fields.names.includes(name));
  const operators = FIELD_OPERATORS.filter((name) => fields.names.includes(name));
  if (times.length + operators.length === 0) {
    const isEmpty = fields.names.every((name) => NAMES.known.includes(name));
    return isEmpty ? wrongType(slot, 'a condition with an operator') : undefined;
  }
  const tests: (Condition | undefined)[] = [];
  for (const operator of times) {
    const operand = fields.get(operator);
    if (operand !== undefined) tests.push(readTimeTest(operator, operand, scope));
  }
  if (operators.length > 0) {
    const fieldSlot = required(fields, 'field', diagnostics);
    const field = readText(fieldSlot, 200);
    const optional = readBoolean(fields.get('optional')) ?? false;
    const isKnown =
      field !== undefined &&
      fieldSlot !== undefined &&
      checkField(fieldSlot, field, optional, scope);
    for (const operator of operators) {
      const operand = fields.get(operator);
      const test = operand === undefined ? undefined : readTest(operator, operand, scope);
      tests.push(
        isKnown && test !== undefined ? { kind: 'field', field, test, optional } : undefined,
      );
    }
  }
  const read = tests.filter((test) => test !== undefined);
  if (read.length < tests.length) return undefined;
  return read.length === 1 ? read[0] : { kind: 'all', of: read };
}

export function readTest(
  operator: FieldTest['test']['operator'],
  slot: Slot,
  scope: ConditionScope,
): Test | undefined {
  switch (operator) {
    case 'equals':
    case 'not_equals': {
      const value = readScalar(slot);
      return value === undefined ? undefined : { operator, value };
    }
    case 'in':
    case 'not_in': {
      const operand = readList(slot, scope);
      return operand === undefined ? undefined : { operator, operand };
    }
    case 'greater_than':
    case 'greater_or_equal':
    case 'less_than':
    case 'less_or_equal':
    case 'count_greater_than': {
      const value = readNumber(slot, scope.notation !== 'canonical');
      return value === undefined ? undefined : { operator, value };
    }
    case 'between':
      return readBetween(slot);
    case 'contains':
    case 'contains_any':
    case 'contains_all':
    case 'starts_with':
    case 'ends_with': {
      const texts = readTexts(slot);
      return texts === undefined || texts.length === 0 ? undefined : { operator, texts };
    }
    case 'matches':
      return readPattern(slot, scope);
    case 'exists':
    case 'missing':
      return readExistence(operator, slot);
    case 'domain_in':
    case 'domain_not_in': {
      const operand = readDomains(slot, scope, looksLikeDomain);
      return operand === undefined ? undefined : { operator, operand };
    }
    case 'cidr_in':
      return readRanges(slot);
  }
}

function readBetween(slot: Slot): Test | undefined {
  const items = slot.node.kind === 'list' ? readItems(slot) : undefined;
  const [low, high] = (items ?? []).map((item) => readNumber(item, false));
  if (items?.length !== 2) return wrongType(slot, 'two numbers, the lower one first');
  if (low === undefined || high === undefined) return undefined;
  return low <= high
    ? { operator: 'between', low, high }
    : wrongType(slot, 'the lower number first');
}

function readPattern(slot: Slot, { compilers }: ConditionScope): Test | undefined {
  const pattern = readText(slot);
  if (pattern === undefined) return undefined;
  const compiled = compilers?.regex.compile(pattern);
  if (compiled === undefined || compiled.ok) return { operator: 'matches', pattern };
  const message = `the pattern does not compile: ${compiled.problem}`;
  return slot.diagnostics.error('invalid_pattern', slot.node, slot.path, message);
}

/** `exists: false` is the other operator. */
function readExistence(operator: 'exists' | 'missing', slot: Slot): Test | undefined {
  const wanted = readBoolean(slot);
  if (wanted === undefined) return undefined;
  return { operator: (operator === 'exists') === wanted ? 'exists' : 'missing' };
}

function readRanges(slot: Slot): Test | undefined {
  const ranges: string[] = [];
  for (const item of readItems(slot) ?? []) {
    const range = readText(item);
    if (range === undefined) continue;
    if (parseAddressBlock(range) !== undefined) ranges.push(range);
    else
      item.diagnostics.error(
        'invalid_range',
        item.node,
        item.path,
        'expected a range such as 10.0.0.0/8',
      );
  }
  return ranges.length === 0 ? undefined : { operator: 'cidr_in', ranges };
}
