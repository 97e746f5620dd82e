import { setTimeout as delay } from 'node:timers/promises';
import { ApiProblem, ApiUnreachable } from '../api-problem';

/** Thrown by a step whose result is not the expected one. */
export class StoryMismatch extends Error {
  override readonly name = 'StoryMismatch';
}

const LOOK_EVERY_MS = 50;

export function expect(what: string, actual: unknown, wanted: unknown): void {
  if (actual !== wanted)
    throw new StoryMismatch(
      `Expected ${what} to be ${String(wanted)}, but it is ${String(actual)}.`,
    );
}

export function expectText(what: string, actual: string, wanted: string): void {
  if (!actual.includes(wanted))
    throw new StoryMismatch(`Expected ${what} to say "${wanted}", but it says: ${actual}`);
}

/** Looks until something is there. Throws StoryMismatch when `limitMs` is over. */
export async function until<Result>(
  what: string,
  look: () => Result | undefined,
  limitMs: number,
): Promise<Result> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > end)
      throw new StoryMismatch(`Waited ${String(limitMs / 1_000)} s for ${what} in vain.`);
    await delay(LOOK_EVERY_MS);
  }
}

export async function refusalOf(call: Promise<unknown>): Promise<ApiProblem> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
  throw new StoryMismatch('The call was expected to be refused, and it was not.');
}

/** A failure in the words of whoever refused, for the terminal. */
export function describeFailure(error: unknown): readonly string[] {
  if (error instanceof ApiProblem || error instanceof ApiUnreachable) {
    const { what, why, howToFix, problems } = error.problem;
    return [
      what,
      ...(why === undefined ? [] : [why]),
      ...(problems ?? []).map((each) => each.message),
      ...(howToFix === undefined ? [] : [howToFix]),
    ];
  }
  return [error instanceof Error ? error.message : String(error)];
}
