import { blockContains, parseAddressBlock } from './cidr';
import type { CompileDependencies } from './capabilities';
import type { DomainOperand, Scalar, Test, ValuesOperand } from './document';
import { createDomainSet, type DomainSet } from './domain-name';
import { affordsPattern, affordsScan, domainsOnce, foldOnce, membersOnce } from './evaluation';
import { NO, truth, unknown, UNKNOWN, YES } from './evaluation';
import type { Evaluation, NamedList, Truth } from './evaluation';
import { fold } from './text';
import type { Json } from '../json';

/** Tests a value that is present. */
export type Check = (actual: Json, evaluation: Evaluation) => Truth;

/**
 * Which reading of a test on several values is the stricter one for the rule it stands in: a restrictive rule is met when
 * any value meets the test, an allowing rule (or an exception) only when all do.
 */
export type Quantifier = 'any' | 'all';

export interface OperatorContext {
  readonly field: string;
  readonly quantifier: Quantifier;
  /** Decimal text counts as its number. */
  readonly decimalText: boolean;
  readonly ownLists: ReadonlyMap<string, NamedList>;
  readonly dependencies: CompileDependencies;
}

/** Long texts are refused rather than scanned: a pattern costs microseconds per kilobyte. */
const MAX_PATTERN_INPUT = 65_536;
/** What looking at one member of a list costs, in characters searched. */
const MEMBER_CHARACTERS = 16;
/** The same for an address, which is parsed and compared as a number. */
const ADDRESS_CHARACTERS = 2048;
const BLOCK_CHARACTERS = 64;
/** Starting a pattern costs something even on an empty text. */
const MIN_PATTERN_CHARACTERS = 8;

export function compileCheck(
  test: Exclude<Test, { operator: 'exists' | 'missing' }>,
  context: OperatorContext,
): Check {
  switch (test.operator) {
    case 'equals':
      return forEach(context, equalTo(test.value, context, true));
    case 'not_equals':
      return forEach(context, equalTo(test.value, context, false));
    case 'in':
      return forEach(context, memberOf(test.operand, context, true));
    case 'not_in':
      return forEach(context, memberOf(test.operand, context, false));
    case 'greater_than':
      return forEach(
        context,
        numeric(context, (actual) => actual > test.value),
      );
    case 'greater_or_equal':
      return forEach(
        context,
        numeric(context, (actual) => actual >= test.value),
      );
    case 'less_than':
      return forEach(
        context,
        numeric(context, (actual) => actual < test.value),
      );
    case 'less_or_equal':
      return forEach(
        context,
        numeric(context, (actual) => actual <= test.value),
      );
    case 'between':
      return forEach(
        context,
        numeric(context, (actual) => actual >= test.low && actual <= test.high),
      );
    case 'count_greater_than':
      return (actual, evaluation) =>
        Array.isArray(actual)
          ? truth(actual.length > test.value)
          : unknown(evaluation, `${context.field} is not a list`);
    case 'contains':
    case 'contains_any':
      return containing(test.texts, context, (has, texts) => texts.some(has));
    case 'contains_all':
      return containing(test.texts, context, (has, texts) => texts.every(has));
    case 'starts_with':
      return forEach(
        context,
        textual(test.texts, context, (actual, text) => actual.startsWith(text)),
      );
    case 'ends_with':
      return forEach(
        context,
        textual(test.texts, context, (actual, text) => actual.endsWith(text)),
      );
    case 'matches':
      return forEach(context, pattern(test.pattern, context));
    case 'domain_in':
      return domains(test.operand, context, true);
    case 'domain_not_in':
      return domains(test.operand, context, false);
    case 'cidr_in':
      return forEach(context, addresses(test.ranges, context));
  }
}

function forEach({ quantifier }: OperatorContext, check: Check): Check {
  return (actual, evaluation) => {
    if (!Array.isArray(actual)) return check(actual, evaluation);
    const values = actual as readonly Json[];
    if (!affordsScan(evaluation, values.length * MEMBER_CHARACTERS)) return UNKNOWN;
    return quantify(quantifier, values, (value) => check(value, evaluation));
  };
}

/** No values at all meet no test. */
export function quantify<T>(
  quantifier: Quantifier,
  values: readonly T[],
  check: (value: T) => Truth,
): Truth {
  if (values.length === 0) return NO;
  const decisive = quantifier === 'any' ? YES : NO;
  let result: Truth = quantifier === 'any' ? NO : YES;
  for (const value of values) {
    const one = check(value);
    if (one === decisive) return decisive;
    if (one === UNKNOWN) result = UNKNOWN;
  }
  return result;
}

function numeric(context: OperatorContext, holds: (actual: number) => boolean): Check {
  const problem = `${context.field} is not a number`;
  return (actual, evaluation) => {
    const number = toNumber(actual, context.decimalText);
    return number === undefined ? unknown(evaluation, problem) : truth(holds(number));
  };
}

/** More than 15 digits would not survive the conversion exactly, so such a text is no number here. */
function toNumber(value: Json, decimalText: boolean): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (!decimalText || typeof value !== 'string') return undefined;
  const text = value.trim();
  if (text.length > 17 || !/^[+-]?\d+(\.\d+)?$/.test(text)) return undefined;
  return text.replace(/\D/g, '').length > 15 ? undefined : Number(text);
}

function equalTo(expected: Scalar, context: OperatorContext, wanted: boolean): Check {
  const problem = `${context.field} is not a ${typeof expected}`;
  return (actual, evaluation) => {
    const comparable =
      typeof expected === 'number' ? toNumber(actual, context.decimalText) : actual;
    if (typeof comparable !== typeof expected) return unknown(evaluation, problem);
    return truth((comparable === expected) === wanted);
  };
}

function memberOf(operand: ValuesOperand, context: OperatorContext, wanted: boolean): Check {
  const given = operand.from === 'values' ? new Set<Scalar>(operand.values) : undefined;
  return (actual, evaluation) => {
    if (typeof actual === 'object' && actual !== null) {
      return unknown(evaluation, `${context.field} is not a single value`);
    }
    const members = given ?? listNamed(operand, context, evaluation)?.values;
    if (members === undefined) return UNKNOWN;
    const number = context.decimalText ? toNumber(actual, true) : undefined;
    const isMember = members.has(actual as Scalar) || (number !== undefined && members.has(number));
    return truth(isMember === wanted);
  };
}

function listNamed(
  operand: ValuesOperand,
  context: OperatorContext,
  evaluation: Evaluation,
): NamedList | undefined {
  if (operand.from === 'values') return undefined;
  return findList(operand.list, context, evaluation);
}

function findList(
  name: string,
  context: OperatorContext,
  evaluation: Evaluation,
): NamedList | undefined {
  const found = context.ownLists.get(name) ?? evaluation.lists.get(name);
  if (found === undefined) unknown(evaluation, `the list ${name} is not known`);
  return found;
}

function containing(
  texts: readonly string[],
  context: OperatorContext,
  combine: (has: (text: string) => boolean, texts: readonly string[]) => boolean,
): Check {
  const wanted = texts.map(fold);
  return (actual, evaluation) => {
    if (typeof actual === 'string') {
      if (!affordsScan(evaluation, actual.length * wanted.length)) return UNKNOWN;
      const folded = foldOnce(evaluation, actual);
      return truth(combine((text) => folded.includes(text), wanted));
    }
    if (!Array.isArray(actual))
      return unknown(evaluation, `${context.field} is neither text nor a list`);
    const members = membersOnce(evaluation, actual as readonly Json[]);
    if (members === undefined)
      return unknown(evaluation, `${context.field} is not a list of single values`);
    return truth(combine((text) => members.has(text), wanted));
  };
}

function textual(
  texts: readonly string[],
  context: OperatorContext,
  holds: (actual: string, text: string) => boolean,
): Check {
  const wanted = texts.map(fold);
  return (actual, evaluation) => {
    if (typeof actual !== 'string') return unknown(evaluation, `${context.field} is not text`);
    const folded = foldOnce(evaluation, actual);
    return truth(wanted.some((text) => holds(folded, text)));
  };
}

function pattern(source: string, context: OperatorContext): Check {
  const regex = context.dependencies.regex.compile(source);
  return (actual, evaluation) => {
    if (!regex.ok) return unknown(evaluation, `the pattern on ${context.field} does not compile`);
    if (typeof actual !== 'string') return unknown(evaluation, `${context.field} is not text`);
    if (actual.length > MAX_PATTERN_INPUT)
      return unknown(evaluation, `${context.field} is too long`);
    if (!affordsPattern(evaluation, Math.max(actual.length, MIN_PATTERN_CHARACTERS)))
      return UNKNOWN;
    return truth(regex.test(actual));
  };
}

function domains(operand: DomainOperand, context: OperatorContext, wanted: boolean): Check {
  const given = createDomainSet(operand.domains);
  return (actual, evaluation) => {
    const values = Array.isArray(actual) ? (actual as readonly Json[]) : [actual];
    const found: string[] = [];
    for (const value of values) {
      const characters = typeof value === 'string' ? value.length : 0;
      if (!affordsScan(evaluation, characters + MEMBER_CHARACTERS)) return UNKNOWN;
      const named = typeof value === 'string' ? domainsOnce(evaluation, value) : undefined;
      if (named === undefined) return unknown(evaluation, `${context.field} names no domain`);
      found.push(...named);
    }
    const sets: DomainSet[] = [given];
    for (const name of operand.lists) {
      const list = findList(name, context, evaluation);
      if (list === undefined) return UNKNOWN;
      sets.push(list.domains);
    }
    return quantify(context.quantifier, found, (domain) =>
      truth(sets.some((set) => set.has(domain)) === wanted),
    );
  };
}

function addresses(ranges: readonly string[], context: OperatorContext): Check {
  const blocks = ranges.map(parseAddressBlock);
  const characters = ADDRESS_CHARACTERS + blocks.length * BLOCK_CHARACTERS;
  return (actual, evaluation) => {
    if (!affordsScan(evaluation, characters)) return UNKNOWN;
    const address = typeof actual === 'string' ? parseAddressBlock(actual) : undefined;
    if (address === undefined) return unknown(evaluation, `${context.field} is not an IP address`);
    return truth(blocks.some((block) => block !== undefined && blockContains(block, address)));
  };
}
