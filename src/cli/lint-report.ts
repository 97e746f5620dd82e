import { readText } from './argument-parsers';
import type { CommandContext } from './command-context';
import { EXIT } from './exit-codes';
import { inert } from './inert-text';
import { describeDiagnostic } from './output';
import type { Diagnostic } from './resources';

interface Findings {
  readonly problems: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/** Checks files one by one and reports every finding with its place; exit code 3 when one does not load. */
export async function lintFiles(
  { out }: CommandContext,
  files: readonly string[],
  options: {
    readonly strict?: boolean;
    readonly check: (text: string, file: string) => Findings | Promise<Findings>;
  },
): Promise<number> {
  const results: (Findings & { readonly file: string })[] = [];
  for (const file of files) {
    const { problems, warnings } = await options.check(readText(file), file);
    results.push({ file, problems, warnings });
  }
  out.result(results, () =>
    results
      .flatMap(({ file, problems, warnings }) => [
        ...problems.map((each) => `${out.colors.red('error')} ${describeDiagnostic(each, file)}`),
        ...warnings.map(
          (each) => `${out.colors.yellow('warning')} ${describeDiagnostic(each, file)}`,
        ),
        ...(problems.length + warnings.length === 0
          ? [`${out.colors.green('ok')} ${inert`${file}`}`]
          : []),
      ])
      .join('\n'),
  );
  const bad = results.some(
    (each) => each.problems.length > 0 || (options.strict === true && each.warnings.length > 0),
  );
  return bad ? EXIT.policyInvalid : EXIT.ok;
}
