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

/** White space, or comments that stand for it. Bounded, so that hostile text costs linear time. */
const GAP = String.raw`(?:\s|--[^\n]{0,80}\n|/\*[^*]{0,80}\*/){1,20}`;
const DELETING = new RegExp(
  String.raw`\b(?:drop${GAP}(?:table|database|schema|view|index|user|role|column|collection|keyspace)|` +
    String.raw`truncate${GAP}\w|delete${GAP}from)\b|\brm${GAP}-\w{0,8}[rf]`,
  'i',
);
const WRITING = new RegExp(
  String.raw`\b(?:insert${GAP}into|update${GAP}\S{1,128}${GAP}set|alter${GAP}(?:table|user|role)|merge${GAP}into|create${GAP}table)\b`,
  'i',
);

/** Longest statement that is read; a longer one may hold anything. */
const LONGEST_STATEMENT = 65_536;

/** What the text of a statement makes of the action that runs it. */
export function classOfStatement(text: string): ActionClass {
  if (text.length > LONGEST_STATEMENT || DELETING.test(text)) return 'delete';
  return WRITING.test(text) ? 'write' : 'read';
}
