import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
const CONFIG = join(ROOT, '.dependency-cruiser.cjs');

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string; readonly severity: string };
}

/** One import, and the rule that must refuse it (none: the import is allowed). */
interface Case {
  readonly from: string;
  readonly statement: string;
  readonly rule?: string;
}

const FORBIDDEN: readonly Case[] = [
  { from: 'src/core/a', statement: `import 'node:crypto'`, rule: 'row-src-core' },
  { from: 'src/core/a', statement: `import 'zod'`, rule: 'row-src-core' },
  { from: 'src/core/a', statement: `import '../app/target'`, rule: 'row-src-core' },
  { from: 'src/core/a', statement: `import type { t } from '../app/target'`, rule: 'row-src-core' },
  { from: 'src/contract/a', statement: `import 'node:fs'`, rule: 'row-src-contract' },
  { from: 'src/contract/a', statement: `import '../app/target'`, rule: 'row-src-contract' },
  { from: 'src/contract/a', statement: `import 'express'`, rule: 'row-src-contract' },
  { from: 'src/facts/a', statement: `import '../app/target'`, rule: 'row-src-facts' },
  { from: 'src/facts/a', statement: `import 'pg'`, rule: 'row-src-facts' },
  { from: 'src/app/a', statement: `import 'node:fs/promises'`, rule: 'row-src-app' },
  { from: 'src/app/a', statement: `import 'zod'`, rule: 'row-src-app' },
  { from: 'src/app/a', statement: `import '../db/target'`, rule: 'row-src-app' },
  {
    from: 'src/app/a',
    statement: `import type { t } from '@temporalio/client'`,
    rule: 'row-src-app',
  },
  { from: 'activities/a', statement: `import '../src/db/target'`, rule: 'row-activities' },
  { from: 'activities/a', statement: `import '../workflows/target'`, rule: 'row-activities' },
  { from: 'activities/a', statement: `import '@temporalio/client'`, rule: 'row-activities' },
  { from: 'activities/a', statement: `import 'pg'`, rule: 'row-activities' },
  { from: 'activities/a', statement: `import '@slack/bolt'`, rule: 'row-activities' },
  ...[
    'http',
    'slack',
    'slack-local',
    'channels',
    'mcp',
    'cli',
    'temporal',
    'embedded',
    'observability',
    'evidence',
  ].flatMap((name): readonly Case[] => [
    { from: `src/${name}/blind`, statement: `import '../db/target'`, rule: `row-src-${name}` },
    { from: `src/${name}/zod`, statement: `import 'zod'`, rule: `row-src-${name}` },
    { from: `src/${name}/yaml`, statement: `import 'yaml'`, rule: `row-src-${name}` },
    { from: `src/${name}/pg`, statement: `import type { t } from 'pg'`, rule: `row-src-${name}` },
    {
      from: `src/${name}/workflow`,
      statement: `import type { t } from '@temporalio/workflow'`,
      rule: `row-src-${name}`,
    },
  ]),
  { from: 'src/db/a', statement: `import '../http/target'`, rule: 'row-src-db' },
  { from: 'src/db/a', statement: `import '../facts/target'`, rule: 'row-src-db' },
  { from: 'src/db/a', statement: `import '@temporalio/worker'`, rule: 'row-src-db' },
  { from: 'src/http/a', statement: `import '@slack/bolt'`, rule: 'row-src-http' },
  {
    from: 'src/http/a',
    statement: `import type { t } from '@temporalio/client'`,
    rule: 'row-src-http',
  },
  { from: 'src/http/a', statement: `import 'pino'`, rule: 'row-src-http' },
  {
    from: 'src/temporal/a',
    statement: `import '../../workflows/target'`,
    rule: 'row-src-temporal',
  },
  {
    from: 'src/temporal/a',
    statement: `import '../../activities/target'`,
    rule: 'row-src-temporal',
  },
  { from: 'workflows/a', statement: `import '../src/app/target'`, rule: 'row-workflows' },
  { from: 'workflows/a', statement: `import '../src/core/target'`, rule: 'row-workflows' },
  { from: 'workflows/a', statement: `import '../activities/target'`, rule: 'row-workflows' },
  { from: 'workflows/a', statement: `import 'zod'`, rule: 'row-workflows' },
  { from: 'workflows/a', statement: `import '@temporalio/activity'`, rule: 'row-workflows' },
  { from: 'workflows/b', statement: `import 'node:crypto'`, rule: 'workflows-without-node' },
  {
    from: 'workflows/b',
    statement: `import type { t } from 'node:fs'`,
    rule: 'workflows-without-node',
  },
  { from: 'src/surprise/a', statement: `import '../core/target'`, rule: 'folder-without-row' },
  { from: 'src/server', statement: `import './core/target'`, rule: 'folder-without-row' },
  { from: 'test/a', statement: `import '../src/surprise/a'`, rule: 'into-folder-without-row' },
  { from: 'src/http/b', statement: `import '../main/target'`, rule: 'main-is-a-root' },
  { from: 'workflows/c', statement: `import '../src/main/target'`, rule: 'main-is-a-root' },
  { from: 'src/main/a', statement: `import '../../test/target'`, rule: 'product-without-tests' },
  { from: 'src/http/c', statement: `import '../../bench/target'`, rule: 'product-without-tests' },
  {
    from: 'sdks/typescript/a',
    statement: `import '../../src/core/target'`,
    rule: 'sdk-stands-alone',
  },
  { from: 'web/a', statement: `import '../src/contract/target'`, rule: 'web-stands-alone' },
  { from: 'examples/a', statement: `import '../src/app/target'`, rule: 'examples-use-the-sdk' },
  { from: 'src/core/cycle-a', statement: `import './cycle-b'`, rule: 'no-cycle' },
  { from: 'src/main/b', statement: `import 'supertest'`, rule: 'no-dev-dependency' },
  { from: 'src/main/c', statement: `import './absent'`, rule: 'resolvable' },
];

const ALLOWED: readonly Case[] = [
  { from: 'src/core/ok', statement: `import './policy/target'` },
  { from: 'src/contract/ok', statement: `import 'zod'; import 'yaml'; import '../core/target'` },
  { from: 'src/facts/ok', statement: `import 'node-sql-parser'; import '../core/target'` },
  { from: 'src/app/ok', statement: `import '../contract/target'; import './target'` },
  { from: 'src/db/ok', statement: `import 'pg'; import 'node:fs'; import '../app/target'` },
  { from: 'src/slack/ok', statement: `import '@slack/bolt'; import '../app/target'` },
  { from: 'src/cli/ok', statement: `import '../../sdks/typescript/target'` },
  {
    from: 'src/temporal/ok',
    statement: `import '@temporalio/client'; import '@temporalio/worker'`,
  },
  { from: 'src/temporal/ok-messages', statement: `import '../../workflows/messages'` },
  {
    from: 'workflows/ok',
    statement: `import '@temporalio/workflow'; import '../src/core/ids'; import '../src/core/errors'; import type { t } from '../activities/target'`,
  },
  {
    from: 'activities/ok',
    statement: `import '@temporalio/activity'; import '@temporalio/common'; import '../src/app/target'`,
  },
  { from: 'src/main/ok', statement: `import '../db/target'; import '../../workflows/target'` },
  { from: 'test/ok', statement: `import '../src/main/target'; import 'supertest'` },
  { from: 'bench/ok', statement: `import '../test/target'; import 'pg'` },
  { from: 'examples/ok', statement: `import '../sdks/typescript/target'` },
];

const PACKAGES = [
  'zod',
  'yaml',
  'pg',
  'express',
  'pino',
  'node-sql-parser',
  '@slack/bolt',
  '@temporalio/activity',
  '@temporalio/client',
  '@temporalio/common',
  '@temporalio/worker',
  '@temporalio/workflow',
];

const TARGETS = [
  ...['core', 'core/policy', 'contract', 'app', 'db', 'http', 'facts', 'main'].map(
    (folder) => `src/${folder}/target`,
  ),
  'src/core/ids',
  'src/core/errors',
  'workflows/target',
  'workflows/messages',
  'activities/target',
  'test/target',
  'bench/target',
  'sdks/typescript/target',
];

describe('the import rules', () => {
  let folder: string;
  let violations: readonly Violation[];
  let files: ReadonlyMap<Case, string>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cs-imports-'));
    files = writeTree(folder);
    violations = cruise(folder);
  }, 30_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(FORBIDDEN)('refuse in $from: $statement', (broken) => {
    expect(rulesBrokenBy(broken)).toContain(broken.rule);
  });

  it.each(ALLOWED)('allow in $from: $statement', (allowed) => {
    expect(rulesBrokenBy(allowed)).toEqual([]);
  });

  it('are errors, and each is broken on purpose here', () => {
    const { forbidden } = jest.requireActual<{
      readonly forbidden: readonly { readonly name: string; readonly severity: string }[];
    }>(CONFIG);
    expect(forbidden.filter(({ severity }) => severity !== 'error')).toEqual([]);
    const proved = new Set(FORBIDDEN.map(({ rule }) => rule));
    expect(forbidden.map(({ name }) => name).filter((name) => !proved.has(name))).toEqual([]);
  });

  function rulesBrokenBy(one: Case): readonly string[] {
    return violations.filter(({ from }) => from === files.get(one)).map(({ rule }) => rule.name);
  }
});

/** Writes each case as a file of its own, so that a violation names its case. */
function writeTree(folder: string): ReadonlyMap<Case, string> {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const manifest = {
    dependencies: Object.fromEntries(PACKAGES.map((name) => [name, '1.0.0'])),
    devDependencies: { supertest: '1.0.0' },
  };
  write('package.json', JSON.stringify(manifest));
  write('tsconfig.json', '{ "compilerOptions": { "module": "node16" } }');
  for (const name of [...PACKAGES, 'supertest']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
    write(`node_modules/${name}/index.js`, '');
  }
  for (const target of TARGETS) write(`${target}.ts`, 'export type t = 1;\n');
  const named = new Map<Case, string>();
  const taken = new Set<string>();
  for (const one of [...FORBIDDEN, ...ALLOWED]) {
    let path = `${one.from}.ts`;
    for (let count = 2; taken.has(path); count += 1) path = `${one.from}-${String(count)}.ts`;
    taken.add(path);
    named.set(one, path);
    write(path, `${one.statement};\nexport type t = 1;\n`);
  }
  write('src/core/cycle-b.ts', `import './cycle-a';\n`);
  return named;
}

function cruise(folder: string): readonly Violation[] {
  const bin = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const printed = execFileSync(
    process.execPath,
    [bin, '--config', CONFIG, '--output-type', 'json', '.'],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const report = JSON.parse(printed) as {
    readonly summary: { readonly violations: readonly Violation[] };
  };
  return report.summary.violations;
}
