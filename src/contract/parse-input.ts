import { z } from 'zod';
import { DomainError, type Problem } from '../core/errors';
import { nearestName } from './nearest-name';

/** Fields that the product will have and this version does not act on; name → what to do instead. */
export type ReservedFields = Readonly<Record<string, string>>;

const MOST_PROBLEMS = 50;
const SHOWN_NAME_LENGTH = 60;

/**
 * Checks a value from outside against its schema.
 *
 * @throws DomainError `validation_failed` naming every problem at once; an unknown field with the nearest
 * valid one, a reserved field as not available.
 */
export function parseInput<T>(
  schema: z.ZodType<T>,
  input: unknown,
  reserved: ReservedFields = {},
): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = problemsOf(result.error, schema, input, reserved).slice(0, MOST_PROBLEMS);
  const first = problems[0];
  throw new DomainError('validation_failed', {
    ...(first === undefined
      ? {}
      : { what: `${first.path === '' ? 'The request' : first.path}: ${first.message}.` }),
    problems,
  });
}

/** The issues of a failed check as problems, without any value that was sent. */
function problemsOf(
  error: z.ZodError,
  schema: z.ZodType,
  input: unknown,
  reserved: ReservedFields = {},
): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      const valid = fieldNames(schemaAt(schema, issue.path));
      return issue.keys.map((key) => ({
        path: [...path, key.slice(0, SHOWN_NAME_LENGTH)].join('.'),
        message: aboutUnknownField(key, valid, path.length === 0 ? reserved : {}),
      }));
    }
    const missing = issue.code === 'invalid_type' && valueAt(input, issue.path) === undefined;
    const message = missing ? `is required (${issue.expected})` : issue.message;
    return [{ path: path.join('.'), message }];
  });
}

function aboutUnknownField(
  key: string,
  valid: readonly string[],
  reserved: ReservedFields,
): string {
  const instead = Object.hasOwn(reserved, key) ? reserved[key] : undefined;
  if (instead !== undefined) return `not available in this version: ${instead}`;
  const near = nearestName(key, valid);
  if (near !== undefined) return `unknown field; did you mean "${near}"?`;
  return valid.length === 0
    ? 'unknown field; none is expected here'
    : `unknown field; valid are ${valid.join(', ')}`;
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let inner = schema;
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodExactOptional ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodNullable
  ) {
    inner = inner.def.innerType;
  }
  return inner;
}

function schemaAt(
  schema: z.core.$ZodType,
  path: readonly PropertyKey[],
): z.core.$ZodType | undefined {
  let at = unwrapped(schema);
  for (const part of path) {
    if (at instanceof z.ZodObject) at = unwrapped(fieldsOf(at)[String(part)]);
    else if (at instanceof z.ZodArray) at = unwrapped(at.def.element);
    else return undefined;
  }
  return at;
}

const fieldsOf = (schema: z.ZodObject): Readonly<Record<string, z.core.$ZodType>> => schema.shape;

const fieldNames = (schema: z.core.$ZodType | undefined): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(fieldsOf(schema)) : [];

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let at = input;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return at;
}
