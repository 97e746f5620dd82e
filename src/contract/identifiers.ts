import { z } from 'zod';
import type { Json, JsonObject } from '../core/json';

const named = (pattern: RegExp, what: string, longest: number) =>
  z.string().min(1).max(longest).regex(pattern, what);

const WORD = 'use letters, digits, ".", "_" or "-", starting with a letter or digit';

/** Ids of agents, policies, lists, chains, roles and environments: slugs that need no escaping in a URL. */
export const slug = named(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, WORD, 63);

/** A user's id: a slug or an e-mail address. */
export const userId = named(
  /^[A-Za-z0-9][A-Za-z0-9._@+-]*$/,
  'use letters, digits, ".", "_", "@", "+" or "-", starting with a letter or digit',
  128,
);

/** The tool's name as the agent calls it. */
export const actionName = named(
  /^[A-Za-z0-9_][A-Za-z0-9_.:/@-]*$/,
  'use letters, digits, "_", ".", ":", "/", "@" or "-"',
  200,
);

/** A name for people to read, such as that of a team. */
export const shortText = z.string().trim().min(1).max(200);

/** A client's own text that only has to be equal again: keys of idempotency, attempts, commands, cursors. */
export const opaqueText = (longest: number) =>
  named(/^[\x21-\x7e]+$/, 'use visible ASCII characters without spaces', longest);

export const uuid = named(
  /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
  'use a UUID',
  36,
);

/** ISO 8601 with time zone. */
export const isoTime = z.iso
  .datetime({ offset: true, error: 'use an ISO 8601 time such as 2026-03-04T15:00:00Z' })
  .max(40)
  .meta({ example: '2026-03-04T15:00:00Z' });

/** Prose that must say something. */
export const sentence = z
  .string()
  .max(4_000)
  .refine((text) => text.trim() !== '', 'must not be empty');

/** Any JSON. Its shape was checked on the text, so that checking here need not recurse. */
export const jsonValue = z.unknown() as z.ZodType<Json>;

export const jsonObject = z.record(z.string(), jsonValue) as z.ZodType<JsonObject>;

/** A whole number written in a query string. */
export const wholeNumber = (least: number, most: number) =>
  z.coerce
    .number({ error: `use a whole number from ${String(least)} to ${String(most)}` })
    .int()
    .min(least)
    .max(most);

/** Page size and position of every list. */
export const paging = {
  limit: wholeNumber(1, 200).default(50),
  cursor: opaqueText(500).exactOptional().meta({ description: '`nextCursor` of the page before.' }),
};
