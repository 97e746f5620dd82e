import type { ExecutionStatus } from '../core/execution/state';
import type { EvaluationView, ExecutionView, PendingApproval } from '../core/execution/view';
import type { PolicyVerdict } from '../core/policy/model';
import { EXIT, exitOfStatus } from './exit-codes';
import { inert, inertJson } from './inert-text';
import type { Cell, Output } from './output';
import { riskCell } from './risk-text';

/** The decision with its why, for people. Every value is inert. */
export function describeExecution(out: Output, view: ExecutionView): string {
  const approval = view.approval;
  const summary = out.fields([
    ['execution', view.executionId],
    ['verdict', verdictCell(out, view.verdict)],
    ['status', statusCell(out, view.status)],
    ['reason', reasonWithCode(view)],
    ['why', view.explanation],
    ['risk', riskCell(out, view.risk)],
    ['action', inert`${view.action} by ${view.agent} in ${view.environment}`],
    [
      'approval',
      approval === undefined
        ? undefined
        : `${approval.chain} level ${String(approval.level)} of ${String(approval.of)} (${approval.levelName}): ${approval.approvers}, until ${approval.deadline}`,
    ],
    [
      'votes',
      approval?.votes.map((vote) => `${vote.verdict} by ${vote.by} at ${vote.at}`).join('; '),
    ],
    [
      'exception',
      view.exceptionOffered === undefined
        ? undefined
        : `may be granted by ${view.exceptionOffered}`,
    ],
    ['may run', view.mayRun ? 'yes' : 'no'],
    ['attempt', view.attemptId],
    ['digest', view.argsDigest],
    ['fix', view.howToFix],
    ['workflow', view.links.temporal],
  ]);
  return [summary, matchedTable(out, view.matched), obligationLines(view)]
    .filter((text) => text !== '')
    .join('\n');
}

/** As describeExecution for a dry run or an evaluation, which have no state. */
export function describeEvaluation(out: Output, view: EvaluationView): string {
  const summary = out.fields([
    ['verdict', verdictCell(out, view.verdict)],
    ['reason', reasonWithCode(view)],
    ['why', view.explanation],
    ['risk', riskCell(out, view.risk)],
    [
      'approval',
      view.approval === undefined
        ? undefined
        : `would ask ${view.approval.approvers} (${view.approval.chain}, ${String(view.approval.of)} level${view.approval.of === 1 ? '' : 's'})`,
    ],
    [
      'exception',
      view.exceptionOffered === undefined
        ? undefined
        : `may be granted by ${view.exceptionOffered}`,
    ],
    ['digest', view.argsDigest],
    [
      'policies',
      view.policyChain
        .map((each) => `${each.policy} v${String(each.version)}: ${each.effect}`)
        .join(', '),
    ],
  ]);
  return [summary, matchedTable(out, view.matched), obligationLines(view)]
    .filter((text) => text !== '')
    .join('\n');
}

/** Everything an approver must see: the exact arguments as inert JSON and what asks for them. */
export function describeApproval(out: Output, approval: PendingApproval): string {
  const summary = out.fields([
    ['approval', approval.id],
    ['execution', approval.executionId],
    ['asked by', inert`${approval.agent} in ${approval.environment}, ${approval.requestedAt}`],
    ['action', { text: approval.action, paint: out.colors.bold }],
    ['because', approval.reason],
    ['risk', riskCell(out, approval.risk)],
    [
      'level',
      `${String(approval.level)} of ${String(approval.of)} (${approval.levelName}): ${approval.approvers}`,
    ],
    ['time left', `${describeDuration(approval.remainingMs)}, until ${approval.deadline}`],
    [
      'votes',
      approval.votes.map((vote) => `${vote.verdict} by ${vote.by} at ${vote.at}`).join('; '),
    ],
    ['digest', approval.argsDigest],
  ]);
  const context =
    Object.keys(approval.context).length === 0
      ? ''
      : `\n${out.colors.dim('context (as claimed by the agent)')}\n${inertJson(approval.context)}`;
  return `${summary}\n${out.colors.dim('arguments, exactly')}\n${approval.argumentsShown ? inertJson(approval.args) : '(not shown: only approvers asked, the owner and Admins see them)'}${context}\n${matchedTable(out, approval.matched)}`;
}

function verdictCell(out: Output, verdict: PolicyVerdict): Cell {
  const { green, red, yellow } = out.colors;
  return { text: verdict, paint: verdict === 'ALLOW' ? green : verdict === 'DENY' ? red : yellow };
}

/** Coloured by what it means for the asker: green may go on, yellow waits, red is over. */
export function statusCell(out: Output, status: ExecutionStatus): Cell {
  const { green, red, yellow } = out.colors;
  const exit = exitOfStatus(status);
  return { text: status, paint: exit === EXIT.ok ? green : exit === EXIT.pending ? yellow : red };
}

/** `59 min`, `1 h 5 min`, `42 s`; nothing below zero. */
export function describeDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
}

const reasonWithCode = (view: { readonly reason: string; readonly reasonCode: string }): string =>
  `${view.reason} [${view.reasonCode}]`;

function matchedTable(out: Output, matched: ExecutionView['matched']): string {
  if (matched.length === 0) return '';
  return `\n${out.table(
    ['POLICY', 'RULE', 'EFFECT', 'REASON'],
    matched.map((rule) => [
      `${rule.policy} v${String(rule.version)}`,
      rule.rule,
      rule.effect,
      rule.policyError === undefined ? rule.reason : `${rule.reason} (${rule.policyError})`,
    ]),
  )}`;
}

const obligationLines = (view: Pick<ExecutionView, 'obligations'>): string =>
  view.obligations.map((each) => inert`${each.type}: ${each.message}`).join('\n');
