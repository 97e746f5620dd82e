import type { LocalTime } from './capabilities';
import type { Scalar } from './document';
import { domainsIn, type DomainSet } from './domain-name';
import type { PolicyInput } from './model';
import { fold } from './text';
import type { Json } from '../json';
import type { RiskScore } from '../risk/model';
import { scoreRisk } from '../risk/score';

/**
 * Three values, so that what cannot be evaluated stays unknown under `not` and fails toward the rule's effect only at the
 * end (Kleene's strong logic). Numbers, because one decision evaluates hundreds of them.
 */
export const NO = 0;
export const YES = 1;
export const UNKNOWN = 2;
export type Truth = typeof NO | typeof YES | typeof UNKNOWN;

export const truth = (value: boolean): Truth => (value ? YES : NO);

/** A named list in the two forms tests need. */
export interface NamedList {
  readonly values: ReadonlySet<Scalar>;
  readonly domains: DomainSet;
}

/** One test as it appears in a trace. */
export interface Atom {
  readonly field: string;
  readonly operator: string;
  readonly expected: string;
  /** The present value as bounded, redacted text. */
  readonly show: (evaluation: Evaluation) => string;
  /** How a number would have to change for the test not to hold. */
  readonly edge?: { readonly phrase: string; readonly witness: number };
}

/**
 * Characters that tests may still read for one decision, explanation included: it is made under the tenant's lock, where
 * everyone else waits for it.
 */
export interface WorkBudget {
  patternCharacters: number;
  scanCharacters: number;
}

/** Reading with a pattern is far dearer than a plain search. */
const startWork = (): WorkBudget => ({
  patternCharacters: 131_072,
  scanCharacters: 67_108_864,
});

/** The state of one decision. Only `evaluation.ts`, `field.ts` and the compiled tests write to it. */
export interface Evaluation {
  readonly input: PolicyInput;
  readonly lists: ReadonlyMap<string, NamedList>;
  readonly risk: RiskScore;
  /** The test that decided the rule just evaluated, and whether an odd number of `not` lies around it. */
  atom: Atom | undefined;
  negated: boolean;
  /** Why the rule just evaluated could not be evaluated in full. */
  problem: string | undefined;
  readonly foldedTexts: Map<string, string>;
  readonly foldedMembers: Map<readonly Json[], ReadonlySet<string> | undefined>;
  readonly domains: Map<string, readonly string[]>;
  readonly shown: Map<string, string>;
  readonly localTimes: Map<string, LocalTime>;
  argumentTexts: readonly string[] | undefined;
  readonly work: WorkBudget;
}

export const startEvaluation = (
  input: PolicyInput,
  lists: ReadonlyMap<string, NamedList>,
  work: WorkBudget = startWork(),
  risk: RiskScore = scoreRisk(input),
): Evaluation => ({
  input,
  lists,
  risk,
  atom: undefined,
  negated: false,
  problem: undefined,
  foldedTexts: new Map(),
  foldedMembers: new Map(),
  domains: new Map(),
  shown: new Map(),
  localTimes: new Map(),
  argumentTexts: undefined,
  work,
});

/** Takes the characters a pattern is about to read from the budget; `false`, with the reason noted, when it is used up. */
export function affordsPattern(evaluation: Evaluation, characters: number): boolean {
  evaluation.work.patternCharacters -= characters;
  if (evaluation.work.patternCharacters >= 0) return true;
  evaluation.problem ??= 'there is too much text for the patterns of all rules together';
  return false;
}

/** The same for plain searches. */
export function affordsScan(evaluation: Evaluation, characters: number): boolean {
  evaluation.work.scanCharacters -= characters;
  if (evaluation.work.scanCharacters >= 0) return true;
  evaluation.problem ??= 'there is too much text for the searches of all rules together';
  return false;
}

/** Records the first reason why a test has no answer. */
export function unknown(evaluation: Evaluation, problem: string): Truth {
  evaluation.problem ??= problem;
  return UNKNOWN;
}

/** Folding a long argument once, however many rules look at it. */
export function foldOnce(evaluation: Evaluation, text: string): string {
  const known = evaluation.foldedTexts.get(text);
  if (known !== undefined) return known;
  const folded = fold(text);
  evaluation.foldedTexts.set(text, folded);
  return folded;
}

/** The folded members of a list, read once; `undefined` when one of them is no single value. */
export function membersOnce(
  evaluation: Evaluation,
  list: readonly Json[],
): ReadonlySet<string> | undefined {
  const { foldedMembers } = evaluation;
  if (foldedMembers.has(list)) return foldedMembers.get(list);
  const areSingle = list.every((value) => typeof value !== 'object' || value === null);
  const members = areSingle ? new Set(list.map((value) => fold(String(value)))) : undefined;
  foldedMembers.set(list, members);
  return members;
}

/** The domains named in a text, read once. */
export function domainsOnce(evaluation: Evaluation, text: string): readonly string[] | undefined {
  const known = evaluation.domains.get(text);
  if (known !== undefined) return known;
  const domains = domainsIn(text);
  if (domains !== undefined) evaluation.domains.set(text, domains);
  return domains;
}

/** Every text anywhere in the arguments, folded. */
export function argumentTexts(evaluation: Evaluation): readonly string[] {
  if (evaluation.argumentTexts !== undefined) return evaluation.argumentTexts;
  const texts: string[] = [];
  const open: Json[] = [evaluation.input.request.args];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'string') texts.push(fold(value));
    else if (typeof value === 'object' && value !== null) {
      for (const member of Object.values(value)) open.push(member);
    }
  }
  evaluation.argumentTexts = texts;
  return texts;
}
