/**
 * What a reader cannot see or what moves other text: controls, format characters (bidirectional overrides
 * among them), default-ignorable and unassigned code points, separators of lines and paragraphs, halves of
 * surrogate pairs, and stacks of combining marks that run over the lines around them.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|\p{M}{5,}/gu;

const escapeUnits = (text: string): string =>
  Array.from(
    { length: text.length },
    (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/**
 * Text of anybody as one line that reads as it is stored (I-13): unseen characters are spelled `\u…`, line
 * breaks are shown as a sign. Only for plain_text and preformatted elements, whose text Slack never parses.
 */
export const visibleLine = (text: string): string =>
  text.replace(/\r\n|[\n\r\u2028\u2029]/g, ' ⏎ ').replace(UNSEEN, escapeUnits);

/** As visibleLine, but line feeds stay: for preformatted blocks. */
export const visibleBlock = (text: string): string =>
  text
    .replace(/\r\n/g, '\n')
    .replace(UNSEEN, (found) => (found === '\n' ? '\n' : escapeUnits(found)));

/** JSON as a person reads it, indented, with nothing unseen in it; it still parses to the same value. */
export const visibleJson = (value: unknown): string => visibleBlock(JSON.stringify(value, null, 2));

const FORMATTING = /[^\p{L}\p{N} .,;:/()'%+=@#…·-]|_/gu;

/**
 * Text of anybody for the fallback of a message, which phones show in notifications and Slack parses as
 * mrkdwn: what could open an entity, a link or formatting becomes a question mark. An underscore stays
 * between letters and digits, where it formats nothing. The card itself shows the text as it is.
 */
export function fallbackText(text: string, maxLength: number): string {
  const plain = visibleLine(text).replace(FORMATTING, (found, index: number, whole: string) => {
    const inner = /[\p{L}\p{N}]/u;
    const between = inner.test(whole[index - 1] ?? '') && inner.test(whole[index + 1] ?? '');
    return found === '_' && between ? found : '?';
  });
  // A scheme, an address, a host name, an emoji name, a channel: each is something Slack may turn into a link.
  const inert = plain.replace(/:\/\/|www\.|@|#|:(?=\S)/giu, (found) => found.replace(/\W/g, '?'));
  return clip(inert, maxLength).text;
}

export interface Clipped {
  readonly text: string;
  readonly isCut: boolean;
}

/**
 * At most `maxLength` UTF-16 units, the stricter way to count Slack's limits; cut between code points, never
 * within one, and ended with an ellipsis.
 */
export function clip(text: string, maxLength: number): Clipped {
  if (text.length <= maxLength) return { text, isCut: false };
  return { text: `${text.slice(0, wholePoints(text, maxLength - 1))}…`, isCut: true };
}

/** The greatest length up to `length` that does not part a surrogate pair. */
function wholePoints(text: string, length: number): number {
  const last = text.charCodeAt(length - 1);
  const isHalf = length > 0 && last >= 0xd800 && last <= 0xdbff;
  return Math.max(isHalf ? length - 1 : length, 0);
}

/**
 * The first whole lines of a text that fit, and below them how much is missing and where it stands. A first
 * line that is too long by itself is cut.
 *
 * @param remedy where the rest is to be read; ends the last line
 */
export function clipLines(
  text: string,
  limits: { readonly maxLength: number; readonly maxLines: number },
  remedy: string,
): Clipped {
  const lines = text.split('\n');
  if (lines.length <= limits.maxLines && text.length <= limits.maxLength)
    return { text, isCut: false };
  const room = limits.maxLength - remedy.length - 40;
  const kept: string[] = [];
  let used = 0;
  for (const line of lines) {
    if (kept.length === limits.maxLines - 1 || used + line.length + 1 > room) break;
    kept.push(line);
    used += line.length + 1;
  }
  const [first = ''] = lines;
  if (kept.length === 0) {
    const start = clip(first, Math.max(room, 1)).text;
    const more = text.length - start.length + 1;
    return { text: `${start}\n… ${more} more characters — ${remedy}`, isCut: true };
  }
  const more = lines.length - kept.length;
  kept.push(`… ${more} more ${more === 1 ? 'line' : 'lines'} — ${remedy}`);
  return { text: kept.join('\n'), isCut: true };
}

/** A text in pieces of at most `maxLength` UTF-16 units, broken between lines where one ends near. */
export function pagesOf(text: string, maxLength: number): readonly string[] {
  const pages: string[] = [];
  let from = 0;
  while (text.length - from > maxLength) {
    const lineEnd = text.lastIndexOf('\n', from + maxLength);
    const isNear = lineEnd > from + maxLength / 2;
    const end = isNear ? lineEnd : wholePoints(text, from + maxLength);
    pages.push(text.slice(from, end));
    from = isNear ? end + 1 : end;
  }
  pages.push(text.slice(from));
  return pages;
}
