import type { JsonObject } from '../core/json';
import type { FactValue } from '../core/policy/model';
import { valuesIn } from './argument-values';
import type { FactParser } from './parser-thread';
import { likenessOf, opensLikeSql } from './sql-detection';
import { summariseSql, type SqlSummary } from './sql-statement';

const STATEMENT_ARGUMENT = /^(query|queries|sql|statement|statements)$/i;
/** A key by which a tool may take SQL; what opens like a statement there must be one. */
const EXPECTS_SQL = /sql|query|queries|statement|stmt|command|\b(?:cmds?|scripts?|ddl|dml)\b/i;
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
 * Parses the SQL among the arguments. Every text of `query`, `sql` and `statement` must parse, and so must every other text
 * that looks like SQL, as a tool may run it beside a harmless one; of the texts that prose could be, those count that do.
 * Without any statement the fact is an error, so that rules on SQL fail toward their effect.
 */
export async function gatherSql(
  args: JsonObject,
  parser: FactParser,
  deadlineMs: number,
): Promise<FactValue> {
  const candidates = candidatesIn(args);
  if (candidates === undefined) return { error: 'a statement is not text' };
  if (candidates.length > MAX_TEXTS) return { error: 'too many texts that look like SQL' };
  const summaries: SqlSummary[] = [];
  let unreadable: string | undefined;
  for (const { text, mustParse } of candidates) {
    const summary = await summariseText(text, parser, deadlineMs);
    if (!('error' in summary)) summaries.push(summary);
    else if (mustParse || summary.error !== NOT_PARSED) return summary;
    else unreadable = summary.error;
  }
  if (summaries.length === 0)
    return { error: unreadable ?? 'no SQL statement among the arguments' };
  return { value: merge(summaries) };
}

interface Candidate {
  readonly text: string;
  /** Else it may be prose that begins with a word such as "update". */
  readonly mustParse: boolean;
}

const expectsSql = (key: string): boolean =>
  EXPECTS_SQL.test(key.replace(/([a-z])([A-Z0-9])/g, '$1 $2').replaceAll('_', ' '));

/** The texts to parse, the statements first; `undefined` when a statement is no text. */
function candidatesIn(args: JsonObject): readonly Candidate[] | undefined {
  const statements: Candidate[] = [];
  const others: Candidate[] = [];
  for (const { topKey, key, value } of valuesIn(args)) {
    if (STATEMENT_ARGUMENT.test(topKey)) {
      if (typeof value !== 'string') return undefined;
      statements.push({ text: value, mustParse: true });
    } else if (typeof value === 'string') {
      const isExpected = (expectsSql(key) || expectsSql(topKey)) && opensLikeSql(value);
      const likeness = likenessOf(value);
      const mustParse = isExpected || likeness === 'sql';
      if (mustParse || likeness === 'maybe') others.push({ text: value, mustParse });
    }
  }
  return [...statements, ...others];
}

const NOT_PARSED = 'the statement does not parse as SQL';

async function summariseText(
  text: string,
  parser: FactParser,
  deadlineMs: number,
): Promise<SqlSummary | { readonly error: string }> {
  if (text.length > MAX_STATEMENT_CHARACTERS) return { error: 'the statement is too long' };
  for (const { pattern, what } of READ_DIFFERENTLY) {
    if (pattern.test(text)) return { error: `the statement contains ${what}` };
  }
  for (const dialect of ['Postgresql', 'MySQL'] as const) {
    const answer = await parser.parse(
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
