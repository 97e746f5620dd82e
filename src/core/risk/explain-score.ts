import type { RiskFactor, RiskScore } from './model';

/** The factors that count, the heaviest first: `data 15, amount 10`. */
export function sharesOf(factors: readonly RiskFactor[]): string {
  // Six of them with every decision: sorting in place is several times faster than sort() of a copy by a function.
  const sorted: RiskFactor[] = [];
  for (const factor of factors) {
    if (factor.points === 0) continue;
    let at = sorted.length;
    for (; at > 0; at -= 1) {
      const before = sorted[at - 1];
      if (before === undefined || before.points >= factor.points) break;
      sorted[at] = before;
    }
    sorted[at] = factor;
  }
  let text = '';
  for (const { name, points } of sorted) {
    text += text === '' ? `${name} ${points}` : `, ${name} ${points}`;
  }
  return text;
}

/** `Risk 67 of 100 (high): action 24, data 15, amount 10, environment 10, agent 8.` */
export function riskSentence({ score, level, factors }: RiskScore): string {
  const shares = sharesOf(factors);
  const head = `Risk ${score} of 100 (${level})`;
  return shares === '' ? `${head}.` : `${head}: ${shares}.`;
}
