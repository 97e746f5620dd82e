import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorReference } from '../src/main/error-reference';
import { repositoryFiles, ROOT } from './support/repository-files';

const files = repositoryFiles();
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const below = (folder: string, extension: string): readonly string[] =>
  files.filter((path) => path.startsWith(`${folder}/`) && path.endsWith(extension));
const shipped = ['src', 'workflows', 'activities'].flatMap((folder) => below(folder, '.ts'));
const tests = below('test', '.ts');
const handWritten = [...shipped, ...tests, ...below('bench', '.ts')];

/** Places where a pattern stands, as `path:line`, so that a failure can be clicked. */
function places(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${String(index + 1)}`] : [])),
  );
}

describe('source files', () => {
  it('hold no left-over marks', () => {
    expect(places(handWritten, new RegExp(`\\b(?:FIX${'ME'}|X${'XX'})\\b`))).toEqual([]);
  });

  it('run no test alone and leave none out', () => {
    expect(
      places(tests, /\b(?:describe|it|test)\.(?:only|skip|todo)\b|\b[fx](?:it|describe)\(/),
    ).toEqual([]);
  });

  it('print only where a person reads the terminal', () => {
    const silent = shipped.filter((path) => !/^src\/(?:cli|main)\//.test(path));
    expect(places(silent, /\bconsole\.\w+\(/)).toEqual([]);
  });

  it('read in one sitting: 400 lines, tests 500', () => {
    const tooLong = handWritten.filter((path) => {
      const lines = read(path).trimEnd().split('\n').length;
      return lines > (path.startsWith('test/') ? 500 : 400);
    });
    expect(tooLong).toEqual([]);
  });

  it('have telling names in kebab-case and no barrels', () => {
    const vague = handWritten.filter((path) => {
      const name = path.split('/').at(-1) ?? '';
      const barrel = name === 'index.ts' && !/^(?:workflows|activities)\/index\.ts$/.test(path);
      return barrel || /^(?:utils|helpers|types)\.ts$/.test(name) || !/^[a-z0-9.-]+$/.test(name);
    });
    expect(vague).toEqual([]);
  });
});

describe('the import table', () => {
  it('has a row for every folder of src/, and src/ holds folders only', () => {
    const { forbidden } = jest.requireActual<{
      readonly forbidden: readonly { readonly from: { readonly path?: string } }[];
    }>(join(ROOT, '.dependency-cruiser.cjs'));
    const rows = forbidden.flatMap(
      ({ from }) => /^\^src\/([^/()]+)\/$/.exec(from.path ?? '')?.[1] ?? [],
    );
    const known = new Set([...rows, 'main']);
    const folders = files.flatMap((path) => /^src\/([^/]+)/.exec(path)?.[1] ?? []);
    expect([...new Set(folders)].filter((folder) => !known.has(folder))).toEqual([]);
  });
});

describe('test folders', () => {
  it('that jest is told to give servers are the only ones that ask for them', () => {
    const asking = tests.filter(
      (path) => path.endsWith('.test.ts') && /support\/(?:test-servers|postgres)'/.test(read(path)),
    );
    const config = jest.requireActual<{
      readonly projects: readonly {
        readonly displayName: string;
        readonly testMatch: readonly string[];
      }[];
    }>(join(ROOT, 'jest.config.cjs'));
    const served = config.projects
      .filter(({ displayName }) => displayName !== 'unit')
      .flatMap(({ testMatch }) => testMatch)
      .flatMap((pattern) => /^<rootDir>\/(test\/[^/]+\/)/.exec(pattern)?.[1] ?? []);
    const folders = [...served, 'test/chaos/'];
    expect(asking.filter((path) => !folders.some((folder) => path.startsWith(folder)))).toEqual([]);
  });
});

describe('documents', () => {
  it('list the error codes exactly as the registry does (to fix: npm run docs)', () => {
    const path = 'docs/errors.md';
    expect(existsSync(join(ROOT, path)) ? read(path) : 'absent').toBe(errorReference());
  });

  it('link every decision record from docs/ARCHITECTURE.md, and no absent one', () => {
    const records = below('docs/adr', '.md').map((path) => path.replace('docs/', ''));
    const linked = files.includes('docs/ARCHITECTURE.md')
      ? [...read('docs/ARCHITECTURE.md').matchAll(/\]\((?:\.\/)?(adr\/[^)#]+\.md)/g)].map(
          ([, path]) => path,
        )
      : [];
    expect([...new Set(linked)].sort()).toEqual([...records].sort());
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const texts = files.filter((path) => /^(?:[A-Z]+\.md|docs\/.*\.md|\.ci\/run)$/.test(path));
    const unknown = texts.flatMap((path) =>
      [...read(path).matchAll(/\bnpm (?:run(?:-script)? ([\w:-]+)|(test|start)\b)/g)]
        .map(([, script, short]) => script ?? short ?? '')
        .filter((name) => !(name in scripts))
        .map((name) => `${path}: npm run ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('begin with the README', () => {
    expect(files).toContain('README.md');
  });
});

describe('migrations', () => {
  const folder = 'src/db/migrations';
  const migrations = below(folder, '.sql').map((path) => path.slice(folder.length + 1));

  it('never change once listed in checksums.json (a new one: add the line shown)', () => {
    const path = `${folder}/checksums.json`;
    const listed = files.includes(path) ? (JSON.parse(read(path)) as unknown) : {};
    const found = Object.fromEntries(
      migrations.map((name) => [
        name,
        createHash('sha256')
          .update(read(`${folder}/${name}`))
          .digest('hex'),
      ]),
    );
    expect(listed).toEqual(found);
  });

  it('are numbered without a gap', () => {
    const numbers = migrations.map((name) => Number(/^(\d{6})_[a-z0-9_-]+\.sql$/.exec(name)?.[1]));
    expect(numbers).toEqual(migrations.map((_, index) => index + 1));
  });
});

describe('the repository', () => {
  const texts = files.filter((path) => !/\.(?:png|jpe?g|gif|ico|woff2?|gz|pdf|svg)$/.test(path));

  it('knows nothing of the machine it was written on', () => {
    // Joined here so that this file does not hold what it looks for.
    const folders = ['work', 'root', 'home/(?!node/)[a-z]+', 'Users/[A-Za-z]+'].map(
      (name) => `/${name}/`,
    );
    const pattern = new RegExp(`(?<![\\w.*-])(?:${folders.join('|')})`);
    expect(places(texts, pattern)).toEqual([]);
  });

  it('names no package registry but the public ones', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
    };
    const foreign = Object.values(lock.packages)
      .flatMap(({ resolved }) => (resolved === undefined ? [] : [resolved]))
      .filter((url) => /^https?:/.test(url) && !url.startsWith('https://registry.npmjs.org/'));
    expect(foreign).toEqual([]);
    const mirror = new RegExp(
      '(?:registry=|--registry[ =]|--(?:extra-)?index-url[ =]|--find-links[ =])(?!https://(?:registry\\.npmjs\\.org|pypi\\.org)/)',
    );
    expect(
      places(
        texts.filter((path) => path !== 'test/tidy.test.ts'),
        mirror,
      ),
    ).toEqual([]);
  });
});
