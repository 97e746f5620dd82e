import { join } from 'node:path';
import { buildWorkflowBundle } from '../../src/temporal/workflow-bundle';
import * as messages from '../../workflows/messages';
import * as workflows from '../../workflows/index';

jest.setTimeout(60_000);

describe('buildWorkflowBundle', () => {
  const warnings: string[] = [];
  let code: string;
  beforeAll(async () => {
    ({ code } = await buildWorkflowBundle({
      workflowsPath: join(__dirname, '..', '..', 'workflows', 'index.ts'),
      report: (message) => warnings.push(message),
    }));
  });

  it('is under 2 MB and builds without a warning', () => {
    expect(Buffer.byteLength(code)).toBeLessThan(2_000_000);
    expect(warnings).toEqual([]);
  });

  it('holds the workflows and neither libraries nor the core behind the steps', () => {
    const modules = [...new Set(code.match(/(?<=["'])\.\/[\w@./-]+\.[jt]s(?=["'])/g))];
    expect(modules).toContain('./workflows/governed-execution.ts');
    const strange = modules.filter(
      (path) =>
        !/^\.\/(workflows\/|src\/core\/(ids|errors)\.ts$)/.test(path) &&
        !/^\.\/node_modules\/(@temporalio|long|ms|protobufjs|@protobufjs|nexus-rpc)\//.test(path),
    );
    expect(strange).toEqual([]);
  });
});

describe('workflow types', () => {
  it('are named for clients as the worker exports them', () => {
    expect(Object.keys(workflows).sort()).toEqual(
      [messages.GOVERNED_EXECUTION, messages.HOUSEKEEPING].sort(),
    );
  });
});
