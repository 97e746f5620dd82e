import type { NumberOperator, Test } from './document';
import type { Atom } from './evaluation';
import { UNREADABLE, type FieldReader } from './field';
import { displayText, displayValue, namesSecret, REDACTED } from './redact';

/** A test as text for traces, with the number at which it would stop holding. */
export function describeTest(
  field: string,
  test: Test,
  read: FieldReader,
  registered?: FieldReader,
): Atom {
  const { operator } = test;
  if (namesSecret(field)) return { field, operator, expected: REDACTED, show: () => REDACTED };
  const expected = displayText(expectedText(test));
  const edge = edgeOf(field, test);
  const atom = { field, operator, expected, show: showing(field, read, registered) };
  return edge === undefined ? atom : { ...atom, edge };
}

/** Many rules look at the same field of one request. */
function showing(
  field: string,
  read: FieldReader,
  registered: FieldReader | undefined,
): Atom['show'] {
  return (evaluation) => {
    const known = evaluation.shown.get(field);
    if (known !== undefined) return known;
    const value = read(evaluation);
    const present = displayValue(value === UNREADABLE ? undefined : value);
    const inRegistry = registered?.(evaluation);
    const shown =
      inRegistry === undefined || inRegistry === UNREADABLE || inRegistry === value
        ? present
        : displayText(`${present} (registered: ${displayValue(inRegistry)})`);
    evaluation.shown.set(field, shown);
    return shown;
  };
}

function expectedText(test: Test): string {
  switch (test.operator) {
    case 'equals':
    case 'not_equals':
    case 'greater_than':
    case 'greater_or_equal':
    case 'less_than':
    case 'less_or_equal':
    case 'count_greater_than':
      return String(test.value);
    case 'in':
    case 'not_in':
      return test.operand.from === 'list' ? test.operand.list : test.operand.values.join(', ');
    case 'between':
      return `${test.low} to ${test.high}`;
    case 'contains':
    case 'contains_any':
    case 'contains_all':
    case 'starts_with':
    case 'ends_with':
      return test.texts.join(', ');
    case 'matches':
      return test.pattern;
    case 'exists':
    case 'missing':
      return test.operator;
    case 'domain_in':
    case 'domain_not_in':
      return [...test.operand.lists, ...test.operand.domains].join(', ');
    case 'cidr_in':
      return test.ranges.join(', ');
  }
}

const EDGES: Readonly<Partial<Record<NumberOperator, { sign: string; step: number }>>> = {
  greater_than: { sign: '≤', step: 0 },
  greater_or_equal: { sign: '<', step: -1 },
  less_than: { sign: '≥', step: 0 },
  less_or_equal: { sign: '>', step: 1 },
};

function edgeOf(field: string, test: Test): Atom['edge'] {
  if (test.operator === 'between') {
    return { phrase: `${field} < ${test.low}`, witness: test.low - 1 };
  }
  const edge = EDGES[test.operator as NumberOperator];
  if (edge === undefined || !('value' in test) || typeof test.value !== 'number') return undefined;
  return { phrase: `${field} ${edge.sign} ${test.value}`, witness: test.value + edge.step };
}
