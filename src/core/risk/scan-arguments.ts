import type { JsonObject } from '../json';
import { classOfStatement, graver } from './action-class';
import { remembering } from './name-words';
import type { ActionClass } from './weights';

/** What the arguments say about the risk of an action. */
export interface ScannedArguments {
  /** The largest amount found, without its sign; absent when no argument is an amount. */
  readonly amount?: number;
  /** An amount is no number. */
  readonly isUnreadable: boolean;
  /** The gravest thing that a statement among the arguments does. */
  readonly statement: ActionClass;
}

/** More than a request that passed the guards of the contract can hold. */
const MOST_CONTAINERS = 2_000;

type FieldKind = 'amount' | 'statement' | 'other';

const AMOUNT_FIELD =
  /amount|^(?:grand_?|sub_?)?total(?:_?(?:price|cost|due|sum|value))?$|^(?:exposure|price|cost|sum|budget)$/i;
const STATEMENT_FIELD = /^(?:quer(?:y|ies)|sql|statements?|commands?|cmd|script|code)$/i;

const kindOf = remembering((field: string): FieldKind => {
  if (AMOUNT_FIELD.test(field)) return 'amount';
  return STATEMENT_FIELD.test(field) ? 'statement' : 'other';
});

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The size of a number or of decimal text; undefined for everything else. */
function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : Math.abs(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return DECIMAL.test(text) ? Math.abs(Number(text)) : undefined;
}

/** A container still to be read, and what its own members are. */
type Open = readonly [container: object, inherited: FieldKind];

/**
 * Reads every amount and every statement, however deep they lie. Of several amounts the largest counts; an
 * amount that is an object is read as `{ value }` or `{ amount }`; null counts as absent.
 */
export function scanArguments(args: JsonObject): ScannedArguments {
  let amount: number | undefined;
  let isUnreadable = false;
  let statement: ActionClass = 'read';
  const note = (value: unknown): void => {
    const size = sizeOf(value);
    if (size === undefined) isUnreadable = true;
    else if (amount === undefined || size > amount) amount = size;
  };
  const open: Open[] = [[args, 'other']];
  for (let at = 0; at < open.length; at += 1) {
    const [container, inherited] = open[at] as Open;
    if (at >= MOST_CONTAINERS) {
      return { isUnreadable: true, statement: 'delete' };
    }
    const isList = Array.isArray(container);
    for (const key of Object.keys(container)) {
      const value = (container as Readonly<Record<string, unknown>>)[key];
      if (value === null || value === undefined) continue;
      const kind = isList ? inherited : kindOf(key);
      if (typeof value === 'object') {
        if (kind === 'amount' && !Array.isArray(value)) note(moneyIn(value));
        open.push([value, kind]);
      } else if (kind === 'amount') note(value);
      else if (kind === 'statement' && typeof value === 'string')
        statement = graver(statement, classOfStatement(value));
    }
  }
  return amount === undefined ? { isUnreadable, statement } : { amount, isUnreadable, statement };
}

/** The number in an object that stands for an amount, such as `{ value: "10.00", currency: "EUR" }`. */
function moneyIn(value: object): unknown {
  if (Object.hasOwn(value, 'value')) return (value as { readonly value: unknown }).value;
  return Object.hasOwn(value, 'amount')
    ? (value as { readonly amount: unknown }).amount
    : undefined;
}
