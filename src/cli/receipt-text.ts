import type { ReceiptBody } from '../core/audit/receipt';
import type { ReceiptCheck } from '../core/audit/receipt-check';
import type { ReceiptJudgement } from '../core/audit/verify-receipt';
import { inert, inertText } from './inert-text';
import type { Cell, Output } from './output';

/** Who approved what, when, with what assurance; each check; and one last line with the state. */
export function describeJudgement(out: Output, judged: ReceiptJudgement): string {
  const { body, checks } = judged;
  return [
    ...(body === undefined ? [] : [describeReceipt(out, body)]),
    out.table(
      ['CHECK', 'RESULT', 'WHAT'],
      checks.map((check) => checkRow(out, check)),
    ),
    lastLine(out, judged),
  ].join('\n\n');
}

/** What a receipt says, for people. It is true only as far as the receipt verifies. */
export function describeReceipt(out: Output, body: ReceiptBody): string {
  const { approval } = body;
  const summary = out.fields([
    ['execution', body.executionId],
    ['verdict', { text: body.status, paint: out.colors.bold }],
    ['reason', body.reasonCode],
    ['action', inert`${body.action} by ${body.agent} in ${body.environment}`],
    ['requested', inert`${body.requestedAt} by ${body.requestedBy}`],
    ['decided', inert`${body.decidedAt} by ${body.decidedBy}`],
    ['arguments', body.argsDigest],
    ['policies', body.policies.map(policyText).join(', ')],
    [
      'chain',
      approval &&
        inert`${approval.chain.id} v${approval.chain.version}, decided on level ${approval.level} of ${approval.of}`,
    ],
    ['levels', approval?.levels.map(levelText).join('; ')],
    ['shown', approval?.displayDigest],
    ['row', `${String(body.audit.closing.seq)} of ${body.issuer.log}`],
  ]);
  return [summary, votesTable(out, approval?.votes ?? [])]
    .filter((text) => text !== '')
    .join('\n\n');
}

const policyText = (policy: ReceiptBody['policies'][number]): string =>
  `${policy.id} v${String(policy.version)}${policy.rule === undefined ? '' : ` ${policy.rule}`}: ` +
  `${policy.effect}${policy.shadow === true ? ' (shadow)' : ''}`;

type Approval = NonNullable<ReceiptBody['approval']>;

const levelText = ({ level, name, steps }: Approval['levels'][number]): string =>
  `${String(level)} ${name}${steps.length === 0 ? '' : ` (${steps.map((step) => step.event).join(', ')})`}`;

function votesTable(out: Output, votes: Approval['votes']): string {
  if (votes.length === 0) return '';
  return out.table(
    ['WHO', 'VERDICT', 'LEVEL', 'WHEN', 'ASSURANCE', 'WHERE'],
    votes.map((vote) => [
      ...[vote.by, vote.verdict, String(vote.level), vote.at, vote.assurance, vote.surface ?? ''],
    ]),
  );
}

function checkRow(out: Output, { name, result, message }: ReceiptCheck): readonly Cell[] {
  const { green, red, yellow } = out.colors;
  const paint = { ok: green, bad: red, unknown: yellow, absent: yellow }[result];
  return [name, { text: result, paint }, message];
}

function lastLine(out: Output, { state, checks }: ReceiptJudgement): string {
  const { green, red, yellow } = out.colors;
  const reasons = checks.filter(
    ({ result }) => result === (state === 'INVALID' ? 'bad' : 'unknown'),
  );
  const why = reasons.map(({ name, message }) => `${name}: ${message}`).join('; ');
  if (state === 'VALID') return green('VALID');
  return (state === 'INVALID' ? red : yellow)(inertText(`${state} ${why}`));
}
