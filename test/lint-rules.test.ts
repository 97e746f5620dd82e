import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');

/** A line of code, the file it would stand in, and the lint rule that must refuse it there. */
interface Case {
  readonly path: string;
  readonly code: string;
  readonly rule?: string;
}

const FORBIDDEN: readonly Case[] = [
  ...['src/core/probe.ts', 'workflows/probe.ts'].flatMap((path): readonly Case[] => [
    { path, code: 'export const t = Date.now();', rule: 'no-restricted-syntax' },
    { path, code: `export const t = Date['now']();`, rule: 'no-restricted-syntax' },
    { path, code: 'export const t = new Date();', rule: 'no-restricted-syntax' },
    { path, code: 'export const t = Date();', rule: 'no-restricted-syntax' },
    { path, code: 'const { now } = Date; export { now };', rule: 'no-restricted-syntax' },
    { path, code: 'export const t = Math.random();', rule: 'no-restricted-syntax' },
    { path, code: 'export const t = process.env;', rule: 'no-restricted-globals' },
    { path, code: 'export const t = globalThis;', rule: 'no-restricted-globals' },
    { path, code: 'export const t = crypto.randomUUID();', rule: 'no-restricted-globals' },
    { path, code: `export const t = fetch('/');`, rule: 'no-restricted-globals' },
    { path, code: `import 'node:fs';`, rule: '@typescript-eslint/no-restricted-imports' },
    { path, code: `import 'fs/promises';`, rule: '@typescript-eslint/no-restricted-imports' },
  ]),
  {
    path: 'src/core/probe.ts',
    code: 'export const t = setTimeout(String, 1);',
    rule: 'no-restricted-globals',
  },
  {
    path: 'src/http/probe.ts',
    code: 'export default 1;',
    rule: 'no-restricted-syntax',
  },
  { path: 'src/http/probe.ts', code: 'export enum E { A }', rule: 'no-restricted-syntax' },
  { path: 'src/http/probe.ts', code: `console.log('a');`, rule: 'no-console' },
  {
    path: 'src/http/probe.ts',
    code: 'export const t: any = 1;',
    rule: '@typescript-eslint/no-explicit-any',
  },
  {
    path: 'src/http/probe.ts',
    code: '// eslint-disable-next-line no-console\nconsole.log(1);',
    rule: '@eslint-community/eslint-comments/require-description',
  },
  {
    path: 'src/http/probe.ts',
    code: '/* eslint-disable -- too hard */\nconsole.log(1);',
    rule: '@eslint-community/eslint-comments/no-unlimited-disable',
  },
  { path: 'src/http/probe.ts', code: 'export const a = 1;\n'.repeat(401), rule: 'max-lines' },
  { path: 'test/probe.ts', code: 'export const a = 1;\n'.repeat(501), rule: 'max-lines' },
  {
    path: 'src/http/probe.ts',
    code: `export function long() {\n${'String(1);\n'.repeat(70)}}`,
    rule: 'max-lines-per-function',
  },
];

const ALLOWED: readonly Case[] = [
  { path: 'src/core/probe.ts', code: 'export const t = new Date(0);' },
  { path: 'src/core/probe.ts', code: 'export const t = Math.max(1, 2);' },
  { path: 'src/db/probe.ts', code: `import 'node:fs'; export const t = Date.now();` },
  { path: 'src/cli/probe.ts', code: `console.log('a');` },
  {
    path: 'src/http/probe.ts',
    code: '// eslint-disable-next-line no-console -- shown at boot\nconsole.log(1);',
  },
  { path: 'test/probe.ts', code: 'export const a = 1;\n'.repeat(401) },
];

/**
 * Runs in a process of its own, because the configuration is an ES module and jest loads none. Rules that
 * need types are off: the probes exist in no project.
 */
const LINT = `
const { ESLint } = require('eslint');
const tseslint = require('typescript-eslint');
let input = '';
process.stdin.on('data', (chunk) => (input += chunk)).on('end', async () => {
  const eslint = new ESLint({
    overrideConfig: [
      tseslint.configs.disableTypeChecked,
      { languageOptions: { parserOptions: { projectService: false } } },
    ],
  });
  const answers = [];
  for (const { path, code } of JSON.parse(input)) {
    const [result] = await eslint.lintText(code, { filePath: path });
    answers.push(result.messages.map(({ ruleId, message }) => ruleId ?? message));
  }
  process.stdout.write(JSON.stringify(answers));
});`;

describe('the lint rules', () => {
  const cases = [...FORBIDDEN, ...ALLOWED];
  let answers: readonly (readonly string[])[];
  beforeAll(() => {
    const printed = execFileSync(process.execPath, ['-e', LINT], {
      cwd: ROOT,
      input: JSON.stringify(cases),
      encoding: 'utf8',
    });
    answers = JSON.parse(printed) as readonly (readonly string[])[];
  }, 30_000);

  it.each(FORBIDDEN.map((one) => ({ ...one, title: one.code.slice(0, 60).replaceAll('\n', ' ') })))(
    'refuse in $path: $title',
    ({ path, code, rule }) => {
      expect(messagesFor(path, code)).toContain(rule);
    },
  );

  it.each(ALLOWED.map((one) => ({ ...one, title: one.code.slice(0, 60).replaceAll('\n', ' ') })))(
    'allow in $path: $title',
    ({ path, code }) => {
      expect(messagesFor(path, code)).toEqual([]);
    },
  );

  function messagesFor(path: string, code: string): readonly string[] {
    return (
      answers[cases.findIndex((one) => one.path === path && one.code === code)] ?? ['not linted']
    );
  }
});
