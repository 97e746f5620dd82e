import { problem, startCannedServer, type CannedAnswer, type SeenRequest } from './canned-server';
import { executionView, pendingApproval, pendingView } from './sample-views';
import type { ExecutionView } from '../../src/core/execution/view';

/** One way in which a server could be wrong; the story must notice each. */
export type Defect =
  | 'allows_delete'
  | 'allows_large_refund'
  | 'approves_nothing'
  | 'releases_twice'
  | 'ignores_kill'
  | 'stays_killed'
  | 'chain_broken'
  | 'other_digest';

interface Attempted {
  view: ExecutionView;
  amount: number;
  attemptId: string;
  released?: string;
}

const DIGEST = 'd1'.repeat(32);
const APPROVER_KEY = 'cs_alice';
const AGENT_KEY = 'cs_bot';

/** Just enough of the product, in memory, for the story to be played against. */
export async function startStoryServer(defect?: Defect) {
  const executions = new Map<string, Attempted>();
  const waiters: (() => void)[] = [];
  let killed = false;

  const submit = (request: SeenRequest): CannedAnswer => {
    if (request.headers.authorization !== `Bearer ${AGENT_KEY}`)
      return problem(401, 'unauthenticated');
    const body = JSON.parse(request.text) as {
      action: string;
      attemptId: string;
      args: { amount?: number };
    };
    const amount = body.args.amount ?? 0;
    const id = `e${String(executions.size + 1)}`;
    const same = { executionId: id, action: body.action, attemptId: body.attemptId };
    const deny = (reasonCode: string, rule?: string) =>
      executionView({
        ...same,
        verdict: 'DENY',
        status: 'denied',
        reasonCode,
        mayRun: false,
        matched:
          rule === undefined
            ? []
            : [{ policy: 'support', version: 1, rule, effect: 'deny', reason: 'no' }],
      });
    const view =
      killed && defect !== 'ignores_kill'
        ? deny('kill_switch_active')
        : body.action === 'delete_customer' && defect !== 'allows_delete'
          ? deny('policy_violation', 'DENY_DELETE_CUSTOMER')
          : amount > 100 && defect !== 'allows_large_refund'
            ? pendingView(same)
            : executionView(same);
    executions.set(id, { view, amount, attemptId: body.attemptId });
    return { status: view.status === 'pending_approval' ? 202 : 200, body: view };
  };

  const change = (entry: Attempted, changed: Partial<ExecutionView>): ExecutionView => {
    entry.view = { ...entry.view, ...changed, version: entry.view.version + 1 };
    for (const wake of waiters.splice(0)) wake();
    return entry.view;
  };

  const read = async (entry: Attempted, request: SeenRequest): Promise<CannedAnswer> => {
    if (request.query['waitMs'] !== undefined && entry.view.status === 'pending_approval')
      await new Promise<void>((resolve) => {
        waiters.push(resolve);
        setTimeout(resolve, 1_000);
      });
    return { status: 200, body: entry.view };
  };

  const release = (entry: Attempted, request: SeenRequest): CannedAnswer => {
    const { attemptId } = JSON.parse(request.text) as { attemptId: string };
    if (entry.released !== undefined && entry.released !== attemptId && defect !== 'releases_twice')
      return problem(409, 'already_released');
    entry.released = attemptId;
    return { status: 200, body: change(entry, { status: 'executing', mayRun: true }) };
  };

  const vote = (request: SeenRequest): CannedAnswer => {
    const entry = [...executions.values()].find((each) => each.view.status === 'pending_approval');
    if (entry === undefined || request.headers.authorization !== `Bearer ${APPROVER_KEY}`)
      return problem(403, 'not_eligible');
    if (defect !== 'approves_nothing') change(entry, { status: 'approved' });
    else change(entry, { status: 'rejected' });
    return {
      status: 200,
      body: {
        executionId: entry.view.executionId,
        approvalId: 'a1',
        counted: true,
        repeated: false,
        verdict: 'approve',
        status: 'approved',
        auditSeq: 9,
      },
    };
  };

  const killSwitch = (active: boolean): CannedAnswer => {
    killed = active || defect === 'stays_killed';
    return {
      status: 200,
      body: {
        id: 'k1',
        scope: 'global',
        reason: 'r',
        severity: 'critical',
        engagedAt: 't',
        engagedBy: 'user:admin',
        engagedSeq: 1,
        active,
      },
    };
  };

  const pending = (): CannedAnswer => ({
    status: 200,
    body: {
      items: [...executions.values()]
        .filter((each) => each.view.status === 'pending_approval')
        .map((each) =>
          pendingApproval({
            executionId: each.view.executionId,
            argsDigest: defect === 'other_digest' ? 'ff' : DIGEST,
          }),
        ),
    },
  });

  const server = await startCannedServer((request) => {
    const [, , collection, id, action] = request.path.split('/');
    const entry = executions.get(id ?? '');
    switch (`${request.method} ${collection ?? ''}`) {
      case 'POST users':
        return {
          status: 201,
          body: id === undefined ? JSON.parse(request.text) : { id: 'key', key: APPROVER_KEY },
        };
      case 'POST agents':
        return {
          status: 201,
          body: { ...(JSON.parse(request.text) as object), key: AGENT_KEY, warnings: [] },
        };
      case 'POST policies':
        return {
          status: 201,
          body: { id: 'support', version: 1, published: true, unchanged: false, warnings: [] },
        };
      case 'GET approvals':
        return pending();
      case 'POST approvals':
        return vote(request);
      case 'POST kill-switches':
        return killSwitch(true);
      case 'DELETE kill-switches':
        return killSwitch(false);
      case 'GET audit':
        return {
          status: 200,
          body: {
            state: defect === 'chain_broken' ? 'GAP' : 'VALID',
            size: 40,
            checkpointSize: 40,
            breaks: [],
          },
        };
      case 'GET executions':
        return entry && read(entry, request);
      case 'POST executions':
        if (id === undefined) return submit(request);
        if (entry === undefined) return undefined;
        return action === 'release'
          ? release(entry, request)
          : { status: 200, body: change(entry, { status: 'committed', mayRun: false }) };
      default:
        return undefined;
    }
  });
  return server;
}
