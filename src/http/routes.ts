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
import { publishPolicyRoute } from './routes/publish-policy.route';
import { putListRoute } from './routes/put-list.route';
import { readApprovalRoute } from './routes/read-approval.route';
import { readListRoute } from './routes/read-list.route';
import { readPolicyRoute } from './routes/read-policy.route';
import { redeemSlackLinkRoute } from './routes/redeem-slack-link.route';
import { readReceiptRoute } from './routes/read-receipt.route';
import { registerAgentRoute } from './routes/register-agent.route';
import { releaseExecutionRoute } from './routes/release-execution.route';
import { reportOutcomeRoute } from './routes/report-outcome.route';
import { slackStatusRoute } from './routes/slack-status.route';
import { submitExecutionRoute } from './routes/submit-execution.route';
import { systemStatusRoute } from './routes/system-status.route';
import { unlinkSlackIdentityRoute } from './routes/unlink-slack-identity.route';
import { validatePolicyRoute } from './routes/validate-policy.route';
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
  publishPolicyRoute,
  listPoliciesRoute,
  validatePolicyRoute,
  evaluateRequestRoute,
  readPolicyRoute,
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
  registerAgentRoute,
  listAgentsRoute,
  engageKillSwitchRoute,
  listKillSwitchesRoute,
  liftKillSwitchRoute,
  auditIntegrityRoute,
  listAuditEventsRoute,
  systemStatusRoute,
];
