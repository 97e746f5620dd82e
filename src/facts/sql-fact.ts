import type { JsonObject } from '../core/json';
import type { FactValue } from '../core/policy/model';
import type { ParserThread } from './parser-thread';
import { summariseSql, type SqlSummary } from './sql-statement';
import { textsIn } from './texts-in';

const STATEMENT_ARGUMENT = /^(query|queries|sql|statement|statements)$/i;
const LOOKS_LIKE_SQL =
  /^[\s(;]*(?:--[^\n]*\n\s*|\/\*[^*]*\*\/\s*)*\(*\s*(select|with|insert|update|delete|replace|merge|create|alter|drop|truncate|grant|revoke|call|explain|table|values|lock|comment)\b/i;
const MAX_STATEMENT_CHARACTERS = 20_000;
const MAX_TEXTS = 50;

/**
 * Databases read these differently from each other and from the parser, so a statement could show one thing here and do
 * another there.
 */
const READ_DIFFERENTLY: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\\/, what: 'a backslash' },
  { pattern: /\/\*[!+]/, what: 'a comment that some databases execute' },
  { pattern: /\/\*(?:[^*]|\*(?!\/))*\/\*/, what: 'a comment inside a comment' },
  { pattern: /--(?![\s]|$)/, what: 'a comment that some databases read as arithmetic' },
  { pattern: /\$\w*\$/, what: 'dollar quotes' },
  { pattern: /\r(?!\n)/, what: 'a lone carriage return' },
];

/**
 * Parses the SQL among the arguments: every text of `query`, `sql` and `statement` must parse; of the other texts those
 * count that do. Without any statement the fact is an error, so that rules on SQL fail toward their effect.
 */
export async function gatherSql(
  args: JsonObject,
  thread: ParserThread,
  deadlineMs: number,
): Promise<FactValue> {
  const summaries: SqlSummary[] = [];
  for (const text of textsIn(args, (key) => STATEMENT_ARGUMENT.test(key))) {
    if (typeof text !== 'string') return { error: 'a statement is not text' };
    const summary = await summariseText(text, thread, deadlineMs);
    if ('error' in summary) return summary;
    summaries.push(summary);
  }
  const others = textsIn(args, (key) => !STATEMENT_ARGUMENT.test(key)).filter(
    (text) => typeof text === 'string' && LOOKS_LIKE_SQL.test(text),
  );
  if (others.length > MAX_TEXTS) return { error: 'too many texts that look like SQL' };
  let unreadable: string | undefined;
  for (const text of others) {
    const summary = await summariseText(String(text), thread, deadlineMs);
    if (!('error' in summary)) summaries.push(summary);
    // Prose may begin with "update" or "select"; that it does not parse says only that it is prose.
    else if (summary.error === NOT_PARSED) unreadable = summary.error;
    else return summary;
  }
  if (summaries.length === 0)
    return { error: unreadable ?? 'no SQL statement among the arguments' };
  return { value: merge(summaries) };
}

const NOT_PARSED = 'the statement does not parse as SQL';

async function summariseText(
  text: string,
  thread: ParserThread,
  deadlineMs: number,
): Promise<SqlSummary | { readonly error: string }> {
  if (text.length > MAX_STATEMENT_CHARACTERS) return { error: 'the statement is too long' };
  for (const { pattern, what } of READ_DIFFERENTLY) {
    if (pattern.test(text)) return { error: `the statement contains ${what}` };
  }
  for (const dialect of ['Postgresql', 'MySQL'] as const) {
    const answer = await thread.parse(
      { kind: 'sql', text, dialect },
      deadlineMs - performance.now(),
    );
    if (answer.ok) return summariseSql(answer.value);
    if (answer.reason !== 'unparsable')
      return { error: 'the statement could not be parsed in time' };
  }
  return { error: NOT_PARSED };
}

function merge(summaries: readonly SqlSummary[]): JsonObject {
  const union = (select: (summary: SqlSummary) => readonly string[]): readonly string[] =>
    [...new Set(summaries.flatMap(select))].sort();
  return {
    tables: union(({ tables }) => tables),
    statements: union(({ statements }) => statements),
    limit: Math.max(...summaries.map(({ limit }) => limit)),
    star: summaries.some(({ star }) => star),
  };
}
