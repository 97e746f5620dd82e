import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, Parser } from 'yaml';
import type { CST, ParsedNode } from 'yaml';
import { createDiagnostics, type Diagnostics, type Located } from './diagnostic';

/** A parsed document in which every value knows its place. Aliases, tags and duplicate keys never get here. */
export type SourceNode = SourceMap | SourceList | SourceScalar;
export interface SourceMap extends Located {
  readonly kind: 'map';
  readonly members: ReadonlyMap<string, SourceMember>;
}
export interface SourceMember extends Located {
  readonly value: SourceNode;
}
export interface SourceList extends Located {
  readonly kind: 'list';
  readonly items: readonly SourceNode[];
}
export interface SourceScalar extends Located {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}

export interface ParsedSource {
  readonly documents: readonly SourceNode[];
  readonly diagnostics: Diagnostics;
}

const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_DEPTH = 64;
/** Far above any real policy: stops hostile text before the parser spends seconds on it. */
const MAX_OPEN_BRACKETS = 256;
const MAX_TOKENS = 2_000_000;
const REPEATED_INDICATORS = /(?:[-?:][ \t\r\n]+){100}/;

/** Parses YAML or JSON (which is YAML) with guards before anything recursive sees the text. Never throws. */
export function parseSource(text: string): ParsedSource {
  const lines = new LineCounter();
  const diagnostics = createDiagnostics((at) => lines.linePos(at));
  const refused: ParsedSource = { documents: [], diagnostics };
  if (text.length > MAX_CHARACTERS) {
    diagnostics.error('too_long', { at: 0 }, '', `longer than ${MAX_CHARACTERS} characters`);
    return refused;
  }
  const tooDeepAt = firstTooDeep(text);
  if (tooDeepAt !== undefined) {
    diagnostics.error('too_deep', { at: 0 }, '', `nested deeper than ${MAX_DEPTH} levels`);
    return refused;
  }
  try {
    const tokens = tokenise(text, lines, diagnostics);
    if (tokens === undefined) return refused;
    return { documents: compose(tokens, diagnostics), diagnostics };
  } catch {
    diagnostics.error('syntax', { at: 0 }, '', 'the text cannot be read as YAML or JSON');
    return refused;
  }
}

/** Counts brackets wherever they stand, so it only catches what no policy contains. */
function firstTooDeep(text: string): number | undefined {
  const repeated = REPEATED_INDICATORS.exec(text);
  if (repeated !== null) return repeated.index;
  let open = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) open += 1;
    else if ((code === 0x5d || code === 0x7d) && open > 0) open -= 1;
    if (open > MAX_OPEN_BRACKETS) return at;
  }
  return undefined;
}

function tokenise(
  text: string,
  lines: LineCounter,
  diagnostics: Diagnostics,
): CST.Token[] | undefined {
  const tokens: CST.Token[] = [];
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    tokens.push(token);
    if (tokens.length > MAX_TOKENS) {
      return diagnostics.error(
        'too_long',
        { at: token.type === 'document' ? token.offset : 0 },
        '',
        'too many parts',
      );
    }
    if (token.type === 'directive') {
      return diagnostics.error('syntax', { at: token.offset }, '', 'directives are not read');
    }
    if (token.type === 'document' && !isShallow(token)) {
      return diagnostics.error(
        'too_deep',
        { at: token.offset },
        '',
        `nested deeper than ${MAX_DEPTH} levels`,
      );
    }
  }
  return tokens;
}

/** Without recursion: the composer after it is recursive. */
function isShallow(document: CST.Document): boolean {
  const open: { token: CST.Token; depth: number }[] = [];
  const push = (token: CST.Token | null | undefined, depth: number): void => {
    if (token !== null && token !== undefined) open.push({ token, depth });
  };
  push(document.value, 1);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (!('items' in token)) continue;
    if (depth > MAX_DEPTH) return false;
    for (const item of token.items) {
      push(item.key, depth + 1);
      push(item.value, depth + 1);
    }
  }
  return true;
}

function compose(tokens: readonly CST.Token[], diagnostics: Diagnostics): readonly SourceNode[] {
  // Uniqueness of keys is checked below: the composer's own check is quadratic.
  const composer = new Composer({
    version: '1.2',
    uniqueKeys: false,
    prettyErrors: false,
  });
  const documents: SourceNode[] = [];
  for (const document of composer.compose(tokens)) {
    for (const { pos, message } of [...document.errors, ...document.warnings]) {
      diagnostics.error('syntax', { at: pos[0] }, '', lowerFirst(message));
    }
    const { contents } = document;
    const isEmpty = contents === null || (isScalar(contents) && contents.value === null);
    const node = isEmpty ? undefined : toNode(contents, '', diagnostics);
    if (node !== undefined) documents.push(node);
  }
  return documents;
}

function toNode(node: ParsedNode, path: string, diagnostics: Diagnostics): SourceNode | undefined {
  const at = node.range[0];
  if (isAlias(node)) {
    return diagnostics.error('syntax', { at }, path, 'aliases are not read', 'write the value out');
  }
  if (node.tag !== undefined && !isStandardTag(node.tag)) {
    return diagnostics.error('syntax', { at }, path, 'tags are not read');
  }
  if (isScalar(node)) return toScalar(node.value, at, path, diagnostics);
  if (isSeq(node)) {
    const items = node.items.map((item, index) => toNode(item, `${path}[${index}]`, diagnostics));
    return { kind: 'list', at, items: items.filter((item) => item !== undefined) };
  }
  return isMap(node) ? toMap(node, at, path, diagnostics) : undefined;
}

const isStandardTag = (tag: string): boolean =>
  /^tag:yaml\.org,2002:(map|seq|str|int|float|bool|null)$/.test(tag);

function toMap(
  node: Extract<ParsedNode, { items: readonly { key: unknown }[] }>,
  at: number,
  path: string,
  diagnostics: Diagnostics,
): SourceMap {
  const members = new Map<string, SourceMember>();
  for (const { key, value } of node.items as readonly {
    key: ParsedNode;
    value: ParsedNode | null;
  }[]) {
    const name = isScalar(key) ? String(key.value) : undefined;
    const keyAt = key.range[0];
    if (name === undefined) {
      diagnostics.error('syntax', { at: keyAt }, path, 'a key is one name');
      continue;
    }
    const memberPath = path === '' ? name : `${path}.${name}`;
    if (members.has(name)) {
      diagnostics.error(
        'duplicate_key',
        { at: keyAt },
        memberPath,
        `\`${shown(name)}\` is there twice`,
      );
      continue;
    }
    const nothing: SourceScalar = { kind: 'scalar', at: keyAt, value: null };
    const read = value === null ? nothing : toNode(value, memberPath, diagnostics);
    if (read !== undefined) members.set(name, { at: keyAt, value: read });
  }
  return { kind: 'map', at, members };
}

function toScalar(
  value: unknown,
  at: number,
  path: string,
  diagnostics: Diagnostics,
): SourceScalar | undefined {
  if (typeof value === 'string') {
    if (!/[\p{Cc}\p{Cs}]/u.test(value.replace(/[\t\n\r]/g, ''))) {
      return { kind: 'scalar', at, value };
    }
    const message = 'the text contains control or broken characters';
    return diagnostics.error('invalid_text', { at }, path, message);
  }
  if (typeof value === 'number') {
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return { kind: 'scalar', at, value };
    const message = 'the number is too large to be compared exactly';
    return diagnostics.error('number_range', { at }, path, message);
  }
  if (typeof value === 'boolean' || value === null) return { kind: 'scalar', at, value };
  return diagnostics.error('syntax', { at }, path, 'a value of this kind is not read');
}

/** A name from the document in a message: bounded, on one line. */
export const shown = (name: string): string =>
  name.length > 60 ? `${name.slice(0, 59)}…` : name.replace(/\s+/g, ' ');

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1, 200);
