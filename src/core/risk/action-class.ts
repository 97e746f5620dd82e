import type { Facts } from '../policy/model';
import type { Reversibility } from './model';
import { remembering, wordsOf } from './name-words';
import {
  ACTION_WEIGHTS,
  ACTION_WORDS,
  OUTWEIGHED_BY_READ,
  STATEMENT_CLASSES,
  type ActionClass,
} from './weights';

const CLASS_OF_WORD: ReadonlyMap<string, ActionClass> = new Map(
  Object.entries(ACTION_WORDS).flatMap(([name, words]) =>
    words.map((word) => [word, name as ActionClass] as const),
  ),
);

const JOINS: ReadonlySet<string> = new Set(['and', 'then', 'or']);

/** The class with more points. */
export const graver = (a: ActionClass, b: ActionClass): ActionClass =>
  ACTION_WEIGHTS[a].points >= ACTION_WEIGHTS[b].points ? a : b;

const classOfWord = (word: string): ActionClass | undefined =>
  CLASS_OF_WORD.get(word) ??
  (word.endsWith('s') ? CLASS_OF_WORD.get(word.slice(0, -1)) : undefined);

/**
 * The class of an action by the words of its name. A name that begins with a reading verb reads, whatever it
 * reads (`list_refunds`, `payments.list`), unless it goes on to something else (`get_and_delete`); of every
 * other name the gravest word counts.
 */
const classOfName = remembering((name: string): ActionClass => {
  const words = wordsOf(name);
  const verb = wordsOf(name.slice(name.search(/[^.:/]*$/)))[0];
  const reads = verb !== undefined && classOfWord(verb) === 'read';
  if (reads && !words.some((word) => JOINS.has(word))) return 'read';
  const found = words.flatMap((word) => classOfWord(word) ?? []);
  return found.length === 0 ? 'other' : found.reduce(graver);
});

/** The class by name and registration; only what speaks of loss, money or access outweighs a registered `read`. */
export function classOfAction(
  action: string,
  reversibility: Reversibility | undefined,
): ActionClass {
  const byName = classOfName(action);
  return reversibility === 'read' && OUTWEIGHED_BY_READ.has(byName) ? 'read' : byName;
}

/** What parsed statements make of an action, when the fact was computed. */
export function classOfFacts(facts: Facts): ActionClass {
  const sql = Object.hasOwn(facts, 'sql') ? facts['sql'] : undefined;
  const kinds = sql !== undefined && 'value' in sql ? sql.value['statements'] : undefined;
  let found: ActionClass = 'read';
  if (!Array.isArray(kinds)) return found;
  for (const kind of kinds as readonly unknown[]) {
    const made = STATEMENT_CLASSES.get(String(kind));
    if (made !== undefined) found = graver(found, made);
  }
  return found;
}

const DELETING =
  /\b(?:drop (?:table|database|schema|view|index|user|role|column|collection|keyspace|function|procedure|trigger|sequence|type|extension|tablespace|materialized view)|truncate \w|delete from|delete [^;]{1,200} from)\b|\brm -{1,2}\w{0,8}[rf]/;
const GRANTING = /\b(?:grant|revoke) [^;]{1,200} (?:to|from)\b/;
const WRITING =
  /\b(?:(?:insert|replace|merge) [^;]{0,60}into|update [^;]{1,200} set|alter (?:table|user|role|database|schema|system)|create (?:table|user|role))\b/;

/** Longest statement that is read; a longer one may hold anything. */
const LONGEST_STATEMENT = 65_536;

const BLOCK_COMMENT = /\/\*[^]*?(?:\*\/|$)/g;
const LINE_COMMENT = /(?:--|#)[^\n]*/g;
/** What MySQL reads of a comment that begins with `!`, and the marks of every other one. */
const COMMENT_MARKS = /\/\*(?:!\d{0,6})?|\*\//g;

/**
 * The text as different databases may read it: where a comment ends depends on what is quoted, so each way counts.
 * Every step takes time in proportion to the text.
 */
function readingsOf(text: string): readonly string[] {
  const withoutBlocks = text.replace(BLOCK_COMMENT, ' ');
  const readings = [
    text.replace(COMMENT_MARKS, ' '),
    withoutBlocks,
    text.replace(LINE_COMMENT, ' '),
    withoutBlocks.replace(LINE_COMMENT, ' '),
    text.replace(LINE_COMMENT, ' ').replace(BLOCK_COMMENT, ' '),
  ];
  return [...new Set(readings.map((each) => each.toLowerCase().replace(/\s+/g, ' ')))];
}

/** What the text of a statement makes of the action that runs it. */
export function classOfStatement(text: string): ActionClass {
  if (text.length > LONGEST_STATEMENT) return 'delete';
  const readings = readingsOf(text);
  if (readings.some((each) => DELETING.test(each))) return 'delete';
  if (readings.some((each) => GRANTING.test(each))) return 'access';
  return readings.some((each) => WRITING.test(each)) ? 'write' : 'read';
}
