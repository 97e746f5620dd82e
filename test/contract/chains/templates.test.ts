import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findings, loaded } from './chain-texts';

const FOLDER = join(__dirname, '../../../policies/templates/chains');
const files = readdirSync(FOLDER);

describe('shipped chain templates', () => {
  it('are there', () => {
    expect(files.sort()).toEqual(['four-eyes-payments.yaml', 'on-call.yaml', 'two-levels.yaml']);
  });

  it.each(files)('%s loads without a finding, under the id of its name', (file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    expect(findings(text)).toEqual([]);
    expect(`${loaded(text).id}.yaml`).toBe(file);
  });
});

describe('docs/chains.md', () => {
  const guide = readFileSync(join(__dirname, '../../../docs/chains.md'), 'utf8');
  const examples = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '');

  it('shows chains that load', () => {
    expect(examples.length).toBeGreaterThan(0);
    for (const text of examples) expect(loaded(text).levels.length).toBeGreaterThan(0);
  });
});
