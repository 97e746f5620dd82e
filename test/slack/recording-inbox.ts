import type { ActReply, CardAct, ChannelInbox } from '../../src/app/channel-ports';
import type { ApprovalCard } from '../../src/core/escalation/card';
import { card, vote } from './card-builders';

type VoteInput = Parameters<ChannelInbox['vote']>[0];
type VoteReply = Awaited<ReturnType<ChannelInbox['vote']>>;
type Refusal = Extract<ActReply<unknown>, { readonly ok: false }>;

/**
 * The inbox as the adapter sees it: counts one vote for each command, answers a repeated command as before,
 * and refuses on demand. What it was asked is kept for assertions.
 */
export interface RecordingInbox extends ChannelInbox {
  readonly votes: VoteInput[];
  readonly reads: CardAct[];
  readonly counted: ReadonlyMap<string, VoteReply>;
  shown: ApprovalCard;
  argumentsShown: boolean;
  refuseWith: Refusal | undefined;
  /** Milliseconds that a vote takes. */
  delayMs: number;
  failWith: Error | undefined;
  firstSightFails: boolean;
  /** Milliseconds that looking a signature up takes. */
  firstSightMs: number;
}

export const refusal = (over: Partial<Refusal> = {}): Refusal => ({
  ok: false,
  refusal: 'already_decided',
  why: 'Bob rejected it before you.',
  howToFix: 'Nothing to do.',
  ...over,
});

export function createRecordingInbox(): RecordingInbox {
  const counted = new Map<string, VoteReply>();
  const seen = new Set<string>();
  const inbox: RecordingInbox = {
    votes: [],
    reads: [],
    counted,
    shown: card(),
    argumentsShown: true,
    refuseWith: undefined,
    delayMs: 0,
    failWith: undefined,
    firstSightFails: false,
    firstSightMs: 0,
    async vote(input) {
      inbox.votes.push(input);
      const before = counted.get(input.commandId);
      if (before?.ok === true) return { ...before, repeated: true };
      if (inbox.failWith !== undefined) throw inbox.failWith;
      if (inbox.refuseWith !== undefined) return inbox.refuseWith;
      const voted = { ...inbox.shown, votes: [vote({ rationale: input.rationale })], missing: 1 };
      const reply: VoteReply = { ok: true, repeated: false, auditSeq: 48_812, card: voted };
      counted.set(input.commandId, reply);
      // Committed at once; it is the answer that takes its time.
      await new Promise((resume) => setTimeout(resume, inbox.delayMs));
      return reply;
    },
    async read(act) {
      inbox.reads.push(act);
      if (inbox.failWith !== undefined) throw inbox.failWith;
      return (
        inbox.refuseWith ?? { ok: true, card: inbox.shown, argumentsShown: inbox.argumentsShown }
      );
    },
    async linkCode() {
      if (inbox.failWith !== undefined) throw inbox.failWith;
      return {
        code: 'KQ7T-4M2P',
        expiresAt: '2026-09-10T12:36:00Z',
        howTo: 'Log in to the dashboard and enter it under Profile, Link a chat account.',
      };
    },
    async firstSight(signature) {
      if (inbox.firstSightFails) throw new Error('no database');
      await new Promise((resume) => setTimeout(resume, inbox.firstSightMs));
      if (seen.has(signature)) return false;
      seen.add(signature);
      return true;
    },
  };
  return inbox;
}
