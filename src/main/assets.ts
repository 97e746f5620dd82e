import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** From dist/src/main (or src/main under a test runner) to the package's root. */
const compiled = __dirname.includes(`${join('dist', 'src', 'main')}`);
export const PACKAGE_ROOT = join(__dirname, ...(compiled ? ['..', '..', '..'] : ['..', '..']));

export const WORKFLOW_BUNDLE = join(PACKAGE_ROOT, 'dist', 'workflow-bundle.js');

const readText = (...path: string[]): string => readFileSync(join(PACKAGE_ROOT, ...path), 'utf8');

export const VERSION = (JSON.parse(readText('package.json')) as { version: string }).version;

export const bundleText = (environment: 'development' | 'production'): string =>
  readText('policies', 'bundles', `${environment}.policy.yaml`);

export const scenarioText = (file: string): string => readText('examples', 'scenarios', file);
