import type { WorkflowStartOptions } from '@temporalio/client';
import {
  TypedSearchAttributes,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import { searchAttributesOf, type GovernedInput } from '../../workflows/messages';
import { workflowIdOf } from '../core/ids';
import { inlineCode } from '../core/markdown';
import type { StartRow } from './outbox';

export interface StartSettings {
  readonly taskQueue: string;
  readonly eager: boolean;
  /** Base address of the API for links back; no link without it. */
  readonly publicUrl?: string;
  /** Also over a run that closed as completed. */
  readonly again: boolean;
}

type Start = (input: GovernedInput) => Promise<unknown>;

/** How a governed execution is started. Agent-controlled text stands in code spans only (I-13). */
export function startOptionsOf(
  row: StartRow,
  settings: StartSettings,
): WorkflowStartOptions<Start> {
  const { tenant, executionId, digest } = row;
  return {
    workflowId: workflowIdOf(executionId),
    taskQueue: settings.taskQueue,
    args: [{ tenant, executionId, digest }],
    requestEagerStart: settings.eager,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: settings.again
      ? WorkflowIdReusePolicy.ALLOW_DUPLICATE
      : WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    staticSummary: summary(row),
    staticDetails: details(row, settings.publicUrl),
    memo: { rule: row.rule, environment: row.environment },
    typedSearchAttributes: new TypedSearchAttributes(
      searchAttributesOf({
        tenant,
        agent: row.agent,
        action: row.action,
        state: row.status,
        verdict: row.verdict,
        policy: row.policy,
        ...(row.level === undefined ? {} : { level: row.level }),
        ...(row.dueAtMs === undefined ? {} : { dueAt: new Date(row.dueAtMs).toISOString() }),
      }),
    ),
  };
}

/** One line; the server's guideline is 200 bytes. */
const summary = (row: StartRow): string =>
  `${row.verdict} · ${inlineCode(row.action, 40)} by ${inlineCode(row.agent, 40)} in ${inlineCode(row.environment, 20)}`;

function details(row: StartRow, publicUrl: string | undefined): string {
  const lines = [
    `- Agent ${inlineCode(row.agent)} asked for action ${inlineCode(row.action)} in ${inlineCode(row.environment)}`,
    `- Policy ${inlineCode(row.policy)}, rule ${inlineCode(row.rule)}: ${row.verdict}`,
    `- Reason ${inlineCode(row.reason, 300)}`,
    `- Arguments digest ${inlineCode(row.digest)}`,
    `- Tenant ${inlineCode(row.tenant)}`,
  ];
  if (publicUrl !== undefined) {
    const id = encodeURIComponent(row.executionId);
    lines.push('', `[Open in Countersign](${publicUrl}/v1/executions/${id})`);
  }
  return lines.join('\n');
}
