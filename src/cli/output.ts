import Table from 'cli-table3';
import pc from 'picocolors';
import { inertJson, inertText } from './inert-text';
import type { Diagnostic } from './resources';

export type Colors = ReturnType<typeof pc.createColors>;

/** Text of a table cell, made inert before it is painted. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** A refusal or failure as people read it. */
export interface ProblemText {
  readonly code: string;
  readonly what: string;
  readonly why?: string | undefined;
  readonly howToFix?: string | undefined;
  readonly example?: string | undefined;
  readonly docs?: string | undefined;
  readonly requestId?: string | undefined;
  readonly problems?: readonly Diagnostic[] | undefined;
}

export interface TextSink {
  write(text: string): unknown;
}

export interface Output {
  readonly json: boolean;
  readonly colors: Colors;
  /** The result of the command, on stdout: JSON with --json, else the text. */
  result(value: unknown, human: () => string): void;
  /** A remark on stderr. */
  note(text: string): void;
  /** A refusal or failure on stderr: three lines for people, one JSON object with --json. */
  problem(problem: ProblemText): void;
  /** Columns without borders; cells are inert. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): string;
  /** `name  value` lines; rows without a value are left out. */
  fields(rows: readonly (readonly [string, Cell | undefined])[]): string;
}

export function createOutput(options: {
  readonly json: boolean;
  readonly color: boolean;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}): Output {
  const colors = pc.createColors(options.color);
  return {
    json: options.json,
    colors,
    result: (value, human) => {
      options.stdout.write(`${options.json ? inertJson(value) : human()}\n`);
    },
    note: (text) => {
      options.stderr.write(`${text}\n`);
    },
    problem: (problem) => {
      options.stderr.write(
        options.json ? `${inertJson(problem)}\n` : `${describeProblem(problem, colors)}\n`,
      );
    },
    table: (head, rows) => layOut([head.map((text) => ({ text, paint: colors.bold })), ...rows]),
    fields: (rows) =>
      layOut(
        rows.flatMap(([name, cell]) =>
          cell === undefined || cell === '' ? [] : [[{ text: name, paint: colors.dim }, cell]],
        ),
      ),
  };
}

/** `line:column` and message of one diagnostic, one line. */
export function describeDiagnostic(diagnostic: Diagnostic, file?: string): string {
  const place = [
    file,
    diagnostic.line,
    diagnostic.line === undefined ? undefined : diagnostic.column,
  ]
    .filter((part) => part !== undefined)
    .join(':');
  const path =
    diagnostic.path === undefined || diagnostic.path === '' ? '' : `${diagnostic.path}: `;
  const hint = diagnostic.hint === undefined ? '' : ` (did you mean "${diagnostic.hint}"?)`;
  return inertText(`${place === '' ? '' : `${place}: `}${path}${diagnostic.message}${hint}`);
}

function describeProblem(problem: ProblemText, colors: Colors): string {
  const lines = [
    `${colors.red('what')}  ${inertText(problem.what)} ${colors.dim(`[${inertText(problem.code)}]`)}`,
  ];
  const detail = (name: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') lines.push(`${name}  ${inertText(text)}`);
  };
  detail(`${colors.yellow('why')} `, problem.why);
  for (const each of problem.problems ?? []) lines.push(`      - ${describeDiagnostic(each)}`);
  detail(`${colors.green('fix')} `, problem.howToFix);
  detail(`${colors.dim('e.g.')}`, problem.example);
  detail(`${colors.dim('docs')}`, problem.docs);
  detail(`${colors.dim('id')}  `, problem.requestId);
  return lines.join('\n');
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

function layOut(rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, border: [], head: [] },
  });
  for (const row of rows) table.push(row.map(paintCell));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const paintCell = (cell: Cell): string =>
  typeof cell === 'string' ? inertText(cell) : cell.paint(inertText(cell.text));
