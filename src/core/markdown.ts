/** Controls, line breaks and bidirectional or invisible marks, lone surrogates: what could reshape the text around it. */
const SHAPING =
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}]/gu;

/** At most `maxLength` code points; a cut is shown by an ellipsis. */
export function clip(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const points = [...text];
  return points.length <= maxLength ? text : `${points.slice(0, maxLength - 1).join('')}…`;
}

/**
 * Text of unknown origin as one Markdown code span on one line. Inside a code span nothing is a link, an
 * image, a mention or markup (I-13), and backticks, which alone could end it, become apostrophes.
 * @param maxLength in code points, of the text inside the span
 */
export function inlineCode(text: string, maxLength = 120): string {
  const plain = text.replace(SHAPING, ' ').replaceAll('`', "'").trim();
  return `\`${plain === '' ? '–' : clip(plain, maxLength)}\``;
}
