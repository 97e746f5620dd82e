import { clip, inlineCode } from '../src/core/markdown';
import type { RunView, WaitingFor } from './ports';

/**
 * A view with the words that the Temporal UI shows for it. They are made here, not in the workflow: the
 * result is history, so a change of wording cannot break a replay.
 */
export interface GovernedView {
  readonly view: RunView;
  /** Markdown for the workflow's current details. */
  readonly details: string;
  /** One line that names what is waited for: the summary of timers and activities. */
  readonly label: string;
}

/** The Temporal UI cuts a summary on its timeline at 120 characters. */
const LABEL_LENGTH = 120;

const WAITING: Readonly<Record<WaitingFor, string>> = {
  nothing: 'Closed',
  approval: 'Waiting for approval',
  release: 'Waiting for release',
  outcome: 'Waiting for the outcome',
};

/** @param publicUrl base address of the API for links back; no link without it */
export function governedView(view: RunView, publicUrl?: string): GovernedView {
  return { view, details: details(view, publicUrl), label: label(view) };
}

function label(view: RunView): string {
  const waiting =
    view.waitingFor === 'approval' && view.level !== undefined
      ? `${view.level.name} · ${view.level.approvers}`
      : WAITING[view.waitingFor];
  if (view.remainingMs === undefined) return clip(waiting, LABEL_LENGTH);
  const time = duration(view.remainingMs);
  return clip(
    `${waiting} · ${view.next === 'reminder' ? `reminder in ${time}` : time}`,
    LABEL_LENGTH,
  );
}

/** Minutes where there are any, as people speak of timers: "60 min", "45 s". */
function duration(remainingMs: number): string {
  const minutes = Math.round(remainingMs / 60_000);
  return minutes >= 1 ? `${String(minutes)} min` : `${String(Math.ceil(remainingMs / 1000))} s`;
}

function details(view: RunView, publicUrl: string | undefined): string {
  const { summary, level } = view;
  const lines = [
    `**${view.status.replaceAll('_', ' ')}** · ${WAITING[view.waitingFor]}`,
    '',
    `- Action ${inlineCode(summary.action)} by agent ${inlineCode(summary.agent)} in ${inlineCode(summary.environment)}`,
    `- ${view.verdict} by rule ${inlineCode(summary.rule)} of policy ${inlineCode(summary.policy)}`,
    // Of the policy while it is open, of whatever closed it afterwards.
    `- Why it stands so: ${inlineCode(summary.reason, 300)}`,
  ];
  if (level !== undefined && view.waitingFor === 'approval') {
    lines.push(
      `- Level ${String(level.index)} of ${String(level.of)}, ${inlineCode(level.name)}: ${inlineCode(level.approvers)} until ${inlineCode(level.deadline)}`,
    );
  }
  if (summary.chain !== undefined) lines.push(`- Chain ${inlineCode(summary.chain)}`);
  lines.push(`- Arguments digest ${inlineCode(summary.argsDigest)}`);
  if (publicUrl !== undefined) {
    const id = encodeURIComponent(view.executionId);
    lines.push('', `[Open in Countersign](${publicUrl}/v1/executions/${id})`);
  }
  return lines.join('\n');
}
