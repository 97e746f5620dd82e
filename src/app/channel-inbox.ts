import type { ApprovalCard } from '../core/escalation/card';
import { SYSTEM_TENANT, type ExecutionId, type TenantId } from '../core/ids';
import {
  codeOf,
  EXTERNAL,
  FORGED,
  NOT_KNOWN_YET,
  NOT_YOURS,
  refusalText,
  UNAVAILABLE,
  UNLINKED,
  type RefusalText,
} from './act-refusals';
import { actorOf, type Actor } from './audit-records';
import type { Caller } from './caller';
import type { VoteInput } from './cast-vote';
import {
  isCard,
  type ActReply,
  type CardAct,
  type ChannelInbox,
  type ChannelMessage,
  type ChannelMessageStore,
  type ChatAccount,
} from './channel-ports';
import type { Committer } from './commit-ports';
import type { MadeCode } from './link-codes';
import { maySeeArguments } from './list-approvals';
import type { Logger } from './ports';
import type { ReadCard } from './read-card';

export interface ChannelInboxDeps {
  readonly store: Pick<ChannelMessageStore, 'messageAt' | 'isPosting'>;
  readonly resolveAccount: (account: ChatAccount) => Promise<Caller | undefined>;
  readonly castVote: (
    caller: Caller,
    input: VoteInput,
  ) => Promise<{ readonly repeated: boolean; readonly auditSeq: number }>;
  readonly readCard: (tenant: TenantId, execution: ExecutionId) => Promise<ReadCard | undefined>;
  readonly committer: Pick<Committer, 'commit'>;
  readonly makeLinkCode: (account: ChatAccount) => Promise<MadeCode>;
  readonly firstSight: (signature: string) => Promise<boolean>;
  /** Has the cards of an execution shown again, because somebody pressed what they should not show. */
  readonly touch: (tenant: TenantId, execution: ExecutionId) => Promise<void>;
  readonly logger: Logger;
}

/** A card's digest must be long enough to bind anything; an empty prefix would match every text. */
const DIGEST = /^[0-9a-f]{16,64}$/;

type Refused = Extract<ActReply<unknown>, { readonly ok: false }>;

const refused = (text: RefusalText, card?: ApprovalCard): Refused => ({
  ok: false,
  ...text,
  ...(card === undefined ? {} : { card }),
});

const chatActor = ({ teamId, userId }: ChatAccount): Actor => ({
  kind: 'system',
  id: `slack:${teamId}/${userId}`,
});

/** Refusals that castVote never sees stand in the chain too; who is not linked is named by the account. */
async function auditRefusal(
  deps: ChannelInboxDeps,
  act: CardAct,
  what: {
    readonly type: 'vote.refused' | 'access.refused';
    readonly message: ChannelMessage | undefined;
    readonly caller?: Caller;
    readonly outcome: string;
    readonly verdict?: string;
  },
): Promise<void> {
  const { message, caller, outcome, verdict } = what;
  const { channelId, ts } = act.place;
  await deps.committer.commit(message?.tenant ?? SYSTEM_TENANT, {
    work: (tx) =>
      void tx.audit({
        type: what.type,
        actor: caller === undefined ? chatActor(act.account) : actorOf(caller),
        outcome,
        ...(message === undefined ? {} : { execution: message.execution }),
        context: {
          ...{ surface: 'slack', channelId, ts },
          ...(verdict === undefined ? {} : { verdict }),
          ...(message === undefined ? { claimed: act.button.execution } : {}),
        },
      }),
  });
}

interface Admitted {
  readonly message: ChannelMessage;
  readonly caller: Caller;
}

/** Whether a card of ours was pressed, by somebody we know, at home. */
async function admit(
  deps: ChannelInboxDeps,
  act: CardAct,
  verdict: string | undefined,
): Promise<Admitted | Refused> {
  const type = verdict === undefined ? 'access.refused' : 'vote.refused';
  const message = await deps.store.messageAt(act.place);
  const refuse = async (text: RefusalText, caller?: Caller): Promise<Refused> => {
    await auditRefusal(deps, act, {
      ...{ type, message, outcome: text.refusal },
      ...(verdict === undefined ? {} : { verdict }),
      ...(caller === undefined ? {} : { caller }),
    });
    return refused(text);
  };
  const { button } = act;
  if (message === undefined && (await deps.store.isPosting(button.execution)))
    return refuse(NOT_KNOWN_YET);
  const isOurs =
    message !== undefined &&
    isCard(message.purpose) &&
    message.execution === button.execution &&
    DIGEST.test(button.digest) &&
    Number.isSafeInteger(button.level) &&
    button.level > 0;
  if (!isOurs) return refuse(FORGED);
  if (act.isExternal) return refuse(EXTERNAL);
  const caller = await deps.resolveAccount(act.account);
  if (caller === undefined || caller.tenant !== message.tenant) return refuse(UNLINKED);
  if (verdict === undefined && !caller.permissions.has('approvals:read'))
    return refuse(NOT_YOURS, caller);
  return { message, caller };
}

/** The card as this person may see it: without what the agent sent, where that is not for them. */
function shownTo(
  caller: Caller,
  { row, card }: ReadCard,
): { readonly card: ApprovalCard; readonly argumentsShown: boolean } {
  if (maySeeArguments(caller, row)) return { card, argumentsShown: true };
  const display = { ...card.display, args: {}, context: {} };
  return { card: { ...card, display }, argumentsShown: false };
}

type Vote = Parameters<ChannelInbox['vote']>[0];

async function vote(
  deps: ChannelInboxDeps,
  act: Vote,
): Promise<Awaited<ReturnType<ChannelInbox['vote']>>> {
  const admitted = await admit(deps, act, act.verdict);
  if ('ok' in admitted) return admitted;
  const { caller, message } = admitted;
  const { tenant, execution } = message;
  const cardNow = async (): Promise<ApprovalCard | undefined> => {
    const read = await deps.readCard(tenant, execution).catch(() => undefined);
    return read && shownTo(caller, read).card;
  };
  let receipt: Awaited<ReturnType<ChannelInboxDeps['castVote']>>;
  try {
    receipt = await deps.castVote(caller, {
      approvalId: execution,
      verdict: act.verdict,
      rationale: act.rationale,
      commandId: act.commandId,
      level: act.button.level,
      displayDigest: act.button.digest,
      surface: 'slack',
    });
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || code === 'internal')
      deps.logger.error({ error: String(error), execution }, 'A vote from a chat failed');
    const card = code === undefined ? undefined : await cardNow();
    const text = refusalText(error, card);
    if (text.refusal === 'card_changed' || text.refusal === 'level_mismatch')
      await deps.touch(tenant, execution).catch(() => undefined);
    return refused(text, card);
  }
  const { repeated, auditSeq } = receipt;
  const card = (await cardNow()) ?? (await cardNow());
  if (card !== undefined) return { ok: true, repeated, auditSeq, card };
  // Committed all the same: neither a no nor a yes with nothing to show would be true.
  return refused({
    refusal: 'unavailable',
    why: `The vote is recorded, number ${String(auditSeq)}; only the card cannot be shown now.`,
    howToFix: 'Nothing to do: the card follows by itself.',
  });
}

async function read(
  deps: ChannelInboxDeps,
  act: CardAct,
): Promise<Awaited<ReturnType<ChannelInbox['read']>>> {
  const admitted = await admit(deps, act, undefined);
  if ('ok' in admitted) return admitted;
  const found = await deps.readCard(admitted.message.tenant, admitted.message.execution);
  return found === undefined ? refused(FORGED) : { ok: true, ...shownTo(admitted.caller, found) };
}

/**
 * What people do in a chat, judged as everywhere else. Every act is answered; a refused one stands in the
 * chain; trouble is never answered with a yes.
 */
export function createChannelInbox(deps: ChannelInboxDeps): ChannelInbox {
  const orUnavailable = async <T>(answer: Promise<T>): Promise<T | Refused> => {
    try {
      return await answer;
    } catch (error) {
      deps.logger.warn({ error: String(error) }, 'An act in a chat could not be judged');
      return refused(UNAVAILABLE);
    }
  };
  return {
    vote: (act) => orUnavailable(vote(deps, act)),
    read: (act) => orUnavailable(read(deps, act)),
    linkCode: async (account) => {
      const linked = await deps.resolveAccount(account);
      const made = await deps.makeLinkCode(account);
      return {
        ...made,
        howTo: `Within ten minutes and with your own key: countersign channels slack redeem ${made.code}`,
        ...(linked === undefined ? {} : { linkedTo: linked.principal.replace(/^user:/, '') }),
      };
    },
    firstSight: deps.firstSight,
  };
}
