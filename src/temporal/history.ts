import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { DomainError } from '../core/errors';
import { boundedCall } from './bounded-call';

const compress = promisify(gzip);
const FETCH_TIMEOUT_MS = 8_000;

/** Reads one run's history so far as gzipped JSON, the form that replay and the Temporal UI import. */
export function createHistoryReader(
  client: Client,
): (workflowId: string, runId: string) => Promise<Uint8Array> {
  return async (workflowId, runId) => {
    const handle = client.workflow.getHandle(workflowId, runId);
    const history = await boundedCall(client, FETCH_TIMEOUT_MS, () => handle.fetchHistory());
    return compress(historyToJSON(history));
  };
}

export type ReplayResult = { readonly ok: true } | { readonly ok: false; readonly why: string };

/**
 * Re-runs a recorded history against the workflow code of a bundle (I-10).
 * @param history the parsed JSON of `createHistoryReader` or of the Temporal UI's download
 * @throws DomainError `validation_failed` when it is no history
 */
export async function replayHistory(options: {
  readonly workflowBundle: { readonly codePath: string } | { readonly code: string };
  readonly history: unknown;
  readonly workflowId: string;
}): Promise<ReplayResult> {
  try {
    await Worker.runReplayHistory(
      { workflowBundle: options.workflowBundle },
      options.history,
      options.workflowId,
    );
    return { ok: true };
  } catch (error) {
    if (error instanceof Error && error.name === 'DeterminismViolationError') {
      return { ok: false, why: error.message };
    }
    throw new DomainError('validation_failed', {
      what: 'The history could not be replayed.',
      cause: error,
    });
  }
}
