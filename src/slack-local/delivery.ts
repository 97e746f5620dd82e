import { setTimeout as sleep } from 'node:timers/promises';
import { createBoundedList } from './bounded-list';
import type { Delivered, Dispatch, Transport } from './dispatch';
import type { Faults } from './faults';
import { textOf } from './json-shape';
import { MEMORY } from './limits';

export interface Deliveries {
  send(dispatch: Dispatch): Promise<Delivered>;
  /** Sends the nth last dispatch again. @throws Error when there was none */
  again(nth: number): Promise<Delivered>;
}

/** How long a dispatch is held back for another to overtake it. */
const REORDER_MS = 1000;
const DOWN: Delivered = { acked: false, ackMs: 0, error: 'no_connection' };

export function createDeliveries(deps: {
  readonly transport: Transport;
  readonly faults: Faults;
  readonly violation: (text: string) => void;
}): Deliveries {
  const { transport, faults, violation } = deps;
  const sent = createBoundedList<Dispatch>(MEMORY.interactions);
  let overtaken: (() => void) | undefined;

  const attempt = async (dispatch: Dispatch, number: number): Promise<Delivered> => {
    if (faults.isDown()) return DOWN;
    const delivered = await transport(dispatch, number);
    if (!delivered.acked)
      violation(`${nameOf(dispatch)} was not acknowledged: ${delivered.error ?? 'unknown'}`);
    return delivered;
  };
  const twice = async (dispatch: Dispatch): Promise<Delivered> => {
    if (!faults.takeDuplicate()) return attempt(dispatch, 0);
    const [first] = await Promise.all([attempt(dispatch, 0), attempt(dispatch, 0)]);
    return first;
  };
  const ordered = async (dispatch: Dispatch): Promise<Delivered> => {
    if (overtaken !== undefined) {
      const release = overtaken;
      overtaken = undefined;
      const delivered = await twice(dispatch);
      release();
      return delivered;
    }
    if (faults.takeReorder())
      await Promise.race([
        new Promise<void>((resolve) => {
          overtaken = resolve;
        }),
        sleep(REORDER_MS),
      ]).finally(() => {
        overtaken = undefined;
      });
    return twice(dispatch);
  };
  return {
    send: async (dispatch) => {
      sent.push(dispatch);
      const delivered = await ordered(dispatch);
      // Interactions are sent once; an event is repeated at once, then after 1 and 5 minutes, which the
      // fake leaves to `redeliver`.
      return delivered.acked || dispatch.type !== 'events_api' ? delivered : attempt(dispatch, 1);
    },
    again: async (nth) => {
      const dispatch = sent.items.at(-nth);
      if (dispatch === undefined) throw new Error(`No interaction number ${String(nth)} yet.`);
      return attempt(dispatch, dispatch.type === 'events_api' ? 1 : 0);
    },
  };
}

const nameOf = ({ type, payload }: Dispatch): string =>
  `${type} ${textOf(payload['type']) || textOf(payload['command'])}`.trim();
