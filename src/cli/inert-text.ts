/**
 * Controls, format characters (bidirectional overrides, zero-width and tag characters among them), halves of
 * surrogate pairs, line and paragraph separators, private and unassigned code points: what a terminal may
 * act on or a reader cannot see.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Stands where an unsafe character stood, so that nothing is hidden without a trace. */
const MARK = '\ufffd';

/**
 * Text made by an agent, or by anybody else, as one harmless line for a terminal (I-13): no escape sequence,
 * no line break, no direction override survives. White space becomes a blank, the rest a visible mark.
 */
export function inertText(text: string): string {
  return text.replace(UNSAFE, (found) => (/[\t\n\r\u2028\u2029]/.test(found) ? ' ' : MARK));
}

/** As inertText, but keeps line breaks: for whole documents. */
export function inertBlock(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => inertText(line.replaceAll('\t', '  ')))
    .join('\n');
}

/**
 * JSON for a terminal or a file: unsafe characters leave as `\u` escapes, so the document is harmless to
 * print and still parses to exactly the same value.
 */
export function inertJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSAFE, (found) =>
    found === '\n' ? found : escapeUnits(found),
  );
}

/** Tag for sentences: every value put in becomes inert. */
export function inert(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | undefined)[]
): string {
  return parts.reduce(
    (text, part, index) => text + inertText(String(values[index - 1] ?? '')) + part,
  );
}

const escapeUnits = (text: string): string =>
  Array.from(
    { length: text.length },
    (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
