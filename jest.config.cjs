'use strict';

/**
 * Test projects. `unit` needs nothing but Node. `engine` and `browser` share one Postgres cluster and
 * one Temporal server, started once before the first of their tests. `chaos` kills processes on purpose
 * and runs only when asked for: `npm run test:chaos`.
 */

/** Folders under test/ that need the servers; every other folder belongs to `unit`. */
const ENGINE_FOLDERS = [
  'db',
  'invariants',
  'temporal',
  'workflows',
  'http',
  'embedded',
  'cli',
  'e2e',
  'replay',
  'conformance',
];
const OTHER_FOLDERS = ['browser', 'chaos', 'support'];

/** Published as ES modules only, so jest must translate them; plain Node loads them as they are. */
const ESM_ONLY = ['jose', 'openid-client', 'oauth4webapi'];

const base = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2022' }, module: { type: 'commonjs' }, sourceMaps: 'inline' },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${ESM_ONLY.join('|')})/)`],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/\\.countersign/', '<rootDir>/\\.cache/'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/web/', '<rootDir>/sdks/'],
};

const servers = {
  globalSetup: '<rootDir>/test/support/servers-global-setup.ts',
  globalTeardown: '<rootDir>/test/support/servers-global-teardown.ts',
};

const folders = (names) => names.map((name) => `<rootDir>/test/${name}/**/*.test.ts`);

const unit = {
  ...base,
  displayName: 'unit',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    ...base.testPathIgnorePatterns,
    `<rootDir>/test/(?:${[...ENGINE_FOLDERS, ...OTHER_FOLDERS].join('|')})/`,
  ],
};

const engine = {
  ...base,
  ...servers,
  displayName: 'engine',
  testMatch: folders(ENGINE_FOLDERS),
};

const browser = {
  ...base,
  ...servers,
  displayName: 'browser',
  testMatch: folders(['browser']),
};

const chaos = {
  ...base,
  ...servers,
  displayName: 'chaos',
  testMatch: folders(['chaos']),
};

module.exports = {
  projects: process.env.COUNTERSIGN_CHAOS === '1' ? [chaos] : [unit, engine, browser],
  // Jest takes it from here only: a project's own is ignored. Longer tests say so themselves.
  testTimeout: 30_000,
  // Servers, browsers and worker processes share the machine with the tests.
  maxWorkers: 2,
  // The other provider, v8, makes the property tests seventy times slower.
  coverageProvider: 'babel',
  collectCoverageFrom: ['src/**/*.ts', 'workflows/**/*.ts', 'activities/**/*.ts'],
  coverageThreshold: { global: { lines: 90 }, './src/core/': { lines: 98 } },
};
