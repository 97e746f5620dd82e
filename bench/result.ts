import type { Spread } from './measure';

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** One figure that the specification bounds. */
export interface Bar {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  readonly wanted: 'at most' | 'at least';
}

export interface SuiteResult {
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
}

export const holds = ({ measured, limit, wanted }: Bar): boolean =>
  wanted === 'at most' ? measured <= limit : measured >= limit;

export const rounded = (value: number, digits = 2): number =>
  Math.round(value * 10 ** digits) / 10 ** digits;

export const SPREAD_COLUMNS = ['count', 'p50', 'p95', 'p99', 'max', 'mean'] as const;

export const spreadCells = (spread: Spread): readonly number[] => [
  spread.count,
  ...[spread.p50, spread.p95, spread.p99, spread.max, spread.mean].map((value) => rounded(value)),
];
