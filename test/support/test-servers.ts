import { readFileSync, writeFileSync } from 'node:fs';

/** What global setup started, for the test processes. All of it is gone when the run ends. */
export interface TestServers {
  readonly postgres: {
    /** Superuser URL of the maintenance database. */
    readonly adminUrl: string;
    /** The migrated database that every test database is a copy of. */
    readonly templateName: string;
  };
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly uiUrl: string;
  };
  /** Path for `workflowBundle: { codePath }`; absent while there are no workflows. */
  readonly workflowBundlePath?: string;
}

const FILE_VARIABLE = 'COUNTERSIGN_TEST_SERVERS';

/** Called once by global setup; jest hands the variable on to its test processes. */
export function publishTestServers(path: string, servers: TestServers): void {
  writeFileSync(path, JSON.stringify(servers, null, 2));
  process.env[FILE_VARIABLE] = path;
}

/** The servers of this run. Throws in projects that start none: move the test to an engine folder. */
export function testServers(): TestServers {
  const path = process.env[FILE_VARIABLE];
  if (path === undefined) {
    throw new Error(
      'No test servers here. Tests that need them live in a folder of ENGINE_FOLDERS in jest.config.cjs.',
    );
  }
  return JSON.parse(readFileSync(path, 'utf8')) as TestServers;
}
