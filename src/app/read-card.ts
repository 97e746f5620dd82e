import type { ApprovalCard, Mention, ThreadNote } from '../core/escalation/card';
import { describeApprovers } from '../core/escalation/chain';
import type { ApprovalState } from '../core/escalation/approval-state';
import { currentLevel } from '../core/escalation/ladder';
import { whatHappensNext } from '../core/escalation/wording';
import { endOf } from '../core/execution/answers';
import { isOpen, statusOf } from '../core/execution/state';
import type { ExecutionId, PrincipalId, TenantId } from '../core/ids';
import type { JsonObject } from '../core/json';
import { approvalCard } from './approval-card';
import type {
  ChannelMessage,
  ChannelMessageStore,
  ChatAccount,
  MessageContent,
  PostTarget,
} from './channel-ports';
import { openKind } from './payloads';
import type { Cryptography, StoredExecution } from './ports';
import type { ExecutionReads } from './read-ports';

/** More would be noise; the card says who is asked. */
const MOST_MENTIONS = 10;

/** A person as a channel names them. */
export interface KnownPerson {
  readonly name: string;
  readonly account?: ChatAccount;
}

export interface PeopleReads {
  /** Those of the people that the directory knows, with the account that is linked in the channel. */
  people(
    tenant: TenantId,
    principals: readonly PrincipalId[],
  ): Promise<ReadonlyMap<PrincipalId, KnownPerson>>;
}

export interface ReadCardDeps {
  readonly reads: Pick<ExecutionReads, 'execution' | 'payloads' | 'votes'>;
  readonly people: PeopleReads;
  readonly store: Pick<ChannelMessageStore, 'cardPlace'>;
  readonly crypto: Cryptography;
  /** Absolute address of an approval in a browser. */
  readonly approvalUrl?: (execution: ExecutionId) => string;
}

export interface ReadCard {
  readonly row: StoredExecution;
  readonly approval: ApprovalState;
  readonly card: ApprovalCard;
  readonly people: ReadonlyMap<PrincipalId, KnownPerson>;
}

const askedNow = ({ level }: ApprovalState): PrincipalId[] => [
  ...new Set(level.groups.flatMap((group) => [...group.eligible])),
];

/** The card of an execution as it stands, with the people it speaks of; undefined when none was ever asked for. */
export function createReadCard(deps: ReadCardDeps) {
  return async (tenant: TenantId, execution: ExecutionId): Promise<ReadCard | undefined> => {
    const found = await deps.reads.execution(tenant, execution);
    const approval = found?.row.state.approval;
    if (found === undefined || approval === undefined) return undefined;
    const { row } = found;
    const [payloads, votes] = await Promise.all([
      deps.reads.payloads(tenant, execution),
      deps.reads.votes(tenant, execution),
    ]);
    const opened = (kind: 'arguments' | 'context'): JsonObject =>
      (openKind(deps.crypto, tenant, payloads, kind)?.value ?? {}) as JsonObject;
    const by = endOf(row.state)?.by;
    const spokenOf = [
      ...askedNow(approval),
      ...approval.votes.map((vote) => vote.principal),
      ...(by === undefined ? [] : [by as PrincipalId]),
    ];
    const people = await deps.people.people(tenant, [...new Set(spokenOf)]);
    const url = deps.approvalUrl?.(execution);
    const card = approvalCard(deps.crypto, {
      row,
      approval,
      request: { args: opened('arguments'), context: opened('context') },
      votes,
      payloads,
      people,
      ...(url === undefined ? {} : { url }),
    });
    return { row, approval, card, people };
  };
}

const mentionsOf = (
  people: ReadonlyMap<PrincipalId, KnownPerson>,
  named: readonly PrincipalId[],
): Mention[] =>
  named.slice(0, MOST_MENTIONS).map((person) => people.get(person) ?? { name: person });

/** The note a message is about, or undefined when its moment has passed: nobody is called to what is over. */
function noteOf(message: ChannelMessage, read: ReadCard): ThreadNote | undefined {
  const { row, approval, people } = read;
  const { purpose } = message;
  const { level, chain } = approval;
  const definition = currentLevel(approval);
  const deadline = new Date(level.deadlineMs).toISOString();
  const isCurrent = (opening: number): boolean => isOpen(row.state) && level.opening === opening;
  const asked = mentionsOf(people, askedNow(approval));
  switch (purpose.kind) {
    case 'opened':
      if (!isCurrent(purpose.opening)) return undefined;
      return {
        kind: 'opened',
        levelName: definition.name,
        number: definition.number,
        of: chain.of,
        approvers: describeApprovers(definition),
        deadline,
        why: purpose.why,
        mentions: asked,
      };
    case 'reminder':
      if (!isCurrent(purpose.opening) || purpose.mark < level.reminded) return undefined;
      return {
        kind: 'reminder',
        levelName: definition.name,
        approvers: describeApprovers(definition),
        deadline,
        thenWhat: whatHappensNext(chain, level),
        mentions: level.remindAtMs.length === 0 ? asked : [],
      };
    case 'ended':
    case 'notice': {
      const end = endOf(row.state);
      const by = end?.by === undefined ? undefined : people.get(end.by as PrincipalId)?.name;
      return {
        kind: 'ended',
        status: statusOf(row.state),
        reason: end?.reason ?? row.decision.reason,
        ...(by === undefined ? {} : { by }),
        mentions: [],
      };
    }
    case 'card':
    case 'copy':
      return undefined;
  }
}

async function targetOf(
  deps: ReadCardDeps,
  { tenant, execution, purpose }: ChannelMessage,
): Promise<PostTarget | undefined> {
  const direct = async (person: PrincipalId): Promise<PostTarget | undefined> => {
    const account = (await deps.people.people(tenant, [person])).get(person)?.account;
    return account && { kind: 'person', ...account };
  };
  switch (purpose.kind) {
    case 'card':
      return { kind: 'channel' };
    case 'copy':
      return direct(purpose.person);
    case 'notice': {
      const { target, person } = purpose;
      if (target.kind === 'channel') return { kind: 'channel', name: target.channel };
      return person === undefined ? undefined : direct(person);
    }
    case 'opened':
    case 'reminder':
    case 'ended': {
      const of = await deps.store.cardPlace(tenant, execution);
      return of && { kind: 'thread', of };
    }
  }
}

/** What a message should show now and where; undefined when there is nothing left to say, or nobody to say it to. */
export function createReadContent(deps: ReadCardDeps) {
  const readCard = createReadCard(deps);
  return async (
    message: ChannelMessage,
  ): Promise<
    | { readonly version: number; readonly content: MessageContent; readonly target: PostTarget }
    | undefined
  > => {
    const target = await targetOf(deps, message);
    const read = target && (await readCard(message.tenant, message.execution));
    if (target === undefined || read === undefined) return undefined;
    const { card } = read;
    const { kind } = message.purpose;
    if (kind === 'card' || kind === 'copy')
      return { version: card.version, content: { kind: 'card', card }, target };
    const note = noteOf(message, read);
    if (note === undefined) return undefined;
    return { version: message.desiredVersion, content: { kind: 'note', note, card }, target };
  };
}
