import { builtinModules } from 'node:module';
import comments from '@eslint-community/eslint-plugin-eslint-comments/configs';
import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['{src,workflows,activities,test,bench}/**/*.ts'];
const SHIPPED = ['{src,workflows,activities}/**/*.ts'];
const CORE = ['src/core/**/*.ts'];
const WORKFLOWS = ['workflows/**/*.ts'];

/** Syntax that no file uses; later entries add to it, as eslint replaces a rule's options as a whole. */
const NOWHERE = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Export by name, so that a thing has one name everywhere.',
  },
  {
    selector: 'TSEnumDeclaration',
    message: 'Use an `as const` object and a type of the same name.',
  },
];

const CLOCK = 'Time enters as an argument, or a decision cannot be replayed.';
const CHANCE = 'Randomness enters as an argument, or a decision cannot be replayed.';
const NOT_DETERMINISTIC = [
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: CLOCK },
  { selector: 'CallExpression[callee.name="Date"]', message: CLOCK },
  {
    selector: 'MemberExpression[object.name="Date"][property.name="now"]',
    message: CLOCK,
  },
  {
    selector: 'MemberExpression[object.name="Date"][property.value="now"]',
    message: CLOCK,
  },
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: CHANCE,
  },
  {
    selector: 'MemberExpression[object.name="Math"][property.value="random"]',
    message: CHANCE,
  },
  {
    selector: 'VariableDeclarator[init.name=/^(Date|Math)$/]',
    message: 'Name Date and Math where they are used, so that the other rules see them.',
  },
];

const banGlobals = (names, message) => names.map((name) => ({ name, message }));
const OUTSIDE_WORLD = [
  ...banGlobals(
    ['process', 'global', 'globalThis', 'require', 'module', 'Buffer'],
    'There is no environment here; pass what is needed as an argument.',
  ),
  ...banGlobals(['performance'], CLOCK),
  ...banGlobals(['crypto'], CHANCE),
  ...banGlobals(['fetch', 'WebSocket', 'XMLHttpRequest'], 'I/O belongs to adapters.'),
  ...banGlobals(['WeakRef', 'FinalizationRegistry'], 'Garbage collection is not deterministic.'),
];
const TIMERS = banGlobals(
  ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  'The core computes; a workflow or an adapter waits.',
);

const NO_NODE = [
  'error',
  {
    paths: builtinModules.map((name) => ({ name, message: 'No Node builtins here.' })),
    patterns: [{ group: ['node:*'], message: 'No Node builtins here.' }],
  },
];

export default defineConfig(
  globalIgnores([
    'dist/',
    'coverage/',
    '.countersign/',
    '.cache/',
    // These have a manifest and checks of their own.
    'web/',
    'sdks/',
    'examples/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  eslint.configs.recommended,
  comments.recommended,
  {
    rules: {
      '@eslint-community/eslint-comments/require-description': ['error', { ignore: [] }],
      '@eslint-community/eslint-comments/no-unlimited-disable': 'error',
      '@eslint-community/eslint-comments/no-use': [
        'error',
        { allow: ['eslint-disable-next-line', 'eslint-disable', 'eslint-enable'] },
      ],
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...NOWHERE.slice(1)],
    },
  },
  {
    files: ['*.{cjs,mjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
      },
    },
  },
  { files: ['*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { prefer: 'type-imports', fixStyle: 'inline-type-imports' },
      ],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Objects are closures without `this`, so their methods may be taken apart.
      '@typescript-eslint/unbound-method': 'off',
      // A fake or adapter may answer at once where its port promises.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', ...NOWHERE],
    },
  },
  {
    files: SHIPPED,
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': [
        'error',
        { max: 70, skipBlankLines: false, skipComments: false, IIFEs: true },
      ],
      'no-console': 'error',
    },
  },
  // These talk to a person at a terminal.
  { files: ['src/{cli,main}/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: CORE,
    rules: {
      'no-restricted-syntax': ['error', ...NOWHERE, ...NOT_DETERMINISTIC],
      'no-restricted-globals': ['error', ...OUTSIDE_WORLD, ...TIMERS],
      '@typescript-eslint/no-restricted-imports': NO_NODE,
    },
  },
  {
    files: WORKFLOWS,
    rules: {
      'no-restricted-syntax': ['error', ...NOWHERE, ...NOT_DETERMINISTIC],
      'no-restricted-globals': ['error', ...OUTSIDE_WORLD],
      '@typescript-eslint/no-restricted-imports': NO_NODE,
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 500, skipBlankLines: false, skipComments: false }] },
  },
  {
    // Jest finds these two by their default export.
    files: ['test/support/*-global-{setup,teardown}.ts'],
    rules: { 'no-restricted-syntax': ['error', ...NOWHERE.slice(1)] },
  },
);
