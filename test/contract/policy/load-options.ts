import { loadPolicy, type LoadOptions } from '../../../src/contract/policy/load';
import type { Diagnostic } from '../../../src/contract/policy/diagnostic';
import type { PolicyDocument } from '../../../src/core/policy/document';
import { createRegexCompiler } from '../../../src/facts/regex-compiler';
import { createZoneClock } from '../../../src/facts/zone-clock';

export const OPTIONS: LoadOptions = {
  id: 'sample',
  bundleDefault: 'allow',
  lists: new Set(['customer_domains']),
  chains: new Set(['standard']),
  compilers: { regex: createRegexCompiler(), zones: createZoneClock() },
};

/** The document, or a failed test that shows the problems. */
export function loaded(text: string, options: LoadOptions = OPTIONS): PolicyDocument {
  const result = loadPolicy(text, options);
  if (!result.ok) throw new Error(result.problems.map(brief).join('\n'));
  return result.document;
}

/** Every finding as `severity code line:column path`. */
export function findings(text: string, options: LoadOptions = OPTIONS): readonly string[] {
  const result = loadPolicy(text, options);
  return (result.ok ? result.warnings : result.problems).map(brief);
}

const brief = ({ severity, code, line, column, path }: Diagnostic): string =>
  `${severity} ${code} ${line}:${column} ${path}`.trim();
