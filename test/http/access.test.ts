import request from 'supertest';
import type { Permission } from '../../src/core/access/permissions';
import { ROUTES } from '../../src/http/routes';
import { EXAMPLES } from './example-requests';
import { CALLERS, permissionsOfCaller } from './fake-use-cases';
import { testApp } from './test-app';

/** Written by hand beside the route table, so that a changed permission shows up here. */
const PERMISSION_OF: Readonly<Record<string, Permission | readonly Permission[]>> = {
  submitExecution: 'executions:submit',
  listExecutions: 'executions:read',
  awaitExecution: 'executions:read',
  readReceipt: 'executions:read',
  releaseExecution: 'executions:release',
  reportOutcome: 'executions:report',
  cancelExecution: 'executions:cancel',
  mintWorkflowCredential: ['executions:read', 'approvals:decide'],
  listPendingApprovals: 'approvals:read',
  listApprovalWorkflows: 'chains:read',
  readApproval: 'approvals:read',
  approve: 'approvals:decide',
  reject: 'approvals:decide',
  listChains: 'chains:read',
  publishChain: 'chains:write',
  validateChain: 'chains:read',
  readChain: 'chains:read',
  putChain: 'chains:write',
  withdrawChain: 'chains:write',
  publishPolicy: 'policies:write',
  listPolicies: 'policies:read',
  validatePolicy: 'policies:read',
  escalate: 'approvals:decide',
  evaluateRequest: 'policies:evaluate',
  readPolicy: 'policies:read',
  scoreRisk: 'policies:evaluate',
  readRiskModel: 'policies:read',
  listLists: 'lists:read',
  readList: 'lists:read',
  putList: 'lists:write',
  createUser: 'users:write',
  listUsers: 'users:read',
  issueUserKey: 'keys:issue',
  linkSlackIdentity: 'channels:link',
  listSlackIdentities: 'users:read',
  unlinkSlackIdentity: 'channels:link',
  redeemSlackLink: 'channels:link_own',
  slackStatus: 'channels:read',
  listGroups: 'groups:read',
  readGroup: 'groups:read',
  putGroup: 'groups:write',
  listOnCall: 'groups:read',
  readOnCall: 'groups:read',
  putOnCall: 'groups:write',
  registerAgent: 'agents:write',
  listAgents: 'agents:read',
  engageKillSwitch: 'kill:engage',
  listKillSwitches: 'kill:read',
  liftKillSwitch: 'kill:lift',
  auditIntegrity: 'audit:verify',
  listAuditEvents: 'audit:read',
  systemStatus: 'status:read',
};

const { app, as } = testApp();

describe('access to the routes', () => {
  it('has one known permission and one example for each route', () => {
    const permissions = Object.fromEntries(
      ROUTES.map(({ operationId, permission, orPermission }) => [
        operationId,
        orPermission === undefined ? permission : [permission, orPermission],
      ]),
    );
    expect(permissions).toEqual(PERMISSION_OF);
    expect(Object.keys(EXAMPLES).sort()).toEqual(Object.keys(PERMISSION_OF).sort());
  });

  describe.each(ROUTES.map((route) => [route.operationId, route] as const))('%s', (name, route) => {
    const example = EXAMPLES[name];
    if (example === undefined) throw new Error(`no example for ${name}`);

    it.each(CALLERS)('answers %s as the permission table says', async (caller) => {
      const reply = await as(caller)[route.method](example.path).send(example.body);
      const held = permissionsOfCaller(caller);
      const allowed =
        held.has(route.permission) ||
        (route.orPermission !== undefined && held.has(route.orPermission));
      expect(reply.status).toBe(allowed ? Math.min(...successes(route.replies)) : 403);
      if (!allowed) expect(reply.body).toMatchObject({ code: 'forbidden' });
    });

    it('answers what its contract documents', async () => {
      const reply = await as('Admin')[route.method](example.path).send(example.body);
      const contract = route.replies[reply.status];
      expect(contract?.schema.safeParse(reply.body).error).toBeUndefined();
      expect(contract).toBeDefined();
    });

    it.each([
      ['no key', undefined],
      ['an unknown key', 'Bearer cs_test_nobody'],
      ['another scheme', 'Basic Y3NfdGVzdF9BZG1pbg=='],
      ['an empty key', 'Bearer '],
      ['two keys', 'Bearer cs_test_Admin cs_test_Admin'],
    ])('refuses %s with the same 401', async (_case, header) => {
      const call = request(app)[route.method](example.path);
      if (header !== undefined) void call.set('authorization', header);
      const reply = await call.send(example.body);
      expect(reply.status).toBe(401);
      expect(reply.headers['www-authenticate']).toBe('Bearer realm="countersign"');
      const { requestId, ...constant } = reply.body as Record<string, unknown>;
      expect(requestId).toEqual(expect.any(String));
      expect(constant).toEqual({
        type: '/docs/errors#unauthenticated',
        title: 'Not authenticated',
        status: 401,
        code: 'unauthenticated',
        what: 'Not authenticated.',
        why: 'The request carries no valid API key.',
        howToFix: 'Send the header: Authorization: Bearer <key>.',
        docs: '/docs/errors#unauthenticated',
      });
    });
  });

  it('refuses a key before it reads the body', async () => {
    const reply = await request(app).post('/v1/executions').type('json').send('{"agent":');
    expect(reply.status).toBe(401);
  });
});

const successes = (replies: Readonly<Record<number, unknown>>): number[] =>
  Object.keys(replies).map(Number);
