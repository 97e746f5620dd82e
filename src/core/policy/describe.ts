import type { NumberOperator, Test } from './document';
import type { Atom } from './evaluation';
import { displayText, namesSecret, REDACTED } from './redact';

/** A test as text for traces, with the number at which it would stop holding. */
export function describeTest(field: string, test: Test): Atom {
  const { operator } = test;
  const expected = namesSecret(field) ? REDACTED : displayText(expectedText(test));
  const edge = namesSecret(field) ? undefined : edgeOf(field, test);
  return edge === undefined ? { field, operator, expected } : { field, operator, expected, edge };
}

function expectedText(test: Test): string {
  switch (test.operator) {
    case 'equals':
    case 'not_equals':
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
    default:
      return String(test.value);
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
