/** How a run of text is set. */
export interface TextStyle {
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly strike?: boolean;
  readonly code?: boolean;
}

/** A piece of text as Slack's clients take it apart. */
export type TextNode =
  | { readonly kind: 'text'; readonly text: string; readonly style?: TextStyle }
  | { readonly kind: 'preformatted'; readonly nodes: readonly TextNode[] }
  | { readonly kind: 'user' | 'group' | 'channel'; readonly id: string; readonly label?: string }
  | { readonly kind: 'special'; readonly range: string }
  | { readonly kind: 'link'; readonly url: string; readonly label: string }
  | {
      readonly kind: 'date';
      readonly timestampS: number;
      readonly format: string;
      readonly fallback: string;
      readonly url?: string;
    };

/** Names that text without markup may mention when it is not verbatim. */
export interface Names {
  readonly userByName: (name: string) => string | undefined;
  readonly groupByHandle: (handle: string) => string | undefined;
  readonly channelByName: (name: string) => string | undefined;
}

export interface ParseOptions {
  /** `verbatim: true` of a text object: neither bare addresses nor bare names become links. */
  readonly verbatim: boolean;
  readonly names: Names;
}

const MARKUP = [
  '```(?<fence>[\\s\\S]+?)```',
  '`(?<code>[^`\\n]+)`',
  '<(?<angle>[^<>\\n]+)>',
  '(?<![\\p{L}\\p{N}*])\\*(?<bold>(?! )[^*\\n]+?(?<! ))\\*(?![\\p{L}\\p{N}*])',
  '(?<![\\p{L}\\p{N}_])_(?<italic>(?! )[^_\\n]+?(?<! ))_(?![\\p{L}\\p{N}_])',
  '(?<![\\p{L}\\p{N}~])~(?<strike>(?! )[^~\\n]+?(?<! ))~(?![\\p{L}\\p{N}~])',
];
const BARE = [
  '(?<url>\\bhttps?:\\/\\/[^\\s<>|`]+)',
  '(?<![\\p{L}\\p{N}@.])@(?<at>[\\p{L}\\p{N}._-]+)',
  '(?<![\\p{L}\\p{N}#&])#(?<hash>[\\p{Ll}\\p{N}_-]+)',
];
const pattern = (parts: readonly string[]): RegExp => new RegExp(parts.join('|'), 'gu');
const STYLED = pattern(MARKUP);
const STYLED_AND_BARE = pattern([...MARKUP, ...BARE]);
/** Inside code only the angle brackets keep their meaning. */
const IN_CODE = pattern(['<(?<angle>[^<>\\n]+)>']);

const SPECIAL: ReadonlySet<string> = new Set(['here', 'channel', 'everyone']);
const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

/** The three entities that Slack knows; what comes of them is never parsed again. */
export const decodeEntities = (text: string): string =>
  text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity);

/**
 * Takes mrkdwn apart the way Slack's clients do. Where its behaviour is not documented (mentions within
 * code, plain `@names`) this errs towards finding a mention or link, so that a test which sees none can
 * be trusted.
 */
export function parseMrkdwn(text: string, options: ParseOptions): readonly TextNode[] {
  return parse(text, options.verbatim ? STYLED : STYLED_AND_BARE, {}, options.names);
}

function parse(text: string, syntax: RegExp, style: TextStyle, names: Names): TextNode[] {
  const nodes: TextNode[] = [];
  let from = 0;
  for (const match of text.matchAll(syntax)) {
    const parsed = parseMatch(match.groups ?? {}, syntax, style, names);
    if (parsed === undefined) continue;
    if (match.index > from) nodes.push(plain(text.slice(from, match.index), style));
    nodes.push(...parsed);
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(plain(text.slice(from), style));
  return nodes;
}

type Groups = Readonly<Record<string, string | undefined>>;

/** @returns undefined where the match is text after all */
function parseMatch(
  groups: Groups,
  syntax: RegExp,
  style: TextStyle,
  names: Names,
): readonly TextNode[] | undefined {
  const { fence, code, angle, bold, italic, strike, url, at, hash } = groups;
  if (fence !== undefined)
    return [{ kind: 'preformatted', nodes: parse(fence.replace(/^\n/, ''), IN_CODE, {}, names) }];
  if (code !== undefined) return parse(code, IN_CODE, { ...style, code: true }, names);
  if (angle !== undefined) return parseAngle(angle);
  if (bold !== undefined) return parse(bold, syntax, { ...style, bold: true }, names);
  if (italic !== undefined) return parse(italic, syntax, { ...style, italic: true }, names);
  if (strike !== undefined) return parse(strike, syntax, { ...style, strike: true }, names);
  if (url !== undefined) {
    const address = url.replace(/[.,;:!?)\]}'"]+$/, '');
    const rest = url.slice(address.length);
    const link = {
      kind: 'link',
      url: decodeEntities(address),
      label: decodeEntities(address),
    } as const;
    return rest === '' ? [link] : [link, plain(rest, style)];
  }
  if (at !== undefined) return parseBareName(at, names);
  if (hash !== undefined) {
    const id = names.channelByName(hash);
    return id === undefined ? undefined : [{ kind: 'channel', id }];
  }
  return undefined;
}

function parseBareName(name: string, names: Names): readonly TextNode[] | undefined {
  if (SPECIAL.has(name)) return [{ kind: 'special', range: name }];
  const user = names.userByName(name);
  if (user !== undefined) return [{ kind: 'user', id: user }];
  const group = names.groupByHandle(name);
  return group === undefined ? undefined : [{ kind: 'group', id: group }];
}

/** What stands between angle brackets: a mention, a date or a link. */
function parseAngle(inner: string): readonly TextNode[] | undefined {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? undefined : decodeEntities(inner.slice(bar + 1));
  const labelled = label === undefined ? {} : { label };
  const mention = /^(?<sign>[@#])(?<id>[A-Z0-9]+)$/.exec(target)?.groups;
  if (mention !== undefined)
    return [
      { kind: mention['sign'] === '@' ? 'user' : 'channel', id: mention['id'] ?? '', ...labelled },
    ];
  const group = /^!subteam\^([A-Z0-9]+)$/.exec(target)?.[1];
  if (group !== undefined) return [{ kind: 'group', id: group, ...labelled }];
  const range = /^!(here|channel|everyone)$/.exec(target)?.[1];
  if (range !== undefined) return [{ kind: 'special', range }];
  const date = /^!date\^(\d+)\^([^^]+)(?:\^(.+))?$/.exec(target);
  if (date !== null)
    return [
      {
        kind: 'date',
        timestampS: Number(date[1]),
        format: decodeEntities(date[2] ?? ''),
        fallback: label ?? '',
        ...(date[3] === undefined ? {} : { url: date[3] }),
      },
    ];
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)\S+$/i.test(target)) {
    const url = decodeEntities(target);
    return [{ kind: 'link', url, label: label ?? url.replace(/^mailto:/, '') }];
  }
  return undefined;
}

const plain = (text: string, style: TextStyle): TextNode =>
  Object.keys(style).length === 0
    ? { kind: 'text', text: decodeEntities(text) }
    : { kind: 'text', text: decodeEntities(text), style };
