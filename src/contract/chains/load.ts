import type { CompileDependencies } from '../../core/policy/capabilities';
import type { Diagnostic } from '../policy/diagnostic';
import { slotOf } from '../policy/read';
import { parseSource, type ParsedSource } from '../policy/source-tree';
import { readChain, type ChainContent } from './document';
import { lintChain } from './lint';

export interface ChainLoadOptions {
  /** The id the document must have; without it any. */
  readonly id?: string;
  /** Names of the tenant's lists, for conditions; `any` where they are not known or were checked before. */
  readonly lists: ReadonlySet<string> | 'any';
  /** With these, patterns and time zones are checked while loading. */
  readonly compilers?: CompileDependencies;
  /**
   * Ids of the people whom each selector names now, by `describeSelector`; with it, levels that nobody could
   * decide are reported. Selectors that are not in it are not judged.
   */
  readonly people?: ReadonlyMap<string, readonly string[]>;
}

export type LoadedChain =
  | {
      readonly ok: true;
      readonly definition: ChainContent;
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly problems: readonly Diagnostic[] };

/**
 * Loads an approval chain from YAML or JSON. All problems are reported at once, with line and column; whatever it does
 * not know is a problem and never ignored. Never throws and never hangs, whatever the text.
 */
export function loadChain(text: string, options: ChainLoadOptions): LoadedChain {
  const source = parseSource(text);
  const definition = readDocument(source, options);
  const found = source.diagnostics.all();
  const hasErrors = found.some(({ severity }) => severity === 'error');
  if (definition === undefined || hasErrors) return { ok: false, problems: found };
  return { ok: true, definition, warnings: found };
}

function readDocument(
  { documents, diagnostics }: ParsedSource,
  { id, lists, compilers, people }: ChainLoadOptions,
): ChainContent | undefined {
  const [first, second] = documents;
  if (first === undefined) {
    if (diagnostics.all().length > 0) return undefined;
    return diagnostics.error('unknown_notation', { at: 0 }, '', 'the text holds no approval chain');
  }
  if (second !== undefined) {
    const message = 'one text holds one approval chain; send each by itself';
    return diagnostics.error('unknown_notation', second, '', message);
  }
  const root = slotOf(first, '', diagnostics);
  const checked = compilers === undefined ? {} : { compilers };
  const content = readChain(root, id, { notation: 'canonical', lists, ...checked });
  const isSound = !diagnostics.all().some(({ severity }) => severity === 'error');
  if (content !== undefined && isSound) lintChain(content, root, people);
  return content;
}
