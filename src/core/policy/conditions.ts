import { describeTest } from './describe';
import type { Condition, FieldTest, Notation, ScanEntry, TextScan, TimeTest } from './document';
import { affordsScan, argumentTexts, NO, truth, UNKNOWN, unknown, YES } from './evaluation';
import type { Atom, Evaluation, NamedList, Truth } from './evaluation';
import { compileField, factOf, registeredField, UNREADABLE, type FieldReader } from './field';
import { compileCheck, quantify, type Quantifier } from './operators';
import type { CompileDependencies } from './capabilities';
import { displayText } from './redact';
import { containsWord, fold } from './text';
import { isWithin } from './time-window';

export type Predicate = (evaluation: Evaluation) => Truth;

export interface ConditionContext {
  readonly notation: Notation;
  readonly restrictive: boolean;
  readonly negated: boolean;
  readonly ownLists: ReadonlyMap<string, NamedList>;
  readonly dependencies: CompileDependencies;
  /** Collects the facts that the conditions name. */
  readonly facts: Set<string>;
  /** Collects tests that alone keep the rule from matching when they do not hold. */
  readonly conjuncts: Atom[] | undefined;
}

export function compileCondition(condition: Condition, context: ConditionContext): Predicate {
  switch (condition.kind) {
    case 'all':
      return allOf(condition.of.map((part) => compileCondition(part, context)));
    case 'any': {
      const inner = { ...context, conjuncts: undefined };
      return anyOf(condition.of.map((part) => compileCondition(part, inner)));
    }
    case 'not': {
      const inner = { ...context, negated: !context.negated, conjuncts: undefined };
      return not(compileCondition(condition.of, inner));
    }
    case 'field':
      return fieldTest(condition, context);
    case 'time':
      return timeTest(condition, context);
    case 'scan':
      return textScan(condition, context);
  }
}

/** A definite NO outweighs what could not be evaluated. */
export function allOf(parts: readonly Predicate[]): Predicate {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  return (evaluation) => {
    let result: Truth = YES;
    for (const part of parts) {
      const one = part(evaluation);
      if (one === NO) return NO;
      if (one === UNKNOWN) result = UNKNOWN;
    }
    return result;
  };
}

function anyOf(parts: readonly Predicate[]): Predicate {
  return (evaluation) => {
    let result: Truth = NO;
    for (const part of parts) {
      const one = part(evaluation);
      if (one === YES) return YES;
      if (one === UNKNOWN) result = UNKNOWN;
    }
    return result;
  };
}

export function not(part: Predicate): Predicate {
  return (evaluation) => {
    const inner = part(evaluation);
    evaluation.negated = !evaluation.negated;
    if (inner === UNKNOWN) return UNKNOWN;
    return inner === YES ? NO : YES;
  };
}

function fieldTest(condition: FieldTest, context: ConditionContext): Predicate {
  const { field, test } = condition;
  const read = compileField(field);
  const fact = factOf(field);
  if (fact !== undefined) context.facts.add(fact);
  const registered = registeredField(field);
  const atom = describeTest(field, test, read, registered);
  context.conjuncts?.push(atom);
  if (test.operator === 'exists' || test.operator === 'missing') {
    const wanted = test.operator === 'exists';
    return (evaluation) => {
      const actual = readFor(atom, read, evaluation);
      return actual === UNREADABLE ? UNKNOWN : truth((actual !== undefined) === wanted);
    };
  }
  const quantifier: Quantifier = context.restrictive === context.negated ? 'all' : 'any';
  const check = compileCheck(test, {
    field,
    quantifier,
    decimalText: context.notation !== 'canonical',
    ownLists: context.ownLists,
    dependencies: context.dependencies,
  });
  const missingMeansNo = condition.optional || context.notation === 'business';
  const missing = `${field} is missing`;
  return (evaluation) => {
    const actual = readFor(atom, read, evaluation);
    if (actual === UNREADABLE) return UNKNOWN;
    if (actual !== undefined) {
      const known = registered?.(evaluation);
      if (known === undefined || known === actual) return check(actual, evaluation);
      // What the request says may tighten but never loosen what the registry knows.
      return quantify(quantifier, [actual, known], (value) => check(value, evaluation));
    }
    return missingMeansNo ? NO : unknown(evaluation, missing);
  };
}

function readFor(atom: Atom, read: FieldReader, evaluation: Evaluation): ReturnType<FieldReader> {
  evaluation.atom = atom;
  evaluation.negated = false;
  return read(evaluation);
}

function timeTest(condition: TimeTest, context: ConditionContext): Predicate {
  const { window, operator } = condition;
  const wanted = operator === 'time_within';
  const show = ({ input }: Evaluation): string => new Date(input.nowMs).toISOString();
  const atom: Atom = { field: 'time', operator, expected: window.text, show };
  const clock = context.dependencies.zones.resolve(window.zone);
  return (evaluation) => {
    evaluation.atom = atom;
    evaluation.negated = false;
    if (clock === undefined)
      return unknown(evaluation, `the time zone ${window.zone} is not known`);
    let local = evaluation.localTimes.get(window.zone);
    if (local === undefined) {
      local = clock(evaluation.input.nowMs);
      evaluation.localTimes.set(window.zone, local);
    }
    return truth(isWithin(window, local) === wanted);
  };
}

/** Plain words are looked for first: they need no parsed SQL to be certain. */
function textScan(condition: TextScan, context: ConditionContext): Predicate {
  const words: string[] = [];
  const aboutSql: Predicate[] = [];
  for (const entry of condition.entries) {
    if (entry.type === 'text') words.push(fold(entry.text));
    else aboutSql.push(fieldTest(sqlTest(entry), { ...context, conjuncts: undefined }));
  }
  const expected = displayText(condition.entries.map(entryText).join(', '));
  const show = (): string => 'not found';
  const atom: Atom = { field: 'args', operator: 'contains_any', expected, show };
  context.conjuncts?.push(atom);
  const scan = anyOf([(evaluation) => scanWords(words, evaluation), ...aboutSql]);
  return (evaluation) => {
    const result = scan(evaluation);
    evaluation.atom = atom;
    evaluation.negated = false;
    return result;
  };
}

function scanWords(words: readonly string[], evaluation: Evaluation): Truth {
  const texts = argumentTexts(evaluation);
  const characters = texts.reduce((sum, text) => sum + text.length, texts.length);
  if (!affordsScan(evaluation, characters * words.length)) return UNKNOWN;
  return truth(words.some((word) => texts.some((text) => containsWord(text, word))));
}

function sqlTest(entry: Exclude<ScanEntry, { type: 'text' }>): FieldTest {
  const optional = false;
  if (entry.type === 'select_star') {
    return {
      kind: 'field',
      field: 'sql.star',
      test: { operator: 'equals', value: true },
      optional,
    };
  }
  const test = { operator: 'greater_than', value: entry.limit } as const;
  return { kind: 'field', field: 'sql.limit', test, optional };
}

function entryText(entry: ScanEntry): string {
  if (entry.type === 'text') return entry.text;
  return entry.type === 'select_star' ? '*' : `LIMIT > ${entry.limit}`;
}
