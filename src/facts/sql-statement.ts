/** What policy asks about one parsed SQL text. */
export interface SqlSummary {
  /** Lower case; a qualified name is there twice, as `schema.table` and as `table`. Without the names of a WITH. */
  readonly tables: readonly string[];
  /** Kinds of statements, such as `select` or `drop`. */
  readonly statements: readonly string[];
  /** Most rows the text can return; `UNLIMITED` without a LIMIT, 1 for pure aggregates. */
  readonly limit: number;
  /** Whether any part selects all columns, also as `orders` or `row_to_json(o)`; `count(*)` does not. */
  readonly star: boolean;
}

export const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** The parser's tree: plain data of which little is typed reliably, so every member is checked where it is read. */
type Tree = { readonly [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Statements whose effect can be read off the text; `call` or `execute` run code that is elsewhere. */
const READABLE = new Set([
  'select',
  'insert',
  'replace',
  'update',
  'delete',
  'create',
  'alter',
  'drop',
  'truncate',
  'grant',
  'revoke',
  'comment',
  'lock',
  'unlock',
  'transaction',
  'show',
  'explain',
  'desc',
  'rename',
]);
/** Functions that run SQL given as text, or read tables named by text. */
const RUNS_TEXT =
  /^(query_to_|table_to_|schema_to_|database_to_|cursor_to_|dblink|pg_read_|pg_ls_|lo_|pg_execute)/;
/** Functions that can take a whole row and hand out all of it. */
const TAKES_ROW = /^(row_to_json|to_jsonb?|jsonb?_agg|array_agg|hstore)$/;
const MAX_DEPTH = 200;

/** Summarises the parser's result, or says why it cannot be read. */
export function summariseSql(parsed: unknown): SqlSummary | { readonly error: string } {
  const statements = (Array.isArray(parsed) ? (parsed as unknown[]) : [parsed]).filter(isTree);
  if (statements.length === 0) return { error: 'the statement is empty' };
  const seen: Seen = {
    tables: new Set(),
    kinds: new Set(),
    star: false,
    error: undefined,
    rows: new Set(),
    bareNames: new Set(),
    isSorting: false,
  };
  let limit = 0;
  for (const statement of statements) {
    const kind = textOf(statement['type'])?.toLowerCase() ?? 'unknown';
    if (!READABLE.has(kind)) return { error: `a ${kind} statement cannot be read for its effect` };
    walk(statement, new Set(), seen, 0);
    limit = Math.max(limit, rowsOf(statement, kind));
  }
  if (seen.error !== undefined) return { error: seen.error };
  return {
    tables: [...seen.tables].sort(),
    statements: [...seen.kinds].sort(),
    limit,
    star: seen.star || [...seen.bareNames].some((name) => seen.rows.has(name)),
  };
}

interface Seen {
  readonly tables: Set<string>;
  readonly kinds: Set<string>;
  star: boolean;
  error: string | undefined;
  /** Names under which whole rows of tables can be selected, and unqualified names of columns that are returned. */
  readonly rows: Set<string>;
  readonly bareNames: Set<string>;
  /** Inside ORDER BY or GROUP BY, which return nothing and often name a column as its table is named. */
  isSorting: boolean;
}

/** Visits every node; `aliases` are the names of WITH that hide tables here. */
function walk(value: unknown, aliases: ReadonlySet<string>, seen: Seen, depth: number): void {
  if (depth > MAX_DEPTH) seen.error ??= 'the statement is nested too deeply';
  if (seen.error !== undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) walk(item, aliases, seen, depth + 1);
    return;
  }
  if (!isTree(value)) return;
  visit(value, aliases, seen);
  const inner = Array.isArray(value['with'])
    ? walkWith(value['with'] as unknown[], aliases, seen, depth)
    : aliases;
  for (const [key, member] of Object.entries(value)) {
    if (key === 'with' && Array.isArray(member)) continue;
    const wasSorting = seen.isSorting;
    seen.isSorting ||= key === 'orderby' || key === 'groupby';
    walk(member, inner, seen, depth + 1);
    seen.isSorting = wasSorting;
  }
}

/**
 * A name of a WITH hides a table only after it and, when recursive, inside itself: in
 * `WITH users AS (SELECT ssn FROM users) …` the inner `users` is the table.
 */
function walkWith(
  parts: readonly unknown[],
  outer: ReadonlySet<string>,
  seen: Seen,
  depth: number,
): ReadonlySet<string> {
  const aliases = new Set(outer);
  const isRecursive = parts.some((part) => isTree(part) && part['recursive'] === true);
  const nameOf = (part: unknown): string | undefined =>
    isTree(part) ? nameText(part['name'])?.toLowerCase() : undefined;
  if (isRecursive) for (const part of parts) aliases.add(nameOf(part) ?? '');
  for (const part of parts) {
    if (isTree(part)) walk(part['stmt'], new Set(aliases), seen, depth + 1);
    aliases.add(nameOf(part) ?? '');
  }
  return aliases;
}

function visit(node: Tree, aliases: ReadonlySet<string>, seen: Seen): void {
  const type = textOf(node['type'])?.toLowerCase();
  if (type === 'column_ref') {
    visitColumn(node, seen);
    return;
  }
  if (isTree(node['into'])) visitInto(node['into'], seen);
  if (type !== undefined && READABLE.has(type)) seen.kinds.add(type);
  if (type === 'function' && RUNS_TEXT.test(functionName(node))) {
    seen.error ??= `the function ${functionName(node).slice(0, 40)} reads or runs what is named in text`;
  }
  const table = textOf(node['table']);
  if (table !== undefined && 'db' in node) addTable(node, table, aliases, seen);
  // GRANT and REVOKE name their objects in a list of their own.
  if ('priv_level' in node && Array.isArray(node['priv_level'])) {
    for (const level of node['priv_level'] as unknown[]) {
      const name = isTree(level) ? nameText(level['name']) : undefined;
      if (name !== undefined) seen.tables.add(name.toLowerCase());
    }
  }
}

function visitColumn(node: Tree, seen: Seen): void {
  const { column, table } = node;
  const name = (nameText(column) ?? (isTree(column) ? nameText(column['expr']) : undefined) ?? '')
    .toLowerCase()
    .replace(/::.*$/, '');
  const isBare = table === null || table === undefined;
  // `o.row_to_json` is another way of writing `row_to_json(o)`.
  if (name === '*' || (!isBare && TAKES_ROW.test(name))) seen.star = true;
  if (isBare && !seen.isSorting) seen.bareNames.add(name);
}

/** A select into a table or a file writes; into a variable it does not. */
function visitInto(into: Tree, seen: Seen): void {
  const target = into['expr'];
  if (target === null || target === undefined || into['keyword'] === 'var') return;
  seen.kinds.add('create');
  const table = into['keyword'] === undefined ? nameText(target) : undefined;
  if (table !== undefined) seen.tables.add(table.toLowerCase());
}

function addTable(node: Tree, table: string, aliases: ReadonlySet<string>, seen: Seen): void {
  const name = table.toLowerCase();
  const alias = textOf(node['as']);
  const schema = nameText(node['schema']) ?? nameText(node['db']);
  if (schema !== undefined && schema !== '') {
    seen.tables.add(`${schema.toLowerCase()}.${name}`).add(name);
  } else if (aliases.has(name)) {
    // A row of a WITH holds only the columns that were selected there.
    return;
  }
  seen.tables.add(name);
  seen.rows.add((alias ?? name).toLowerCase().replace(/\(.*$/s, ''));
  // The parser takes the word ONLY for a table and the table for its alias.
  if (name === 'only' && alias !== undefined) seen.tables.add(alias.toLowerCase());
}

function functionName(node: Tree): string {
  const { name } = node;
  const parts = isTree(name) && Array.isArray(name['name']) ? (name['name'] as unknown[]) : [name];
  return nameText(parts[parts.length - 1])?.toLowerCase() ?? '';
}

/** The most rows a statement returns to its caller. */
function rowsOf(statement: Tree, kind: string): number {
  if (kind === 'select') return rowsOfSelect(statement);
  const { returning } = statement;
  return returning === null || returning === undefined ? 0 : UNLIMITED;
}

/** A LIMIT after the last of several selects holds for all of them unless that one is in parentheses. */
function rowsOfSelect(first: Tree): number {
  const selects: Tree[] = [];
  for (let next: unknown = first; isTree(next); next = next['_next']) selects.push(next);
  const last = selects[selects.length - 1];
  if (last !== undefined && selects.length > 1 && last['parentheses_symbol'] !== true) {
    const limit = limitOf(last);
    if (limit !== undefined) return limit;
  }
  const rows = selects.map((select) => limitOf(select) ?? (isSingleRow(select) ? 1 : UNLIMITED));
  return Math.min(
    UNLIMITED,
    rows.reduce((sum, count) => sum + count, 0),
  );
}

function limitOf(select: Tree): number | undefined {
  const { limit } = select;
  const values =
    isTree(limit) && Array.isArray(limit['value']) ? (limit['value'] as unknown[]) : [];
  if (!isTree(limit) || values.length === 0) return undefined;
  const separator = limit['seperator'];
  // `OFFSET 3` alone is no limit; in `LIMIT 5, 10` the second number is.
  if (separator === 'offset' && values.length < 2) return undefined;
  const value = values[separator === ',' ? 1 : 0];
  const count = isTree(value) && value['type'] === 'number' ? value['value'] : undefined;
  return typeof count === 'number' && count >= 0 ? count : undefined;
}

/** These give one value however many rows they read; `array_agg` and its like hand out the rows. */
const SINGLE_VALUE =
  /^(count|sum|avg|min|max|stddev\w*|var_\w+|variance|bool_and|bool_or|every|corr)$/;

function isSingleRow(select: Tree): boolean {
  const { columns, groupby, from } = select;
  const isGrouped = isTree(groupby) ? Array.isArray(groupby['columns']) : Array.isArray(groupby);
  if (isGrouped || !Array.isArray(columns)) return false;
  const leaves = (columns as unknown[]).map((column) =>
    leafOf(isTree(column) ? column['expr'] : undefined),
  );
  if (leaves.includes('other')) return false;
  return leaves.includes('aggregate') || from === null || from === undefined;
}

type Leaf = 'aggregate' | 'constant' | 'other';

/** What an expression is made of, through casts, arithmetic and a few functions that cannot return rows. */
function leafOf(expression: unknown): Leaf {
  if (!isTree(expression)) return 'other';
  switch (expression['type']) {
    case 'aggr_func': {
      const over = expression['over'];
      const name = nameText(expression['name'])?.toLowerCase() ?? '';
      return SINGLE_VALUE.test(name) && (over === null || over === undefined)
        ? 'aggregate'
        : 'other';
    }
    case 'number':
    case 'single_quote_string':
    case 'bool':
    case 'null':
      return 'constant';
    case 'cast':
      return leafOf(expression['expr']);
    case 'binary_expr':
      return weakest([leafOf(expression['left']), leafOf(expression['right'])]);
    case 'function': {
      const args = isTree(expression['args']) ? expression['args']['value'] : undefined;
      if (!/^(coalesce|round|nullif|abs|floor|ceil)$/.test(functionName(expression)))
        return 'other';
      return Array.isArray(args) ? weakest(args.map(leafOf)) : 'other';
    }
    default:
      return 'other';
  }
}

function weakest(leaves: readonly Leaf[]): Leaf {
  if (leaves.includes('other')) return 'other';
  return leaves.includes('aggregate') ? 'aggregate' : 'constant';
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Names come as text or as `{ value }`, depending on how they were quoted. */
const nameText = (value: unknown): string | undefined =>
  textOf(value) ?? (isTree(value) ? textOf(value['value']) : undefined);
