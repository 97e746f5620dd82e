import type { ApprovalCard, CardLevel, CardVote } from '../core/escalation/card';
import type { ExecutionStatus } from '../core/execution/state';
import { visibleLine } from './visible-text';

/** A status in words with its sign; the word alone says it all, for readers without colours or pictures. */
export const STATUS_WORDS: Readonly<Record<ExecutionStatus, string>> = {
  pending_approval: '⏳ Approval needed',
  parked: '⏸ Parked',
  allowed: '✅ Allowed by policy',
  approved: '✅ Approved',
  executing: '✅ Approved, running',
  committed: '✅ Approved and done',
  failed: '⚠ Approved, the run failed',
  outcome_unknown: '⚠ Approved, outcome unknown',
  denied: '⛔ Denied by policy',
  rejected: '❌ Rejected',
  expired: '⌛ Expired',
  cancelled: '🚫 Cancelled',
  killed: '🛑 Stopped by a kill switch',
};

const LEVEL_WORDS: Readonly<Record<CardLevel['state'], string>> = {
  waiting: 'waiting',
  open: 'open',
  approved: 'approved',
  timed_out: 'timed out',
  passed_up: 'passed up',
  empty: 'nobody there',
  skipped: 'skipped',
};

const VERDICT_WORDS: Readonly<Record<CardVote['verdict'], string>> = {
  approve: '✅ approved',
  reject: '❌ rejected',
  escalate: '⬆ passed it up',
};

export const verdictWords = (vote: CardVote): string => VERDICT_WORDS[vote.verdict];

/** `L2 · finance`, or the name alone where it starts with the number. */
export const levelLabel = (level: { readonly number: number; readonly name: string }): string => {
  const short = `L${level.number}`;
  const name = visibleLine(level.name);
  return name.toUpperCase().startsWith(short) ? name : `${short} · ${name}`;
};

export const headline = (card: ApprovalCard): string => {
  const action = visibleLine(card.display.action);
  return card.status === 'pending_approval'
    ? `L${card.display.level.number} approval needed · ${action}`
    : `${STATUS_WORDS[card.status]} · ${action}`;
};

/** `L1 · support: timed out → L2 · finance: open`. */
export const ladderLine = (levels: readonly CardLevel[]): string =>
  levels.map((level) => `${levelLabel(level)}: ${LEVEL_WORDS[level.state]}`).join(' → ');

/** `1 of 2 approvals` of the level that is open, or was last. */
export function quorumLine(card: ApprovalCard): string {
  const given = card.votes.filter(
    (vote) => vote.verdict === 'approve' && vote.level === card.display.level.number,
  ).length;
  if (card.missing !== undefined) return `${given} of ${given + card.missing} approvals`;
  return given === 1 ? '1 approval' : `${given} approvals`;
}

export const riskLine = (card: ApprovalCard): string => {
  const { risk } = card.display;
  return risk === undefined
    ? 'Risk not scored'
    : `Risk ${Math.round(risk.score)}/100 ${visibleLine(risk.level).toUpperCase()}`;
};

/** High and critical requests are never decided by one click. */
export const isHighRisk = (card: ApprovalCard): boolean =>
  ['high', 'critical'].includes(card.display.risk?.level.toLowerCase() ?? '');
