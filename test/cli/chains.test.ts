import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeChain } from '../../src/core/escalation/describe-chain';
import { HIGH_RISK_CHAIN } from '../../src/core/escalation/predefined-chains';
import { problem } from './canned-server';
import { contractProblems } from './route-contract';
import { ok, useCannedServer } from './run-against';
import { runCaptured } from './run-captured';

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const fileOf = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};
const yaml = fileOf('high-risk.yaml', 'kind: ApprovalChain\n');
const json = fileOf('high-risk.json', '{"kind":"ApprovalChain"}');
const SHIFT = { user: 'alice', from: '2026-03-02T09:00:00Z', to: '2026-03-09T09:00:00Z' };
const shiftFile = fileOf('shifts.json', JSON.stringify(Array(400).fill(SHIFT)));
const against = useCannedServer();

const DESCRIPTION = describeChain(HIGH_RISK_CHAIN);
const VIEW = { ...HIGH_RISK_CHAIN, source: 'predefined', description: DESCRIPTION };
const DETAIL = { ...VIEW, inForce: true };
const STORED = {
  ...{ id: 'high-risk', version: 2, unchanged: false, description: DESCRIPTION },
  ...{ warnings: [{ path: 'auto', message: 'approves', line: 3, column: 4 }] },
  definition: { ...HIGH_RISK_CHAIN, version: 2 },
};
const GROUP = { id: 'finance', name: 'Finance', members: ['alice', 'carol'] };
const ON_CALL = { schedule: 'ops', shifts: [SHIFT], onCallNow: ['alice'] };
const USER = { id: 'dan', email: 'd@example.com', name: 'dan', roles: [], approverRoles: [] };

interface Case {
  readonly line: readonly string[];
  readonly canned: unknown;
  readonly request: string;
  readonly body?: unknown;
  readonly shows: readonly string[];
  readonly notes?: string;
}

const CASES: readonly Case[] = [
  {
    line: ['chains', 'list'],
    canned: { items: [VIEW] },
    request: 'GET /v1/chains',
    shows: ['high-risk', 'predefined', 'L1 → L2', '1 h'],
  },
  {
    line: ['chains', 'show', 'high-risk'],
    canned: DETAIL,
    request: 'GET /v1/chains/high-risk',
    shows: ['version 1, predefined', '╟──╢ L2  one person of role senior-approver', DESCRIPTION],
  },
  {
    line: ['chains', 'show', 'high-risk@2', '--text'],
    canned: { ...DETAIL, source: 'own', text: 'kind: ApprovalChain\n' },
    request: 'GET /v1/chains/high-risk version=2',
    shows: ['kind: ApprovalChain\n'],
  },
  {
    line: ['chains', 'show', 'high-risk@2'],
    canned: { ...DETAIL, version: 2, source: 'own', inForce: false },
    request: 'GET /v1/chains/high-risk version=2',
    shows: ['version 2, own, not in force'],
  },
  {
    line: ['chains', 'create', yaml],
    canned: STORED,
    request: 'POST /v1/chains',
    shows: ['high-risk', '2', 'L1 asks'],
    notes: `warning ${yaml}:3:4: auto: approves`,
  },
  {
    line: ['chains', 'create', json, '--id', 'high-risk'],
    canned: { ...STORED, unchanged: true },
    request: 'PUT /v1/chains/high-risk',
    shows: ['2 (unchanged)'],
  },
  {
    line: ['chains', 'validate', yaml],
    canned: { ok: true, problems: [], warnings: STORED.warnings, description: DESCRIPTION },
    request: 'POST /v1/chains/validate',
    shows: ['ok L1 asks'],
    notes: `warning ${yaml}:3:4: auto: approves`,
  },
  {
    line: ['chains', 'delete', 'high-risk'],
    canned: { id: 'high-risk', withdrawnVersion: 2, predefinedVersion: 1 },
    request: 'DELETE /v1/chains/high-risk',
    shows: ['high-risk version 2', 'the predefined high-risk, version 1'],
  },
  {
    line: ['groups', 'list'],
    canned: { items: [GROUP] },
    request: 'GET /v1/groups',
    shows: ['finance', 'alice, carol'],
  },
  {
    line: ['groups', 'show', 'finance'],
    canned: { ...GROUP, members: [] },
    request: 'GET /v1/groups/finance',
    shows: ['nobody'],
  },
  {
    line: ['groups', 'put', 'finance', 'alice,carol', 'dan', '--name', 'Finance'],
    canned: GROUP,
    request: 'PUT /v1/groups/finance',
    body: { name: 'Finance', members: ['alice', 'carol', 'dan'] },
    shows: ['Finance'],
  },
  {
    line: ['on-call', 'list'],
    canned: { items: [ON_CALL] },
    request: 'GET /v1/on-call',
    shows: ['ops', 'alice'],
  },
  {
    line: ['on-call', 'show', 'ops'],
    canned: ON_CALL,
    request: 'GET /v1/on-call/ops',
    shows: ['on call now', '2026-03-02T09:00:00Z'],
  },
  {
    line: ['on-call', 'put', 'ops', `${SHIFT.user}=${SHIFT.from}/${SHIFT.to}`],
    canned: ON_CALL,
    request: 'PUT /v1/on-call/ops',
    body: { shifts: [SHIFT] },
    shows: ['alice'],
  },
  {
    line: ['on-call', 'put', 'ops', '--file', shiftFile],
    canned: ON_CALL,
    request: 'PUT /v1/on-call/ops',
    body: { shifts: Array(400).fill(SHIFT) },
    shows: ['alice'],
  },
  {
    line: ['users', 'create', 'dan', '--email', 'd@example.com', '--manager', 'gus'],
    canned: { ...USER, manager: 'gus', warnings: ['The manager gus is not a user yet.'] },
    request: 'POST /v1/users',
    body: { ...USER, manager: 'gus' },
    shows: ['manager', 'gus'],
    notes: 'warning The manager gus is not a user yet.',
  },
];

describe('chains, groups and on-call', () => {
  it.each(CASES)('$line asks as the API expects and shows the answer', async (given) => {
    const run = await against(ok(given.canned), given.line);
    expect(run.exitCode).toBe(0);
    const [request] = run.requests;
    if (request === undefined) throw new Error('nothing was asked');
    const query = new URLSearchParams(request.query as Record<string, string>).toString();
    expect(`${request.method} ${request.path} ${query}`.trim()).toBe(given.request);
    expect(contractProblems(request, given.canned)).toEqual([]);
    if (given.body !== undefined) expect(JSON.parse(request.text)).toEqual(given.body);
    for (const text of given.shows) expect(run.stdout).toContain(text);
    expect(run.stderr).toContain(given.notes ?? '');
  });

  it('draws the ladder with the last level on top', async () => {
    const run = await against(ok(DETAIL), ['chains', 'show', 'high-risk']);
    expect(run.stdout.split('\n').slice(0, 9)).toEqual([
      'high-risk  version 1, predefined',
      '',
      '╟──╢ L2  one person of role senior-approver',
      '║  ║     30 min, then rejects',
      '║  ║     reminds after 15 min and 24 min',
      '╟──╢ L1  one person of role approver',
      '║  ║     30 min, then asks L2',
      '║  ║     reminds after 15 min and 24 min',
      '╨──╨',
    ]);
  });

  it('I-13: shows names of a chain as inert text', async () => {
    const [level] = HIGH_RISK_CHAIN.levels;
    const evil = { ...DETAIL, levels: [{ ...level, name: 'L\u001b[31m1' }] };
    const run = await against(ok(evil), ['chains', 'show', 'high-risk']);
    expect(run.stdout).not.toContain('\u001b');
  });

  const problems = [{ path: 'levels', message: 'is missing', line: 1, column: 1 }];

  it('sends the type that the name of the file says', async () => {
    const types = [];
    for (const file of [yaml, json])
      types.push(
        (await against(ok(STORED), ['chains', 'create', file])).requests[0]?.headers[
          'content-type'
        ],
      );
    expect(types).toEqual(['application/yaml', 'application/json']);
  });

  it('create prints every problem with its place and exits 3', async () => {
    const run = await against(
      () => problem(422, 'chain_invalid', { problems }),
      ['chains', 'create', yaml],
    );
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain(`error ${yaml}:1:1: levels: is missing`);
    expect(run.stderr).toContain('Nothing was stored.');
  });

  it('validate exits 3 for a chain that does not load', async () => {
    const run = await against(ok({ ok: false, problems, warnings: [] }), [
      'chains',
      'validate',
      yaml,
    ]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain(`error ${yaml}:1:1: levels: is missing`);
  });

  it.each([
    [[], [], 0],
    [['--strict'], [], 3],
    [[], problems, 3],
  ])('lint %j with problems %j exits %s', async (flags, found, exitCode) => {
    const run = await runCaptured(['chains', 'lint', yaml, ...flags], {
      env: { COUNTERSIGN_URL: 'http://127.0.0.1:1' },
      lintChain: () => ({ problems: found, warnings: problems }),
    });
    expect(run.exitCode).toBe(exitCode);
    expect(run.stdout).toContain(`warning ${yaml}:1:1`);
  });

  it.each([
    [['chains', 'show', '@2'], 'names no chain'],
    [['on-call', 'put', 'ops', 'alice'], 'is no shift'],
    [['on-call', 'put', 'ops', 'alice=a/b', '--file', shiftFile], 'either'],
    [['on-call', 'put', 'ops', '--file', json], 'no list of shifts'],
  ])('refuses %j', async (line, says) => {
    const run = await against(ok({}), line);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(says);
    expect(run.requests).toEqual([]);
  });

  it('says that a predefined chain has no document', async () => {
    const run = await against(ok(DETAIL), ['chains', 'show', 'high-risk', '--text']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('predefined and has no document');
  });
});
