import { problem, startCannedServer, type CannedAnswer, type SeenRequest } from '../canned-server';
import { executionView, pendingView } from '../sample-views';
import { ORDER } from '../../../src/cli/demo/cast';
import { hexOf, utf8 } from '../../../src/core/audit/bytes';
import { canonicalJson } from '../../../src/core/audit/canonical-json';
import type { Json } from '../../../src/core/json';
import type { KeySet } from '../../../src/evidence/keys';
import { hmacSha256 } from '../../core/audit/sample-log';
import { sampleFacts, sampleKeys, sampleReceipt } from '../../core/audit/sample-receipt';
import type { Defect } from './defect';
import { createStorySlack } from './story-slack';
import type { ExecutionView } from '../../../src/core/execution/view';

interface Attempted {
  view: ExecutionView;
  amount: number;
  attemptId: string;
  released?: string;
}

const AGENT_KEY = 'cs_bot';
const REFUND: Json = { order_id: ORDER, amount: 450 };
const SALT = new Uint8Array(32).fill(9);
const SHOWN = 'dd'.repeat(32);

/** The receipt of the refund that Carol approved, by keys of this test. */
function refundReceipt(keys: KeySet, defect: Defect | undefined) {
  const { approval } = sampleFacts(keys.receipt.keyId);
  const [vote] = approval?.votes ?? [];
  if (approval === undefined || vote === undefined) throw new Error('the sample has no vote');
  const good = sampleReceipt(keys, {
    argsDigest: hexOf(hmacSha256(SALT, utf8(canonicalJson(REFUND)))),
    decidedBy: 'user:carol',
    approval: { ...approval, votes: [{ ...vote, by: 'user:carol', displayDigest: SHOWN }] },
  });
  if (defect !== 'forges_receipts') return good;
  return { ...good, receipt: `${good.receipt.slice(0, -4)}AAAA` };
}

/** Just enough of the product, in memory, for the story to be played against; with its Slack. */
export async function startStoryServer(defect?: Defect) {
  const executions = new Map<string, Attempted>();
  const waiters: (() => void)[] = [];
  const keys = sampleKeys();
  let killed = false;
  const slack = createStorySlack(() => {
    vote();
  }, defect);

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
    if (view.status === 'pending_approval') slack.opened(id);
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

  const isPending = ({ view }: Attempted): boolean => view.status === 'pending_approval';
  const vote = (): void => {
    const entry = [...executions.values()].find(isPending);
    if (entry !== undefined)
      change(entry, { status: defect === 'approves_nothing' ? 'rejected' : 'approved' });
  };

  const linked = (user: string) => ({
    ...{ id: 'i1', teamId: slack.teamId, userId: 'U1', principal: `user:${user}` },
    ...{ assurance: 'issued', enrolledBy: 'user:admin', linkedAt: 't' },
  });

  const killSwitch = (active: boolean): CannedAnswer => {
    killed = active || defect === 'stays_killed';
    if (active) {
      for (const entry of [...executions.values()].filter(isPending))
        change(entry, { status: defect === 'spares_what_waits' ? 'approved' : 'killed' });
      slack.killed();
    }
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

  const server = await startCannedServer((request) => {
    const [, , collection, id, action] = request.path.split('/');
    const entry = executions.get(id ?? '');
    switch (`${request.method} ${collection ?? ''}`) {
      case 'POST users':
        return { status: 201, body: id === undefined ? JSON.parse(request.text) : linked(id) };
      case 'PUT on-call':
        return { status: 200, body: { schedule: id, shifts: [], onCallNow: ['carol'] } };
      case 'POST chains':
        return { status: 201, body: { id: 'standard', version: 2 } };
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
        if (action === 'receipt') return { status: 200, body: refundReceipt(keys, defect) };
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
  return { ...server, slack, keysText: JSON.stringify(keys.publicKeys()) };
}
