import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { buildWorkflowBundle } from '../temporal/workflow-bundle';
import { PACKAGE_ROOT, WORKFLOW_BUNDLE } from './assets';

/** What the compiler leaves behind: the SQL migrations, and the one bundle every worker loads. */
async function main(): Promise<void> {
  const migrations = join('src', 'db', 'migrations');
  mkdirSync(join(PACKAGE_ROOT, 'dist', migrations), { recursive: true });
  cpSync(join(PACKAGE_ROOT, migrations), join(PACKAGE_ROOT, 'dist', migrations), {
    recursive: true,
  });
  const { code } = await buildWorkflowBundle({
    workflowsPath: join(PACKAGE_ROOT, 'dist', 'workflows', 'index.js'),
    report: (message) => {
      process.stderr.write(`${message}\n`);
    },
  });
  writeFileSync(WORKFLOW_BUNDLE, code);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
