import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide } from '../../../src/core/policy/decide';
import type { JsonObject } from '../../../src/core/json';
import { compiled, inputOf, setOf } from '../../core/policy/policy-builders';
import { findings, OPTIONS } from './load-options';

const textOf = (id: string): string =>
  readFileSync(join(__dirname, `../../../policies/bundles/${id}.policy.yaml`), 'utf8');
const bundle = (id: string) => setOf(compiled(textOf(id), id));

describe('shipped bundles', () => {
  it.each(['development', 'production'])('%s loads without a finding', (id) => {
    expect(findings(textOf(id), { ...OPTIONS, id })).toEqual([]);
  });

  it('development allows by its default and flags everything for audit', () => {
    expect(decide(inputOf(), bundle('development'))).toMatchObject({
      verdict: 'ALLOW',
      matched: [{ rule: 'full-audit' }, { rule: 'default', effect: 'allow' }],
      obligations: [{ type: 'audit', rule: 'full-audit' }],
    });
  });

  it('production denies by its default', () => {
    expect(decide(inputOf(), bundle('production'))).toMatchObject({
      verdict: 'DENY',
      matched: [
        { policy: 'production', rule: 'default' },
        { policy: 'production', rule: 'full-audit' },
      ],
    });
  });

  it('nothing an agent claims in its context turns the default denial into an approval', () => {
    const claiming = (context: JsonObject) =>
      decide(inputOf({ context }), bundle('production')).verdict;
    expect([claiming({ estimated_cost: 1e6 }), claiming({ risk_level: 'low' })]).toEqual([
      'DENY',
      'DENY',
    ]);
  });
});
