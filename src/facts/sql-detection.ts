/**
 * How likely a text is a statement. `sql`: it has a shape that prose hardly has. `maybe`: it begins as a statement can and
 * prose may, too. `prose`: no statement begins like this.
 */
export type SqlLikeness = 'sql' | 'maybe' | 'prose';

/** What may stand before a statement; the end of a comment, too, as comments nest in some databases. */
const LEADING = /^(?:[\s;(\uFEFF]|--[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\*\/)+/;
const COMMENTS = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
/** The plan of a statement can be had by running it. */
const EXPLAIN = /^(?:explain\b(?:\s+(?:analyze|verbose)\b|\s*\([^)]*\))*\s*)+(?=\w)/i;
const WORD = /^[a-z]+/i;
/** A name, perhaps quoted and qualified. */
const NAME = '(?!\\d)[\\w"`$.\\[\\]]+';
const NAMES = `${NAME}(?:\\s*,\\s*${NAME})*`;
const OBJECTS =
  'table|view|index|database|schema|user|role|function|procedure|trigger|sequence|type|extension|' +
  'materialized|temp|temporary|unlogged|global|unique|or\\s+replace|recursive|domain|server|foreign|' +
  'policy|publication|subscription|event|tablespace|aggregate|operator|language|rule|owned|column|' +
  'constraint|system|session|default\\s+privileges';

/** Patterns that are to be found one after the other; apart, each is found in linear time. */
type Sequence = readonly RegExp[];
const found = (...sources: readonly string[]): Sequence =>
  sources.map((source) => new RegExp(source, 'i'));

const ASSIGNMENT = found('\\bset\\b', '=');
const ROWS = found('\\bvalues?\\s*\\(|\\bselect\\b');
const OBJECT = found(`^\\s+(?:${OBJECTS})\\b`);

/** What follows the opening word in a statement, and hardly in prose. */
const SHAPES: ReadonlyMap<string, readonly Sequence[]> = new Map<string, readonly Sequence[]>([
  ['select', [found('(?:\\b|[\\d.])(?:from|into|union|table|values)\\b|[(*@]')]],
  ['with', [found('\\bas\\s+(?:not\\s+)?materialized\\s*\\(|\\bas\\s*\\(')]],
  ['values', [found('^\\s*(?:row\\s*)?\\(')]],
  [
    'table',
    [found(`^\\s+(?:only\\s+)?${NAME}\\s*(?:$|\\*|(?:order|limit|offset|fetch|union)\\b)`)],
  ],
  ['insert', [found('^\\s+(?:into|ignore|overwrite)\\b'), ROWS]],
  ['update', [ASSIGNMENT]],
  ['delete', [found(`^\\s+(?:from|ignore|quick)\\b|^\\s+${NAMES}\\s+(?:from|where)\\b`)]],
  ['merge', [found('^\\s+into\\b|\\bmatched\\s+then\\b')]],
  ['replace', [found('^\\s+into\\b'), ROWS, ASSIGNMENT]],
  ['create', [OBJECT]],
  ['alter', [OBJECT]],
  ['drop', [OBJECT]],
  ['comment', [found(`^\\s+on\\s+(?:${OBJECTS})\\b`)]],
  ['truncate', [found(`^\\s+(?:table\\s+|only\\s+)?${NAMES}\\s*(?:$|\\*|(?:restart|cascade)\\b)`)]],
  ['grant', [found('\\bon\\b', '\\bto\\b'), found(`^\\s+${NAMES}\\s+to\\b`)]],
  ['revoke', [found('\\bon\\b', '\\bfrom\\b'), found(`^\\s+${NAMES}\\s+from\\b`)]],
  ['call', [found(`^\\s+${NAME}\\s*\\(`)]],
  ['exec', [found(`^\\s*(?:\\(|@|immediate\\b)|^\\s+(?:[sx]p_|${NAME}\\s*(?:\\(|@|'|using\\b))`)]],
  ['execute', [found(`^\\s*(?:\\(|@|immediate\\b)|^\\s+${NAME}\\s*(?:\\(|@|'|using\\b)`)]],
  ['prepare', [found(`^\\s+${NAME}\\s*(?:\\([^)]*\\)\\s*)?(?:as\\s+\\(*\\s*[a-z]+|from\\s+['@])`)]],
  ['declare', [found('^\\s*@|\\bcursor\\b')]],
  ['do', [found(`^\\s*(?:\\$|e?'|language\\b)|^\\s+${NAME}\\(`)]],
  ['copy', [found("\\b(?:from|to)\\s*(?:stdin|stdout|program|e?'|\\$)")]],
  ['load', [found('^\\s+(?:data|xml)\\b', '\\binfile\\b'), found("^\\s*'")]],
  ['import', [found('^\\s+(?:foreign\\s+schema|into|table)\\b')]],
  ['set', [found(`^\\s+(?:session|local|global|role|@|${NAME}\\s*:?=|search_path\\b)`)]],
  [
    'show',
    [found('^\\s+(?:tables|databases|schemas|columns|grants|create\\s+table|processlist)\\b')],
  ],
  ['handler', [found(`^\\s+${NAME}\\s+(?:open|read|close)\\b`)]],
  ['refresh', [found('^\\s+materialized\\b')]],
  ['reindex', [found('^\\s*\\(|^\\s+(?:index|table|schema|database|system)\\b')]],
  ['vacuum', [found('^\\s*\\(|^\\s+(?:full|freeze|verbose|analyze|into)\\b')]],
  ['analyze', [found('^\\s*\\(|^\\s+(?:verbose|table)\\b')]],
  ['attach', [found("^\\s+database\\b|^\\s*'")]],
  ['pragma', [found('^\\s+\\w')]],
  ['lock', [found('^\\s+tables?\\b|\\bmode\\b')]],
  ['rename', [found('^\\s+(?:table|user)\\b')]],
  ['begin', [found('^\\s+(?:tran|transaction|work|isolation|immediate|exclusive)\\b')]],
  ['start', [found('^\\s+transaction\\b')]],
]);

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));
/** They have no shape of their own; what matters is the statement after them. */
const OPENERS_ALONE = wordsOf(
  'use detach explain describe desc reset fetch kill commit rollback savepoint release abort end ' +
    'discard listen notify cluster close move deallocate flush optimize repair install security',
);
/** Openings that the parser knows and prose shares: whether it parses tells which of them it is. */
const TRIED = wordsOf(
  'select with insert update delete replace merge create alter drop truncate grant revoke call ' +
    'explain table values lock comment',
);

/** Judges by the opening word and what follows it, and in the same way every part after a semicolon. Takes linear time. */
export function likenessOf(text: string): SqlLikeness {
  const whole = likenessOfPart(text);
  if (whole === 'sql' || !text.includes(';')) return whole;
  return text.split(';').some((part) => likenessOfPart(part) === 'sql') ? 'sql' : whole;
}

/** Whether it begins as a statement can, with more after the opening word: enough to go by where SQL is expected. */
export function opensLikeSql(text: string): boolean {
  const { word, rest } = opening(text);
  return (SHAPES.has(word) || OPENERS_ALONE.has(word)) && rest.trim() !== '';
}

function likenessOfPart(text: string): SqlLikeness {
  if (hasShape(text) || hasShape(text.replace(COMMENTS, ' '))) return 'sql';
  return TRIED.has(opening(text).word) ? 'maybe' : 'prose';
}

function hasShape(text: string): boolean {
  const { word, rest } = opening(text);
  return SHAPES.get(word)?.some((sequence) => follows(sequence, rest)) === true;
}

function follows(sequence: Sequence, text: string): boolean {
  let rest = text;
  for (const pattern of sequence) {
    const match = pattern.exec(rest);
    if (match === null) return false;
    rest = rest.slice(match.index + match[0].length);
  }
  return true;
}

function opening(text: string): { readonly word: string; readonly rest: string } {
  const start = text.replace(LEADING, '').replace(EXPLAIN, '');
  const word = WORD.exec(start)?.[0] ?? '';
  return { word: word.toLowerCase(), rest: start.slice(word.length) };
}
