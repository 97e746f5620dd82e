import type { Account, ApprovalCard, CardLevel, CardVote } from '../core/escalation/card';
import { describeApprovers } from '../core/escalation/chain';
import type { ApprovalState, CountedVote, PassedBy } from '../core/escalation/approval-state';
import { currentLevel, mayPassUp } from '../core/escalation/ladder';
import { endOf } from '../core/execution/answers';
import { isOpen, statusOf } from '../core/execution/state';
import type { PrincipalId } from '../core/ids';
import type { JsonObject } from '../core/json';
import { displayDigestOf, displayOf } from './approval-display';
import { openCommitted } from './payloads';
import type { Cryptography, SealedPayload, StoredExecution } from './ports';
import type { RecordedVote } from './read-ports';

/** What the card needs beside the row. */
export interface CardParts {
  readonly row: StoredExecution;
  readonly approval: ApprovalState;
  readonly request: { readonly args: JsonObject; readonly context: JsonObject };
  readonly votes: readonly RecordedVote[];
  readonly payloads: readonly SealedPayload[];
  /** People the card speaks of, as far as the directory knows them. */
  readonly people: ReadonlyMap<PrincipalId, { readonly name: string; readonly account?: Account }>;
  readonly url?: string;
}

const PASSED: Readonly<Record<PassedBy, CardLevel['state']>> = {
  approved: 'approved',
  timeout: 'timed_out',
  rejections: 'passed_up',
  person: 'passed_up',
  empty: 'empty',
};

function levelsOf(row: StoredExecution, approval: ApprovalState): CardLevel[] {
  const { chain, level, passed } = approval;
  const climbed = chain.levels.map((definition, index): CardLevel => {
    const behind = passed.find((each) => each.index === index);
    const here = index === level.index && level.opening > 0;
    const state: CardLevel['state'] =
      behind !== undefined
        ? PASSED[behind.by]
        : here && isOpen(row.state)
          ? 'open'
          : here && row.state.verdict === 'approved'
            ? 'approved'
            : here && row.state.verdict === 'expired'
              ? 'timed_out'
              : 'waiting';
    const { name, number } = definition;
    return { number, name, approvers: describeApprovers(definition), state };
  });
  const skipped = chain.skipped.map(({ number, name }): CardLevel => ({
    number,
    name,
    approvers: '',
    state: 'skipped',
  }));
  return [...climbed, ...skipped].sort((a, b) => a.number - b.number);
}

function voteOf(
  crypto: Cryptography,
  { row, approval, votes, payloads, people }: CardParts,
  cast: CountedVote,
): CardVote {
  const stored = votes.find(
    (vote) => vote.commandId === cast.voteId && vote.principal === cast.principal,
  );
  const commitment = stored?.rationaleCommitment;
  const rationale =
    commitment === undefined ? undefined : openCommitted(crypto, row.tenant, payloads, commitment);
  const level = approval.chain.levels.find(({ number }) => number === cast.level);
  return {
    by: cast.principal,
    name: people.get(cast.principal)?.name ?? cast.principal,
    verdict: cast.verdict,
    level: cast.level,
    levelName: level?.name ?? `L${String(cast.level)}`,
    at: new Date(cast.atMs).toISOString(),
    ...(typeof rationale === 'string' ? { rationale } : {}),
    ...(stored === undefined ? {} : { auditSeq: stored.auditSeq }),
  };
}

/** Approvals still wanted at the open level, all groups together. */
function missingAt(approval: ApprovalState): number {
  const { groups } = currentLevel(approval);
  const wanted = groups.reduce((sum, group) => sum + group.quorum, 0);
  const { number } = approval.level;
  const given = approval.votes.filter(
    (vote) => vote.level === number && vote.verdict === 'approve',
  ).length;
  return Math.max(1, wanted - given);
}

function closedOf(parts: CardParts, votes: readonly CardVote[]): Pick<ApprovalCard, 'closed'> {
  const end = endOf(parts.row.state);
  if (isOpen(parts.row.state) || end === undefined) return {};
  const { reasonCode, reason, by, atMs } = end;
  const own = by === undefined ? undefined : votes.filter((vote) => vote.by === by).at(-1);
  return {
    closed: {
      reasonCode,
      reason,
      at: new Date(atMs).toISOString(),
      ...(by === undefined
        ? {}
        : { by: { id: by, name: parts.people.get(by as PrincipalId)?.name ?? by } }),
      ...(own?.auditSeq === undefined ? {} : { auditSeq: own.auditSeq }),
    },
  };
}

const accountsOf = (people: CardParts['people']): ApprovalCard['accounts'] =>
  Object.fromEntries(
    [...people].flatMap(([id, { account }]) => (account === undefined ? [] : [[id, account]])),
  );

/** The card of an approval at the version of its row: a pure function of what is stored. */
export function approvalCard(crypto: Cryptography, parts: CardParts): ApprovalCard {
  const { row, approval, request } = parts;
  const display = displayOf(row, approval, request);
  const votes = approval.votes.map((cast) => voteOf(crypto, parts, cast));
  const { chain } = approval;
  const open = isOpen(row.state);
  return {
    version: row.state.version,
    display,
    displayDigest: displayDigestOf(crypto, display),
    status: statusOf(row.state),
    levels: levelsOf(row, approval),
    votes,
    ...(open
      ? {
          missing: missingAt(approval),
          asks: {
            approveRationale: chain.rationale.approve,
            rejectRationale: chain.rationale.reject,
            minLength: chain.rationale.minLength,
            mayEscalate: mayPassUp(approval),
            ...(chain.requiredSurface === undefined ? {} : { elsewhere: chain.requiredSurface }),
          },
        }
      : closedOf(parts, votes)),
    accounts: accountsOf(parts.people),
    ...(parts.url === undefined ? {} : { url: parts.url }),
  };
}
