import type { RiskFactor, RiskScore } from './model';

/** `Risk 67 of 100 (high): action 24, data 15, amount 10, environment 10, agent 8.`, the heaviest first. */
export function riskSentence({ score, level, factors }: RiskScore): string {
  const counted = factors.filter(({ points }) => points !== 0);
  const shares = [...counted].sort(byWeight).map(({ name, points }) => `${name} ${points}`);
  const head = `Risk ${score} of 100 (${level})`;
  return shares.length === 0 ? `${head}.` : `${head}: ${shares.join(', ')}.`;
}

const byWeight = (a: RiskFactor, b: RiskFactor): number => b.points - a.points;
