import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeRiskModel } from '../../src/core/risk/describe-model';
import { problem } from './canned-server';
import { contractProblems } from './route-contract';
import { ok, useCannedServer } from './run-against';
import { evaluationView, executionView, pendingApproval, pendingView } from './sample-views';

const DIGEST = 'd1'.repeat(32);
const EXECUTION_ID = executionView().executionId;
const KILL = {
  id: 'k1',
  scope: 'global',
  reason: 'why',
  severity: 'critical',
  engagedAt: '2026-03-04T15:00:00.000Z',
  engagedBy: 'user:admin',
  engagedSeq: 7,
  active: true,
};
const AGENT = {
  id: 'support-bot',
  owner: 'bob',
  riskLevel: 'medium',
  environment: 'prod',
  environments: ['prod'],
  tags: [],
  status: 'active',
};
const ALICE = {
  id: 'alice',
  email: 'a@example.com',
  name: 'Alice',
  roles: ['Operator'],
  approverRoles: ['support-manager'],
};
const SLACK_IDENTITY = {
  ...{ id: 'link-1', channel: 'slack', teamId: 'T01TEST', userId: 'U01ALICE' },
  ...{ principal: 'user:alice', assurance: 'issued', enrolledBy: 'user:admin' },
  linkedAt: '2026-03-04T15:00:00.000Z',
};
const EVENT = {
  seq: 3,
  ts: '2026-03-04T15:00:00.000Z',
  id: 'ev1',
  type: 'execution.decided',
  actor: 'agent:support-bot',
  body: {},
  leafHash: '00',
};

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const policyFile = path.join(folder, 'support.rules.json');
writeFileSync(policyFile, '{"rules":[]}');
const valuesFile = path.join(folder, 'domains.txt');
writeFileSync(valuesFile, 'acme.com\n\nexample.org\n');
const against = useCannedServer();

interface Case {
  readonly line: readonly string[];
  readonly canned: unknown;
  readonly request: string;
  readonly body?: unknown;
  readonly exitCode: number;
  /** What people read. */
  readonly shows: readonly string[];
}

const CASES: readonly Case[] = [
  {
    line: ['executions', 'list', '--status', 'denied', '--limit', '5'],
    canned: { items: [executionView({ status: 'denied' })], nextCursor: 'c2' },
    request: 'GET /v1/executions limit=5 status=denied',
    exitCode: 0,
    shows: ['EXECUTION', 'denied', 'support-bot'],
  },
  {
    line: ['executions', 'show', 'a/b'],
    canned: pendingView(),
    request: 'GET /v1/executions/a%2Fb',
    exitCode: 0,
    shows: [
      'pending_approval',
      '44 of 100 (medium): environment 24, action 20',
      'APPROVE_LARGE_REFUND',
      'role support-manager',
      'may run',
    ],
  },
  {
    line: ['risk', 'score', '--agent', 'support-bot', '--action', 'pay', '--args', '{"amount":5}'],
    canned: executionView().risk,
    request: 'POST /v1/risk/score',
    body: { agent: 'support-bot', action: 'pay', args: { amount: 5 }, context: {} },
    exitCode: 0,
    shows: ['44 of 100', 'medium', 'FACTOR', 'environment', 'The environment is production'],
  },
  {
    line: ['risk', 'factors'],
    canned: describeRiskModel(),
    request: 'GET /v1/risk/factors',
    exitCode: 0,
    shows: ['61 to 80', 'require_approval', 'high-risk', 'irreversible', 'below 1000'],
  },
  {
    line: ['executions', 'await', 'e1'],
    canned: executionView({ status: 'rejected', verdict: 'REQUIRE_APPROVAL', mayRun: false }),
    request: 'GET /v1/executions/e1',
    exitCode: 7,
    shows: ['rejected'],
  },
  {
    line: ['executions', 'release', 'e1', '--args-digest', DIGEST, '--attempt-id', 'try-1'],
    canned: executionView(),
    request: 'POST /v1/executions/e1/release',
    body: { argsDigest: DIGEST, attemptId: 'try-1' },
    exitCode: 0,
    shows: ['executing', 'try-1'],
  },
  {
    line: ['executions', 'release', 'e1', '--args-digest', DIGEST, '--attempt-id', 'try-1'],
    canned: executionView({ mayRun: false, status: 'killed' }),
    request: 'POST /v1/executions/e1/release',
    exitCode: 7,
    shows: ['killed'],
  },
  {
    line: ['executions', 'outcome', 'e1', '--status', 'failed', '--error', 'card declined'],
    canned: executionView({ status: 'failed', mayRun: false }),
    request: 'POST /v1/executions/e1/outcome',
    body: { status: 'failed', error: 'card declined' },
    exitCode: 0,
    shows: ['failed'],
  },
  {
    line: ['executions', 'cancel', 'e1', '--reason', 'not needed'],
    canned: executionView({ status: 'cancelled', mayRun: false }),
    request: 'POST /v1/executions/e1/cancel',
    body: { reason: 'not needed' },
    exitCode: 0,
    shows: ['cancelled'],
  },
  {
    line: ['approvals', 'list'],
    canned: { items: [pendingApproval()] },
    request: 'GET /v1/approvals/pending limit=50',
    exitCode: 0,
    shows: ['issue_refund', '"amount":450', '59 min', '1/1'],
  },
  {
    line: ['approvals', 'show', 'a1'],
    canned: pendingApproval(),
    request: 'GET /v1/approvals/a1',
    exitCode: 0,
    shows: ['"amount": 450', DIGEST, 'A manager signs refunds above 100'],
  },
  {
    line: ['policy', 'list'],
    canned: {
      items: [
        {
          id: 'support',
          version: 2,
          publishedVersion: null,
          digest: 'ab'.repeat(32),
          author: 'user:admin',
          createdAt: '2026-03-04T15:00:00.000Z',
          format: 'rules',
        },
      ],
    },
    request: 'GET /v1/policies',
    exitCode: 0,
    shows: ['support', 'no', 'rules'],
  },
  {
    line: ['policy', 'show', 'support@3'],
    canned: { id: 'support', version: 3, published: true, text: 'rules:\n  - one\n', digest: 'x' },
    request: 'GET /v1/policies/support version=3',
    exitCode: 0,
    shows: ['rules:\n  - one\n'],
  },
  {
    line: ['policy', 'create', policyFile, '--publish'],
    canned: { id: 'support', version: 1, published: true, unchanged: false, warnings: [] },
    request: 'POST /v1/policies id=support publish=true',
    exitCode: 0,
    shows: ['support', 'yes'],
  },
  {
    line: [
      'policy',
      'evaluate',
      '--agent',
      'support-bot',
      '--action',
      'delete_customer',
      '--time',
      '2026-03-04T15:00:00Z',
    ],
    canned: evaluationView(),
    request: 'POST /v1/policies/evaluate',
    body: {
      agent: 'support-bot',
      action: 'delete_customer',
      args: {},
      context: {},
      time: '2026-03-04T15:00:00Z',
    },
    exitCode: 7,
    shows: ['DENY', 'never deleted'],
  },
  {
    line: ['lists', 'put', 'customer_domains', '--file', valuesFile],
    canned: { name: 'customer_domains', values: ['acme.com', 'example.org'] },
    request: 'PUT /v1/lists/customer_domains',
    body: { values: ['acme.com', 'example.org'] },
    exitCode: 0,
    shows: ['2'],
  },
  {
    line: ['lists', 'show', 'customer_domains'],
    canned: { name: 'customer_domains', values: ['acme.com', 'example.org'] },
    request: 'GET /v1/lists/customer_domains',
    exitCode: 0,
    shows: ['acme.com\nexample.org\n'],
  },
  {
    line: ['lists', 'show'],
    canned: { items: [{ name: 'customer_domains', values: ['acme.com'] }] },
    request: 'GET /v1/lists',
    exitCode: 0,
    shows: ['customer_domains', 'acme.com'],
  },
  {
    line: ['audit', 'events', '--execution', EXECUTION_ID, '--type', 'vote.cast'],
    canned: { items: [EVENT] },
    request: `GET /v1/audit/events limit=50 type=vote.cast executionId=${EXECUTION_ID}`,
    exitCode: 0,
    shows: ['execution.decided', 'agent:support-bot'],
  },
  {
    line: ['kill', 'engage', '--reason', 'refunds run away', '--severity', 'warning'],
    canned: { ...KILL, warnings: [] },
    request: 'POST /v1/kill-switches',
    body: { scope: 'global', reason: 'refunds run away', severity: 'warning' },
    exitCode: 0,
    shows: ['engaged', 'k1'],
  },
  {
    line: ['kill', '--reason', 'refunds run away'],
    canned: { ...KILL, warnings: [] },
    request: 'POST /v1/kill-switches',
    body: { scope: 'global', reason: 'refunds run away', severity: 'critical' },
    exitCode: 0,
    shows: ['engaged'],
  },
  {
    line: ['kill', 'lift', 'k1', '--reason', 'checked'],
    canned: { ...KILL, active: false, liftedAt: '2026-03-04T15:05:00.000Z' },
    request: 'DELETE /v1/kill-switches/k1',
    body: { reason: 'checked' },
    exitCode: 0,
    shows: ['lifted'],
  },
  {
    line: ['kill', 'list'],
    canned: { items: [KILL, { ...KILL, id: 'k0', active: false }] },
    request: 'GET /v1/kill-switches',
    exitCode: 0,
    shows: ['engaged', 'expired'],
  },
  {
    line: [
      'users',
      'create',
      'alice',
      '--email',
      'a@example.com',
      '--role',
      'operator',
      '--approver-role',
      'x,y',
      '--approver-role',
      'z',
    ],
    canned: ALICE,
    request: 'POST /v1/users',
    body: {
      id: 'alice',
      email: 'a@example.com',
      name: 'alice',
      roles: ['Operator'],
      approverRoles: ['x', 'y', 'z'],
    },
    exitCode: 0,
    shows: ['support-manager'],
  },
  {
    line: ['users', 'list'],
    canned: { items: [ALICE] },
    request: 'GET /v1/users',
    exitCode: 0,
    shows: ['Alice', 'Operator'],
  },
  {
    line: ['users', 'key', 'alice', '--label', 'laptop'],
    canned: { id: 'key-1', key: 'cs_secret' },
    request: 'POST /v1/users/alice/keys',
    body: { label: 'laptop' },
    exitCode: 0,
    shows: ['cs_secret'],
  },
  {
    line: ['users', 'slack', 'link', 'alice', 'T01TEST', 'U01ALICE'],
    canned: SLACK_IDENTITY,
    request: 'POST /v1/users/alice/slack-identities',
    body: { teamId: 'T01TEST', userId: 'U01ALICE' },
    exitCode: 0,
    shows: ['T01TEST/U01ALICE', 'user:alice', 'issued'],
  },
  {
    line: ['users', 'slack', 'list', 'alice'],
    canned: { items: [SLACK_IDENTITY] },
    request: 'GET /v1/users/alice/slack-identities',
    exitCode: 0,
    shows: ['U01ALICE', 'issued'],
  },
  {
    line: ['users', 'slack', 'unlink', 'alice', 'link-1'],
    canned: SLACK_IDENTITY,
    request: 'DELETE /v1/users/alice/slack-identities/link-1',
    exitCode: 0,
    shows: ['link-1'],
  },
  {
    line: ['channels', 'slack', 'redeem', '7KQ3XDM9TA'],
    canned: { ...SLACK_IDENTITY, assurance: 'linked' },
    request: 'POST /v1/channels/slack/links',
    body: { code: '7KQ3XDM9TA' },
    exitCode: 0,
    shows: ['user:alice', 'linked'],
  },
  {
    line: ['channels', 'status'],
    canned: {
      ...{ channel: 'slack', behind: 2, oldestMs: 61_000, givenUp: 1, linkedAccounts: 3 },
      troubled: [
        {
          ...{ execution: EXECUTION_ID, purpose: 'card', givenUp: true, attempts: 4 },
          failure: 'channel_not_found',
        },
      ],
    },
    request: 'GET /v1/channels/slack/status',
    exitCode: 0,
    shows: ['61 s', 'given up', 'channel_not_found'],
  },
  {
    line: [
      'agents',
      'create',
      'support-bot',
      '--owner',
      'bob',
      '--environments',
      'dev,prod',
      '--tag',
      'mail',
    ],
    canned: { ...AGENT, key: 'cs_agent', warnings: ['owner bob does not exist yet'] },
    request: 'POST /v1/agents',
    body: {
      id: 'support-bot',
      owner: 'bob',
      riskLevel: 'medium',
      environment: 'prod',
      environments: ['dev', 'prod'],
      tags: ['mail'],
    },
    exitCode: 0,
    shows: ['cs_agent'],
  },
  {
    line: ['agents', 'list'],
    canned: { items: [AGENT] },
    request: 'GET /v1/agents',
    exitCode: 0,
    shows: ['support-bot', 'active'],
  },
];

describe('commands', () => {
  it.each(CASES.map((each) => [each.line.slice(0, 3).join(' '), each] as const))(
    '%s sends its request and shows the answer',
    async (_name, { line, canned, request, body, exitCode, shows }) => {
      const run = await against(ok(canned), line);
      expect(run.exitCode).toBe(exitCode);
      const [sent] = run.requests;
      const query = Object.entries(sent?.query ?? {}).map(([key, value]) => ` ${key}=${value}`);
      expect(`${sent?.method ?? ''} ${sent?.path ?? ''}${query.join('')}`).toBe(request);
      expect(sent && contractProblems(sent, canned)).toEqual([]);
      expect(sent?.headers.authorization).toBe('Bearer cs_key');
      if (body !== undefined) expect(JSON.parse(sent?.text ?? '')).toEqual(body);
      for (const text of shows) expect(run.stdout).toContain(text);
    },
  );

  it.each(CASES.map((each) => [each.line.slice(0, 3).join(' '), each] as const))(
    '%s prints only the JSON of the answer with --json, and the same exit code',
    async (_name, { line, canned, exitCode }) => {
      const run = await against(ok(canned), [...line, '--json']);
      expect(JSON.parse(run.stdout)).toMatchObject(canned as object);
      expect(run.exitCode).toBe(exitCode);
    },
  );

  it.each(CASES.map((each) => [each.line.slice(0, 3).join(' '), each] as const))(
    '%s tells a refusal as what, why and how to fix, on stderr',
    async (_name, { line }) => {
      const run = await against(() => problem(403, 'forbidden'), line);
      expect(run.exitCode).toBe(5);
      expect(run.stdout).toBe('');
      expect(run.stderr).toContain('What happened: forbidden.');
      expect(run.stderr).toContain('Because of the reason.');
      expect(run.stderr).toContain('Do this to fix it.');
    },
  );
});
