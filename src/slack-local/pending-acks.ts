import { createBoundedList } from './bounded-list';
import type { Delivered } from './dispatch';
import { isRecord, parsedJson, textOf } from './json-shape';
import { LIMITS, MEMORY } from './limits';

interface Waiting {
  readonly settle: (delivered: Delivered) => void;
  readonly startedMs: number;
}

/** Envelopes that an acknowledgement is still awaited for. */
export interface PendingAcks {
  /** Resolves with the acknowledgement, or after 3 s without one. */
  wait(envelopeId: string): Promise<Delivered>;
  /** Takes in what a client sent. */
  receive(data: string): void;
  failAll(): void;
}

export function createPendingAcks(violation: (text: string) => void): PendingAcks {
  const waiting = new Map<string, Waiting>();
  const settled = createBoundedList<string>(MEMORY.interactions);
  return {
    wait: (id) =>
      new Promise((resolve) => {
        const settle = (delivered: Delivered): void => {
          clearTimeout(timer);
          waiting.delete(id);
          settled.push(id);
          resolve(delivered);
        };
        const timer = setTimeout(() => {
          settle({ acked: false, ackMs: LIMITS.ackMs, error: 'timeout' });
        }, LIMITS.ackMs);
        waiting.set(id, { settle, startedMs: performance.now() });
      }),
    receive: (data) => {
      const message = parsedJson(data);
      const { envelope_id: envelopeId, payload } = isRecord(message) ? message : {};
      const id = textOf(envelopeId);
      const waiter = waiting.get(id);
      if (waiter === undefined) {
        const known = settled.items.includes(id);
        violation(
          known
            ? `envelope ${id} was acknowledged twice or too late`
            : `acknowledgement of an unknown envelope: ${data.slice(0, 200)}`,
        );
        return;
      }
      const empty =
        payload === undefined || (isRecord(payload) && Object.keys(payload).length === 0);
      const ackMs = Math.round(performance.now() - waiter.startedMs);
      waiter.settle({ acked: true, ackMs, ...(empty ? {} : { response: payload }) });
    },
    failAll: () => {
      for (const waiter of [...waiting.values()])
        waiter.settle({ acked: false, ackMs: 0, error: 'no_connection' });
    },
  };
}
