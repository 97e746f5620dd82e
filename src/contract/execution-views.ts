import { z } from 'zod';
import type {
  ApprovalView,
  EvaluationView,
  ExecutionSummary,
  ExecutionView,
  PendingApproval,
  VoteReceipt,
} from '../core/execution/view';
import { executionStatus } from './execution-requests';
import { isoTime, jsonObject } from './identifiers';
import { riskScore } from './risk';
import { matchedRule, obligation, policyChain, policyVerdict, ruleTrace } from './policy-results';

const approvalFields = {
  id: z.string(),
  chain: z.string(),
  level: z.int().meta({ description: 'From 1.' }),
  levelName: z.string(),
  of: z.int().meta({ description: 'Number of levels.' }),
  deadline: isoTime,
  approvers: z.string(),
  votes: z.array(
    z.object({
      by: z.string(),
      verdict: z.enum(['approve', 'reject', 'escalate']),
      level: z.int(),
      at: isoTime,
    }),
  ),
};

const approvalView: z.ZodType<ApprovalView> = z.object(approvalFields).meta({ id: 'Approval' });

const request = { agent: z.string(), action: z.string(), environment: z.string() };

const decision = {
  verdict: policyVerdict,
  reasonCode: z.string(),
  reason: z.string(),
  explanation: z.string().meta({ description: 'What decided, in plain English.' }),
  matched: z.array(matchedRule),
  trace: z.array(ruleTrace),
  obligations: z.array(obligation),
  risk: riskScore.exactOptional(),
  policyChain,
  argsDigest: z.string(),
  exceptionOffered: z.string().exactOptional(),
};

/** The decision with its state: answer to submit, read, await, release, outcome and cancel. */
export const executionView: z.ZodType<ExecutionView> = z
  .object({
    executionId: z.string(),
    status: executionStatus,
    ...decision,
    ...request,
    mode: z.literal('decide'),
    argsSalt: z.string().exactOptional(),
    attemptId: z.string().exactOptional(),
    approval: approvalView.exactOptional(),
    validUntil: isoTime.exactOptional(),
    retryAfterMs: z.int().exactOptional(),
    mayRun: z
      .boolean()
      .meta({ description: 'Judged anew on every answer. Run the action only when it is true.' }),
    releaseToken: z.string().exactOptional(),
    howToFix: z.string().exactOptional(),
    createdAt: isoTime,
    updatedAt: isoTime,
    version: z.int(),
    links: z.object({
      self: z.string(),
      temporal: z.string().exactOptional(),
      receipt: z.string().exactOptional(),
    }),
  })
  .meta({ id: 'Execution' });

export const evaluationView: z.ZodType<EvaluationView> = z
  .object({
    ...decision,
    mode: z.literal('dry_run'),
    requirements: z.array(
      z.object({ chain: z.string(), approverRole: z.string().exactOptional() }),
    ),
    approval: z
      .object({
        chain: z.string(),
        of: z.int(),
        levelName: z.string(),
        approvers: z.string(),
      })
      .exactOptional(),
  })
  .meta({ id: 'Evaluation' });

/** A submission answers with one of the two, told apart by `mode`. */
export const submitReply = z.union([executionView, evaluationView]);

const nextCursor = z.string().exactOptional();

const executionSummary: z.ZodType<ExecutionSummary> = z
  .object({
    executionId: z.string(),
    verdict: policyVerdict,
    status: executionStatus,
    ...request,
    reason: z.string(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'ExecutionSummary' });

export const executionPage = z
  .object({ items: z.array(executionSummary), nextCursor })
  .meta({ id: 'ExecutionPage' });

/** An open approval with the exact arguments that a vote is bound to. */
export const pendingApproval: z.ZodType<PendingApproval> = z
  .object({
    ...approvalFields,
    executionId: z.string(),
    status: executionStatus,
    ...request,
    args: jsonObject,
    context: jsonObject,
    displayDigest: z.string().exactOptional().meta({
      description: 'Digest of everything shown here of the request; a vote may name it.',
    }),
    argumentsShown: z.boolean().meta({
      description: 'False: args and context are empty, for they are not for this caller.',
    }),
    argsDigest: z.string(),
    reason: z.string(),
    matched: z.array(matchedRule),
    risk: riskScore.exactOptional(),
    requestedAt: isoTime,
    remainingMs: z.number(),
  })
  .meta({ id: 'PendingApproval' });

export const approvalPage = z
  .object({ items: z.array(pendingApproval), nextCursor })
  .meta({ id: 'ApprovalPage' });

export const voteReceipt: z.ZodType<VoteReceipt> = z
  .object({
    executionId: z.string(),
    approvalId: z.string(),
    counted: z.boolean(),
    repeated: z.boolean(),
    verdict: z.enum(['approve', 'reject', 'escalate']),
    status: executionStatus,
    auditSeq: z.int(),
  })
  .meta({ id: 'VoteReceipt' });

export const workflowCredential = z
  .object({ credential: z.string(), expiresAt: isoTime })
  .meta({ id: 'WorkflowCredential' });
