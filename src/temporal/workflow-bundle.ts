import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

export interface BundleOptions {
  /** File that exports every workflow: workflows/index, source or compiled. */
  readonly workflowsPath: string;
  /** Told of the bundler's warnings and errors. */
  readonly report: (message: string) => void;
}

/**
 * Bundles the workflow code once, at build time or for a test run, instead of in every worker. It must run
 * with the very version of the worker that loads the result.
 */
export async function buildWorkflowBundle(
  options: BundleOptions,
): Promise<{ readonly code: string }> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: options.workflowsPath,
    logger: new DefaultLogger('WARN', ({ message }) => {
      options.report(message);
    }),
  });
  return { code };
}
