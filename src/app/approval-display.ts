import { canonicalJson } from '../core/audit/canonical-json';
import { describeApprovers } from '../core/escalation/chain';
import type { ApprovalDisplay } from '../core/escalation/display';
import type { ApprovalState } from '../core/escalation/approval-state';
import { currentLevel } from '../core/escalation/ladder';
import { whatHappensNext } from '../core/escalation/wording';
import type { JsonObject } from '../core/json';
import type { Cryptography, StoredExecution } from './ports';

const encoder = new TextEncoder();
const iso = (ms: number): string => new Date(ms).toISOString();

/** What the approvers of the open (or last) level are shown: nothing here moves while the level is open. */
export function displayOf(
  row: StoredExecution,
  approval: ApprovalState,
  request: { readonly args: JsonObject; readonly context: JsonObject },
): ApprovalDisplay {
  const { state, decision, agentProfile } = row;
  const { chain, level } = approval;
  const definition = currentLevel(approval);
  return {
    executionId: state.id,
    approvalId: approval.approvalId,
    agent: row.agent,
    agentOwner: agentProfile.owner,
    action: row.action,
    environment: row.environment,
    args: request.args,
    argsDigest: state.argsDigest,
    context: request.context,
    reason: decision.reason,
    rules: decision.matched
      .filter(({ effect }) => effect === 'require_approval')
      .map(({ policy, version, rule, reason }) => ({ policy, version, rule, reason })),
    ...(decision.risk === undefined
      ? {}
      : { risk: { score: decision.risk.score, level: decision.risk.level } }),
    chain: { id: chain.id, version: chain.version },
    level: {
      number: definition.number,
      name: definition.name,
      of: chain.of,
      approvers: describeApprovers(definition),
      deadline: iso(level.deadlineMs),
      thenWhat: whatHappensNext(chain, level),
    },
    requestedAt: iso(row.decidedAtMs),
    ...(state.expiresAtMs === undefined ? {} : { expiresAt: iso(state.expiresAtMs) }),
  };
}

/** Hex SHA-256 over the canonical display: what a vote says it has seen. */
export const displayDigestOf = (
  crypto: Pick<Cryptography, 'sha256'>,
  display: ApprovalDisplay,
): string =>
  Buffer.from(crypto.sha256(encoder.encode(canonicalJson({ ...display })))).toString('hex');
