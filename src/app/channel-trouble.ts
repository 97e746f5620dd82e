import { isOpen } from '../core/execution/state';
import { SYSTEM_TENANT, type PrincipalId } from '../core/ids';
import { SYSTEM_ACTOR } from './audit-records';
import type { ChannelMessage } from './channel-ports';
import type { Committer, Tx } from './commit-ports';
import type { Logger } from './ports';
import type { PeopleReads } from './read-card';

/** Beyond this many a wrong channel would become a flood of private messages. */
const MOST_COPIES = 20;

/** What becomes of a card that no channel takes, and of a channel that answers nothing. */
export interface ChannelTrouble {
  givenUp(message: ChannelMessage, why: string): Promise<void>;
  down(trouble: { readonly forMs: number; readonly why: string }): Promise<void>;
}

async function askedOf(
  deps: { readonly people: PeopleReads },
  tx: Tx,
  { tenant, execution, purpose }: ChannelMessage,
): Promise<readonly PrincipalId[]> {
  if (purpose.kind !== 'card') return [];
  const row = await tx.execution(execution);
  const level = row?.state.approval?.level;
  if (row === undefined || level === undefined || !isOpen(row.state)) return [];
  const asked = new Set(level.groups.flatMap((group) => [...group.eligible]));
  const people = await deps.people.people(tenant, [...asked]);
  return [...asked]
    .filter((person) => people.get(person)?.account !== undefined)
    .slice(0, MOST_COPIES);
}

/**
 * Records what a channel refused for good, and sends a card that found no channel to the asked people who are
 * linked, each once. It changes no approval: who is reached nowhere is asked on the dashboard still.
 */
export function createChannelTrouble(deps: {
  readonly committer: Pick<Committer, 'commit'>;
  readonly people: PeopleReads;
  readonly logger: Logger;
}): ChannelTrouble {
  return {
    givenUp: async (message, why) => {
      const { tenant, execution, purpose, desiredVersion: version } = message;
      const copies = await deps.committer.commit(tenant, {
        key: `execution ${execution}`,
        work: async (tx) => {
          const asked = await askedOf(deps, tx, message);
          for (const person of asked)
            tx.putMessage({ execution, purpose: { kind: 'copy', person }, version });
          tx.audit({
            type: 'channel.failed',
            actor: SYSTEM_ACTOR,
            execution,
            outcome: 'given_up',
            context: {
              channel: 'slack',
              purpose: purpose.kind,
              failure: why,
              copies: asked.length,
            },
          });
          return asked.length;
        },
      });
      deps.logger.error(
        { execution, purpose: purpose.kind, failure: why, copies },
        'Slack refused a message for good',
      );
    },
    down: ({ forMs, why }) =>
      deps.committer.commit(SYSTEM_TENANT, {
        work: (tx) =>
          void tx.audit({
            type: 'channel.failed',
            actor: SYSTEM_ACTOR,
            outcome: 'down',
            context: { channel: 'slack', failure: why, forMs: Math.round(forMs) },
          }),
      }),
  };
}
