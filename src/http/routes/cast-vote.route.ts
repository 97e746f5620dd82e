import { approvalParams, castVoteBody, RESERVED_VOTE_FIELDS } from '../../contract/approvals';
import { voteReceipt } from '../../contract/execution-views';
import type { ErrorCode } from '../../core/errors';
import { defineRoute } from '../route';

const REFUSALS: readonly ErrorCode[] = [
  'approval_not_found',
  'not_eligible',
  'digest_mismatch',
  'card_changed',
  'level_mismatch',
  'assurance_too_low',
  'already_decided',
  'already_voted',
  'basis_changed',
  'kill_switch_active',
  'expired',
  'rationale_required',
];

const voteRoute = (
  verdict: 'approve' | 'reject' | 'escalate',
  summary: string,
  errors: readonly ErrorCode[] = REFUSALS,
) =>
  defineRoute({
    operationId: verdict,
    method: 'post',
    path: `/v1/approvals/{approvalId}/${verdict}`,
    permission: 'approvals:decide',
    refusalIsRecorded: true,
    tag: 'Approvals',
    summary,
    description:
      'The vote stands when this answers. Send the digest of the arguments that were shown, so that ' +
      'nothing else can be decided by it.',
    params: approvalParams,
    unknownId: 'approval_not_found',
    body: { kind: 'json', schema: castVoteBody, reserved: RESERVED_VOTE_FIELDS },
    replies: { 200: { description: 'Recorded.', schema: voteReceipt } },
    errors,
    handle: async ({ caller, params, body }, useCases) => ({
      status: 200,
      body: await useCases.castVote(caller, { ...params, ...body, verdict }),
    }),
  });

export const approveRoute = voteRoute('approve', 'Vote yes');
export const rejectRoute = voteRoute('reject', 'Vote no');
export const escalateRoute = voteRoute('escalate', 'Pass up to the next level', [
  ...REFUSALS,
  'no_higher_level',
]);
