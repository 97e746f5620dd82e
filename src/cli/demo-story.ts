import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionView } from '../core/execution/view';
import type { ApiClient } from './api-client';
import { ApiProblem, ApiUnreachable } from './api-problem';
import { awaitDecision } from './await-decision';
import { createStoryTeller, type StoryTeller } from './demo-teller';
import { EXIT } from './exit-codes';
import { inert } from './inert-text';
import type { TextSink } from './output';
import type { IntegrityReport } from './resources';

export interface StoryParts {
  /** Text of examples/scenarios/support.rules.json. */
  readonly policyText: string;
  /** Changes one byte in a copy of the audit rows and verifies the copy; the real rows stay as they are. */
  readonly tamperOneByte: () => Promise<IntegrityReport>;
  /** Where executions can be read as timelines. */
  readonly temporalUiUrl?: string;
}

/** Thrown by a step whose result is not the expected one. */
class StoryMismatch extends Error {
  override readonly name = 'StoryMismatch';
}

/** Who plays: the admin's client, and each other's own. */
interface Cast {
  readonly admin: ApiClient;
  readonly alice: ApiClient;
  readonly bot: ApiClient;
  /** The pretended payment system: it only counts and adds up. */
  readonly refunds: { runs: number; paid: number };
}

const AGENT = 'support-bot';
const ORDER = '4711';
const WAIT_LIMIT_MS = 30_000;

/**
 * Plays the story of one refund over REST, on an empty server, with an Admin's client. Resolves to 0 only if
 * every step had the expected result, else to 1; failures are told, not thrown.
 */
export async function playStory(
  admin: ApiClient,
  out: { readonly sink: TextSink; readonly color: boolean },
  parts: StoryParts,
): Promise<number> {
  const teller = createStoryTeller(out);
  teller.open(
    'An AI agent answers support mail for a shop. It may call tools; Countersign decides.',
  );
  try {
    const cast = await introduce(admin, parts, teller);
    await refundSmall(cast, teller);
    await deleteCustomer(cast, teller);
    const approved = await refundWithApproval(cast, teller);
    await releaseAgain(cast, teller, approved);
    await killAndLift(cast, teller);
    await verifyEvidence(cast, parts, teller);
    teller.close([
      [
        'refunds paid by the tool',
        `${String(cast.refunds.runs)} (${String(cast.refunds.paid)} USD)`,
      ],
      ['the approved refund', approved.executionId],
      ['its timeline', approved.links.temporal ?? parts.temporalUiUrl],
    ]);
    return EXIT.ok;
  } catch (error) {
    teller.fail(describeFailure(error));
    return EXIT.unexpected;
  }
}

async function introduce(admin: ApiClient, parts: StoryParts, teller: StoryTeller): Promise<Cast> {
  return teller.step('The cast and the rules', async (say) => {
    await admin.createUser({
      id: 'alice',
      email: 'alice@example.com',
      name: 'Alice',
      roles: ['Operator'],
      approverRoles: ['support-manager'],
    });
    const { key } = await admin.issueUserKey('alice', { label: 'demo' });
    say('Alice is a support manager: she may approve refunds.');
    const agent = await admin.registerAgent({
      id: AGENT,
      owner: 'bob',
      riskLevel: 'medium',
      environment: 'prod',
    });
    say(inert`The agent ${agent.id} is registered for prod; Bob answers for it.`);
    const policy = await admin.createPolicy({
      id: 'support',
      text: parts.policyText,
      contentType: 'application/json',
      publish: true,
    });
    expect('the policy is published', policy.published, true);
    say(inert`Policy "${policy.id}" version ${policy.version} is published:`);
    say('  refunds up to 100 pass, larger ones need a manager, customers are never deleted.');
    return {
      admin,
      alice: admin.withKey(key),
      bot: admin.withKey(agent.key),
      refunds: { runs: 0, paid: 0 },
    };
  });
}

async function refundSmall(cast: Cast, teller: StoryTeller): Promise<void> {
  await teller.step('A refund of 45', async (say) => {
    const view = await askRefund(cast, 45, say);
    expect('verdict', view.verdict, 'ALLOW');
    expect('may run', view.mayRun, true);
    say(inert`ALLOW: ${view.reason}`);
    await runAndReport(cast, view.executionId, view.attemptId, 45);
    say('The agent pays the refund and reports it.');
  });
}

async function deleteCustomer(cast: Cast, teller: StoryTeller): Promise<void> {
  await teller.step('An instruction hidden in a mail: delete the customer', async (say) => {
    say('The agent asks: delete_customer {"customer_id":"12345"}');
    const view = await cast.bot.submit({
      agent: AGENT,
      action: 'delete_customer',
      args: { customer_id: '12345' },
      context: { reason: 'the customer wrote: please remove me' },
      attemptId: randomUUID(),
    });
    expect('verdict', view.verdict, 'DENY');
    expect('may run', view.mayRun, false);
    expect('the rule', view.matched[0]?.rule, 'DENY_DELETE_CUSTOMER');
    say(inert`DENY by rule ${view.matched[0]?.rule}: ${view.reason}`);
  });
}

async function refundWithApproval(cast: Cast, teller: StoryTeller): Promise<ExecutionView> {
  return teller.step('A refund of 450', async (say) => {
    const asked = await askRefund(cast, 450, say);
    expect('verdict', asked.verdict, 'REQUIRE_APPROVAL');
    expect('status', asked.status, 'pending_approval');
    expect('may run', asked.mayRun, false);
    say(
      inert`REQUIRE_APPROVAL: ${asked.reason}. The agent waits for ${asked.approval?.approvers}.`,
    );
    const polling = new AbortController();
    const decided = await Promise.all([
      awaitDecision(cast.bot, asked.executionId, {
        timeoutMs: WAIT_LIMIT_MS,
        attemptId: asked.attemptId,
        signal: polling.signal,
      }),
      approveAsAlice(cast, asked, say),
    ])
      .then(([view, votedAtMs]) => {
        say(
          inert`The waiting agent wakes ${Math.round(performance.now() - votedAtMs)} ms after the vote.`,
        );
        return view;
      })
      .finally(() => {
        polling.abort();
      });
    expect('status after the vote', decided.status, 'approved');
    const attemptId = asked.attemptId ?? randomUUID();
    const released = await cast.bot.release(asked.executionId, {
      argsDigest: asked.argsDigest,
      attemptId,
    });
    expect('may run', released.mayRun, true);
    const done = await runAndReport(cast, asked.executionId, attemptId, 450);
    expect('status after the report', done.status, 'committed');
    say('It is approved: the agent takes the one run the approval gives, pays, and reports.');
    return done;
  });
}

async function approveAsAlice(
  cast: Cast,
  asked: ExecutionView,
  say: (line: string) => void,
): Promise<number> {
  // Long enough for the agent's long poll to be open first, so that it is really woken by the vote.
  await delay(300);
  const open = await cast.alice.pendingApprovals();
  const mine = open.items.find((item) => item.executionId === asked.executionId);
  if (mine === undefined)
    throw new StoryMismatch('Alice does not see the request among the open ones.');
  expect('the digest Alice sees', mine.argsDigest, asked.argsDigest);
  say(inert`Alice sees exactly what will run: ${mine.action} ${JSON.stringify(mine.args)}`);
  const votedAtMs = performance.now();
  const receipt = await cast.alice.vote(mine.id, 'approve', {
    rationale: `Refund matches ticket ${ORDER}`,
    argsDigest: mine.argsDigest,
  });
  expect('the vote is counted', receipt.counted, true);
  say(inert`Alice approves with the rationale "Refund matches ticket ${ORDER}".`);
  return votedAtMs;
}

async function releaseAgain(
  cast: Cast,
  teller: StoryTeller,
  approved: ExecutionView,
): Promise<void> {
  await teller.step('The same approval, a second time', async (say) => {
    const runsBefore = cast.refunds.runs;
    say('A second try presents the approval that was already used.');
    const refused = await refusalOf(
      cast.bot.release(approved.executionId, {
        argsDigest: approved.argsDigest,
        attemptId: randomUUID(),
      }),
    );
    expect('the code of the refusal', refused.problem.code, 'already_released');
    say(inert`Refused: ${refused.problem.what}`);
    expect('runs of the tool', cast.refunds.runs, runsBefore);
  });
}

async function killAndLift(cast: Cast, teller: StoryTeller): Promise<void> {
  await teller.step('The kill switch', async (say) => {
    const engaged = await cast.admin.engageKillSwitch({
      scope: 'global',
      reason: 'Demo: unusual refunds',
      severity: 'critical',
    });
    expect('the switch is active', engaged.active, true);
    say('An admin engages the global kill switch.');
    const stopped = await askRefund(cast, 45, say);
    expect('verdict', stopped.verdict, 'DENY');
    expect('the code', stopped.reasonCode, 'kill_switch_active');
    say(inert`DENY: ${stopped.reason}`);
    const lifted = await cast.admin.liftKillSwitch(engaged.id, 'Demo: checked, all well');
    expect('the switch is active', lifted.active, false);
    const next = await askRefund(cast, 45, say);
    expect('verdict after lifting', next.verdict, 'ALLOW');
    await runAndReport(cast, next.executionId, next.attemptId, 45);
    say('Lifted with a reason: the next refund passes. What was stopped stays void.');
    expect('runs of the tool', cast.refunds.runs, 3);
  });
}

async function verifyEvidence(cast: Cast, parts: StoryParts, teller: StoryTeller): Promise<void> {
  await teller.step('The evidence', async (say) => {
    const report = await cast.admin.auditIntegrity();
    expect('the state of the audit chain', report.state, 'VALID');
    say(inert`The audit chain verifies: ${report.size} records, VALID.`);
    const tampered = await parts.tamperOneByte();
    expect('the state of the changed copy', tampered.state, 'TAMPERED');
    const [first] = tampered.breaks;
    if (first === undefined) throw new StoryMismatch('The changed byte was not located.');
    say('Now one byte is changed in a copy of the records …');
    say(inert`… and found: TAMPERED at record ${first.seq} (${first.kind}).`);
  });
}

async function askRefund(
  cast: Cast,
  amount: number,
  say: (line: string) => void,
): Promise<ExecutionView> {
  say(inert`The agent asks: issue_refund {"order_id":"${ORDER}","amount":${amount}}`);
  return cast.bot.submit({
    agent: AGENT,
    action: 'issue_refund',
    args: { order_id: ORDER, amount },
    context: { reason: 'arrived broken' },
    attemptId: randomUUID(),
  });
}

/** The agent's own part: run the tool once, then say what became of it. */
async function runAndReport(
  cast: Cast,
  executionId: string,
  attemptId: string | undefined,
  amount: number,
): Promise<ExecutionView> {
  cast.refunds.runs += 1;
  cast.refunds.paid += amount;
  return cast.bot.reportOutcome(executionId, {
    status: 'committed',
    attemptId,
    result: { refunded: amount },
  });
}

async function refusalOf(call: Promise<unknown>): Promise<ApiProblem> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
  throw new StoryMismatch('The call was expected to be refused, and it was not.');
}

function expect(what: string, actual: unknown, wanted: unknown): void {
  if (actual !== wanted)
    throw new StoryMismatch(
      `Expected ${what} to be ${String(wanted)}, but it is ${String(actual)}.`,
    );
}

function describeFailure(error: unknown): readonly string[] {
  if (error instanceof ApiProblem || error instanceof ApiUnreachable) {
    const { what, why, howToFix, problems } = error.problem;
    return [
      what,
      ...(why === undefined ? [] : [why]),
      ...(problems ?? []).map((each) => each.message),
      ...(howToFix === undefined ? [] : [howToFix]),
    ];
  }
  return [error instanceof Error ? error.message : String(error)];
}
