import type { RiskModel } from '../core/risk/describe-model';
import { sharesOf } from '../core/risk/explain-score';
import type { RiskScore } from '../core/risk/model';
import type { Cell, Output } from './output';

/** `67 of 100 (high): data 15, …` as one cell; undefined for a decision stored before scores existed. */
export function riskCell(out: Output, risk: RiskScore | undefined): Cell | undefined {
  if (risk === undefined) return undefined;
  const shares = sharesOf(risk.factors);
  const head = `${String(risk.score)} of 100 (${risk.level})`;
  const { green, red, yellow } = out.colors;
  const paint = { low: green, medium: green, high: yellow, critical: red }[risk.level];
  return { text: shares === '' ? head : `${head}: ${shares}`, paint };
}

/** The score with every factor. */
export const describeRisk = (out: Output, risk: RiskScore): string =>
  [
    out.fields([
      ['score', `${String(risk.score)} of 100`],
      ['level', risk.level],
    ]),
    '',
    out.table(
      ['FACTOR', 'POINTS', 'WHY'],
      risk.factors.map(({ name, points, why }) => [name, String(points), why]),
    ),
  ].join('\n');

/** The table of weights: first what the levels ask, then each factor. */
export const describeRiskModel = (out: Output, model: RiskModel): string =>
  [
    out.table(
      ['LEVEL', 'SCORE', 'ASKS', 'CHAIN'],
      model.levels.map(({ level, from, to, effect, chain }) => [
        level,
        `${String(from)} to ${String(to)}`,
        effect,
        chain,
      ]),
    ),
    out.table(
      ['FACTOR', 'VALUE', 'POINTS', 'WHY'],
      model.factors.flatMap(({ name, weights }) =>
        weights.map(({ value, points, why }) => [name, value, String(points), why]),
      ),
    ),
  ].join('\n\n');
