import { auditIntegrityRoute } from './routes/audit-integrity.route';
import { awaitExecutionRoute } from './routes/await-execution.route';
import { cancelExecutionRoute } from './routes/cancel-execution.route';
import { approveRoute, escalateRoute, rejectRoute } from './routes/cast-vote.route';
import { createUserRoute } from './routes/create-user.route';
import { engageKillSwitchRoute } from './routes/engage-kill-switch.route';
import { evaluateRequestRoute } from './routes/evaluate-request.route';
import { issueUserKeyRoute } from './routes/issue-user-key.route';
import { liftKillSwitchRoute } from './routes/lift-kill-switch.route';
import { linkSlackIdentityRoute } from './routes/link-slack-identity.route';
import { listAgentsRoute } from './routes/list-agents.route';
import { listAuditEventsRoute } from './routes/list-audit-events.route';
import { listChainsRoute, listApprovalWorkflowsRoute } from './routes/list-chains.route';
import { listExecutionsRoute } from './routes/list-executions.route';
import { listKillSwitchesRoute } from './routes/list-kill-switches.route';
import { listListsRoute } from './routes/list-lists.route';
import { listPendingApprovalsRoute } from './routes/list-pending-approvals.route';
import { listPoliciesRoute } from './routes/list-policies.route';
import { listSlackIdentitiesRoute } from './routes/list-slack-identities.route';
import { listUsersRoute } from './routes/list-users.route';
import { mintWorkflowCredentialRoute } from './routes/mint-workflow-credential.route';
import { publishChainRoute, putChainRoute } from './routes/publish-chain.route';
import { publishPolicyRoute } from './routes/publish-policy.route';
import { putGroupRoute } from './routes/put-group.route';
import { putListRoute } from './routes/put-list.route';
import { putOnCallRoute } from './routes/put-on-call.route';
import { readApprovalRoute } from './routes/read-approval.route';
import { readChainRoute } from './routes/read-chain.route';
import { listGroupsRoute, readGroupRoute } from './routes/read-groups.route';
import { readListRoute } from './routes/read-list.route';
import { listOnCallRoute, readOnCallRoute } from './routes/read-on-call.route';
import { readPolicyRoute } from './routes/read-policy.route';
import { readReceiptRoute } from './routes/read-receipt.route';
import { redeemSlackLinkRoute } from './routes/redeem-slack-link.route';
import { registerAgentRoute } from './routes/register-agent.route';
import { releaseExecutionRoute } from './routes/release-execution.route';
import { reportOutcomeRoute } from './routes/report-outcome.route';
import { slackStatusRoute } from './routes/slack-status.route';
import { readRiskModelRoute } from './routes/read-risk-model.route';
import { scoreRiskRoute } from './routes/score-risk.route';
import { submitExecutionRoute } from './routes/submit-execution.route';
import { systemStatusRoute } from './routes/system-status.route';
import { unlinkSlackIdentityRoute } from './routes/unlink-slack-identity.route';
import { validateChainRoute } from './routes/validate-chain.route';
import { validatePolicyRoute } from './routes/validate-policy.route';
import { withdrawChainRoute } from './routes/withdraw-chain.route';
import type { Route } from './route';

/**
 * The route table: what the router, the OpenAPI document, the aliases and the permission test are made
 * of. A fixed path stands before one with a parameter in its place.
 */
export const ROUTES: readonly Route[] = [
  submitExecutionRoute,
  listExecutionsRoute,
  awaitExecutionRoute,
  readReceiptRoute,
  releaseExecutionRoute,
  reportOutcomeRoute,
  cancelExecutionRoute,
  mintWorkflowCredentialRoute,
  listPendingApprovalsRoute,
  listApprovalWorkflowsRoute,
  readApprovalRoute,
  approveRoute,
  rejectRoute,
  escalateRoute,
  listChainsRoute,
  publishChainRoute,
  validateChainRoute,
  readChainRoute,
  putChainRoute,
  withdrawChainRoute,
  publishPolicyRoute,
  listPoliciesRoute,
  validatePolicyRoute,
  evaluateRequestRoute,
  readPolicyRoute,
  scoreRiskRoute,
  readRiskModelRoute,
  listListsRoute,
  readListRoute,
  putListRoute,
  createUserRoute,
  listUsersRoute,
  issueUserKeyRoute,
  linkSlackIdentityRoute,
  listSlackIdentitiesRoute,
  unlinkSlackIdentityRoute,
  redeemSlackLinkRoute,
  slackStatusRoute,
  listGroupsRoute,
  readGroupRoute,
  putGroupRoute,
  listOnCallRoute,
  readOnCallRoute,
  putOnCallRoute,
  registerAgentRoute,
  listAgentsRoute,
  engageKillSwitchRoute,
  listKillSwitchesRoute,
  liftKillSwitchRoute,
  auditIntegrityRoute,
  listAuditEventsRoute,
  systemStatusRoute,
];
