import { riskModel } from '../../../src/contract/risk';
import { describeRiskModel } from '../../../src/core/risk/describe-model';
import { levelOfScore, scoreRisk } from '../../../src/core/risk/score';
import { inputOf } from '../policy/policy-builders';

const model = describeRiskModel();
const weights = new Map<string, number>(
  model.factors.flatMap(({ name, weights: lines }) =>
    lines.map(({ value, points }) => [`${name} ${value}`, points] as const),
  ),
);

describe('the table of the score', () => {
  it('has the shape the API promises', () => {
    expect(riskModel.parse(model)).toEqual(model);
  });

  it('covers 0 to 100 with the levels that scores get', () => {
    const scores = model.levels.flatMap(({ level, from, to }) =>
      Array.from({ length: to - from + 1 }, (_, index) => [from + index, level] as const),
    );
    expect(scores.map(([score]) => score)).toEqual(Array.from({ length: 101 }, (_, n) => n));
    for (const [score, level] of scores) expect(levelOfScore(score)).toBe(level);
  });

  it('says what each level asks', () => {
    expect(model.levels.map(({ effect, chain }) => `${effect} ${chain}`)).toEqual([
      'allow standard',
      'audit standard',
      'require_approval high-risk',
      'require_approval critical',
    ]);
  });

  it('holds the points that a score gives', () => {
    const { factors } = scoreRisk(
      inputOf({ action: 'wipe', args: { amount: 5_000 }, context: { data_classes: ['pii'] } }),
    );
    const listed = ['action delete', 'agent medium', 'data pii', 'amount below 10000'];
    expect(factors.map(({ points }) => points)).toEqual(
      [...listed, 'environment production'].map((key) => weights.get(key)),
    );
  });
});
