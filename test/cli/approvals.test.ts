import { problem, type CannedAnswer, type SeenRequest } from './canned-server';
import { contractProblems } from './route-contract';
import { useCannedServer } from './run-against';
import { pendingApproval } from './sample-views';

const DIGEST = 'd1'.repeat(32);
const RECEIPT = {
  executionId: 'e1',
  approvalId: 'a1',
  counted: true,
  repeated: false,
  verdict: 'approve',
  status: 'approved',
  auditSeq: 12,
};
const against = useCannedServer();

describe('approvals approve and reject', () => {
  const decide = (request: SeenRequest): CannedAnswer =>
    request.method === 'GET'
      ? { status: 200, body: pendingApproval() }
      : { status: 200, body: RECEIPT };

  it('shows the exact arguments and binds the vote to their digest', async () => {
    const run = await against(decide, ['approvals', 'approve', 'a1', '--rationale', 'ticket 4711']);
    expect(run.exitCode).toBe(0);
    expect(
      run.requests.flatMap((each) =>
        contractProblems(each, each.method === 'GET' ? pendingApproval() : RECEIPT),
      ),
    ).toEqual([]);
    expect(run.stderr).toContain('"amount": 450');
    expect(run.requests.at(-1)).toMatchObject({ method: 'POST', path: '/v1/approvals/a1/approve' });
    expect(JSON.parse(run.requests.at(-1)?.text ?? '')).toEqual({
      rationale: 'ticket 4711',
      argsDigest: DIGEST,
    });
  });

  it('binds it to the digest the person reviewed, when that is given', async () => {
    const run = await against(decide, [
      ...['approvals', 'reject', 'a1', '--rationale', 'no ticket', '--args-digest', 'ab'],
    ]);
    expect(run.requests.at(-1)?.path).toBe('/v1/approvals/a1/reject');
    expect(JSON.parse(run.requests.at(-1)?.text ?? '')).toMatchObject({ argsDigest: 'ab' });
  });

  it('lets the vote itself answer for an approval that is no longer open', async () => {
    const run = await against(
      (request) =>
        request.method === 'GET'
          ? problem(404, 'approval_not_found')
          : problem(409, 'already_decided'),
      ['approvals', 'approve', 'a1', '--rationale', 'late'],
    );
    expect(run.exitCode).toBe(7);
    expect(run.stderr).toContain('already_decided');
  });

  it('demands a rationale', async () => {
    const run = await against(decide, ['approvals', 'approve', 'a1']);
    expect(run.exitCode).toBe(2);
    expect(run.requests).toEqual([]);
  });
});
