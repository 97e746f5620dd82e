import { ERRORS, type ErrorEntry } from '../core/errors';

const HEAD = `# Errors

Every refusal is a problem document (RFC 9457, \`application/problem+json\`) with the members \`type\`,
\`title\`, \`status\`, \`code\`, \`what\`, \`why\`, \`howToFix\`, \`docs\`, \`requestId\` and, where it helps,
\`example\`. Branch on \`code\`: codes are stable and never reused; texts may improve.

This page is made from the registry by \`npm run docs\`.
`;

/** The whole text of docs/errors.md: one section per code of the registry, in alphabetical order. */
export function errorReference(): string {
  const sections = Object.entries<ErrorEntry>(ERRORS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, entry]) => section(code, entry));
  return [HEAD, ...sections].join('\n');
}

function section(code: string, entry: ErrorEntry): string {
  const lines = [
    `## \`${code}\``,
    `**${String(entry.status)} ${plain(entry.title)}**`,
    `Why: ${plain(entry.why)}`,
    `How to fix: ${plain(entry.howToFix)}`,
    ...(entry.example === undefined ? [] : ['```text\n' + entry.example + '\n```']),
  ];
  return `${lines.join('\n\n')}\n`;
}

/** Registry texts are plain text; in Markdown a placeholder such as <key> would vanish as a tag. */
function plain(text: string): string {
  return text.replace(/[<*_[\]`]/g, '\\$&');
}
