import type { CompileDependencies } from '../../core/policy/capabilities';
import type { Notation, PolicyDocument } from '../../core/policy/document';
import type { Effect } from '../../core/policy/model';
import { readBusiness } from './business';
import { readCanonical } from './canonical';
import type { Diagnostic } from './diagnostic';
import type { LoadScope } from './document-scope';
import { readJsonRules } from './json-rules';
import { nearestName } from '../nearest-name';
import { slotOf, withGuess, type Slot } from './read';
import { parseSource, type ParsedSource } from './source-tree';

export interface LoadOptions {
  readonly id: string;
  /** What the business notation and the JSON rules inherit when they give no default. */
  readonly bundleDefault: Effect;
  /** Names of the tenant's lists; `any` where they are not known or were checked before. */
  readonly lists: ReadonlySet<string> | 'any';
  /** Ids of the chains a rule may name; `any` where they are not known or were checked before. */
  readonly chains: ReadonlySet<string> | 'any';
  /** With these, patterns and time zones are checked while loading; without, they fail toward the rule. */
  readonly compilers?: CompileDependencies;
}

export type LoadedPolicy =
  | {
      readonly ok: true;
      readonly document: PolicyDocument;
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly problems: readonly Diagnostic[] };

/**
 * Loads a policy in any of the three notations. All problems are reported at once, with line and column; whatever this
 * version does not evaluate is a problem and never ignored. Never throws and never hangs, whatever the text.
 */
export function loadPolicy(text: string, options: LoadOptions): LoadedPolicy {
  const source = parseSource(text);
  const document = readDocument(source, options);
  const found = source.diagnostics.all();
  const hasErrors = found.some(({ severity }) => severity === 'error');
  if (document === undefined || hasErrors) return { ok: false, problems: found };
  return { ok: true, document, warnings: found };
}

function readDocument(source: ParsedSource, options: LoadOptions): PolicyDocument | undefined {
  const { diagnostics, documents } = source;
  const slots = documents.map((node) => slotOf(node, '', diagnostics));
  const [first, second] = slots;
  if (first === undefined) {
    if (diagnostics.all().length > 0) return undefined;
    return diagnostics.error('unknown_notation', { at: 0 }, '', 'the text holds no policy');
  }
  const notation = notationOf(first);
  if (notation === undefined) return reportUnknown(first);
  if (second !== undefined && notation !== 'business') {
    const message = 'only the business notation may have several documents in one text';
    return diagnostics.error('unknown_notation', second, '', message);
  }
  const { id: policyId, bundleDefault, lists, chains, compilers } = options;
  const checked = compilers === undefined ? {} : { compilers };
  const scope: LoadScope = { policyId, bundleDefault, lists, chains, notation, ...checked };
  switch (notation) {
    case 'canonical':
      return readCanonical(first, scope);
    case 'business':
      return readBusiness(slots, scope);
    case 'json_rules':
      return readJsonRules(first, scope);
  }
}

const CANONICAL_MARKS = ['apiVersion', 'kind', 'metadata', 'scope', 'extends'];
const MARKS = [...CANONICAL_MARKS, 'policy', 'rules'];

function notationOf({ node }: Slot): Notation | undefined {
  if (node.kind !== 'map') return undefined;
  if (CANONICAL_MARKS.some((name) => node.members.has(name))) return 'canonical';
  if (node.members.has('policy')) return 'business';
  return node.members.has('rules') ? 'json_rules' : undefined;
}

function reportUnknown({ node, diagnostics }: Slot): undefined {
  const expected =
    'no known notation: expected `apiVersion` and `rules`, or `policy`, or `rules` at the top';
  const [name] = node.kind === 'map' ? node.members.keys() : [];
  const nearest = name === undefined ? undefined : nearestName(name, MARKS);
  return diagnostics.error('unknown_notation', node, '', withGuess(expected, nearest), nearest);
}
