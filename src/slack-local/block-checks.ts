import { isRecord, type JsonRecord } from './json-shape';

/** A rule of Slack's that a place breaks. */
export interface BlockProblem {
  /** JSON pointer to the place, such as `/blocks/0/text`. */
  readonly pointer: string;
  readonly message: string;
}

export type Report = (pointer: string, message: string) => void;

/** Checks one value; the record is the value when it is an object. */
export type Check = (value: unknown, pointer: string, report: Report) => void;

export interface Field {
  readonly check: Check;
  readonly required?: boolean;
}

/** An object with these fields and no other: Slack refuses what it does not know. */
export function shape(fields: Readonly<Record<string, Field>>): Check {
  return (value, pointer, report) => {
    if (!isRecord(value)) {
      report(pointer, 'must provide an object');
      return;
    }
    for (const key of Object.keys(value)) {
      if (key !== 'type' && !Object.hasOwn(fields, key))
        report(pointer, `invalid additional property: ${key}`);
    }
    for (const [key, { check, required = false }] of Object.entries(fields)) {
      if (value[key] === undefined || value[key] === null) {
        if (required) report(pointer, `missing required field: ${key}`);
      } else {
        check(value[key], `${pointer}/${key}`, report);
      }
    }
  };
}

/** Characters are counted as UTF-16 units; Slack does not say, and this is never the laxer count. */
export const text =
  (most: number, least = 0): Check =>
  (value, pointer, report) => {
    if (typeof value !== 'string') report(pointer, 'must be a string');
    else if (value.length > most)
      report(pointer, `must be no more than ${String(most)} characters`);
    else if (value.length < least)
      report(pointer, `must be more than ${String(least - 1)} characters`);
  };

export const oneOf =
  (...values: readonly unknown[]): Check =>
  (value, pointer, report) => {
    if (!values.includes(value)) report(pointer, `must be one of: ${values.join(', ')}`);
  };

export const yesOrNo: Check = (value, pointer, report) => {
  if (typeof value !== 'boolean') report(pointer, 'must be a boolean');
};

export const integer =
  (least: number, most: number): Check =>
  (value, pointer, report) => {
    if (!Number.isInteger(value) || Number(value) < least || Number(value) > most)
      report(pointer, `must be an integer from ${String(least)} to ${String(most)}`);
  };

export const anything: Check = () => undefined;

export const list =
  (item: Check, least: number, most: number): Check =>
  (value, pointer, report) => {
    if (!Array.isArray(value)) {
      report(pointer, 'must be an array');
      return;
    }
    if (value.length > most) report(pointer, `no more than ${String(most)} items allowed`);
    if (value.length < least) report(pointer, `must have at least ${String(least)} items`);
    value.forEach((one: unknown, index) => {
      item(one, `${pointer}/${String(index)}`, report);
    });
  };

/** Chooses the check by the object's `type`. */
export const byType =
  (what: string, checks: Readonly<Record<string, Check>>): Check =>
  (value, pointer, report) => {
    const type = isRecord(value) ? value['type'] : undefined;
    const check =
      typeof type === 'string' && Object.hasOwn(checks, type) ? checks[type] : undefined;
    if (check === undefined) report(pointer, `unsupported type for ${what}: ${String(type)}`);
    else check(value, pointer, report);
  };

/** All of these checks on the same value. */
export const all =
  (...checks: readonly Check[]): Check =>
  (value, pointer, report) => {
    for (const check of checks) check(value, pointer, report);
  };

/** A rule on an object as a whole. */
export const rule =
  (holds: (value: JsonRecord) => boolean, message: string): Check =>
  (value, pointer, report) => {
    if (isRecord(value) && !holds(value)) report(pointer, message);
  };

export const must = (check: Check): Field => ({ check, required: true });
export const may = (check: Check): Field => ({ check });

export function problemsOf(check: Check, value: unknown, pointer: string): readonly BlockProblem[] {
  const problems: BlockProblem[] = [];
  check(value, pointer, (where, message) => {
    problems.push({ pointer: where, message });
  });
  return problems;
}
