import { readSlackPayload, readSlackSender } from '../contract/slack-payloads';
import { messageOf } from './bounded-wait';
import { ackTimeLeftMs, type Ack, type IngressDeps } from './ingress';
import { onCommand } from './on-command';
import { onPress } from './on-press';
import { onSubmission } from './on-submission';
import { UNKNOWN_ACTION_NOTE } from './private-notes';

export interface Dispatcher {
  /**
   * Handles one authenticated payload; never throws. Acknowledges it exactly once.
   * @param arrivedMs of `performance.now()`, where it waited on its way here
   */
  dispatch(
    body: unknown,
    ack: (response?: unknown) => Promise<void>,
    arrivedMs?: number,
  ): Promise<void>;
  /** Ends when everything under way has ended, or after `limitMs`. */
  drain(limitMs: number): Promise<void>;
}

/** A vote stands even where its acknowledgement finds no connection any more; the person sees Slack's error. */
function once(
  ack: (response?: unknown) => Promise<void>,
  arrivedMs: number,
  logger: IngressDeps['logger'],
): Ack {
  let sending: Promise<boolean> | undefined;
  const send = async (response: unknown): Promise<boolean> => {
    try {
      await ack(response);
      return true;
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'Slack: an acknowledgement could not be sent');
      return false;
    }
  };
  const first = (response?: unknown): Promise<boolean> => (sending ??= send(response));
  return Object.assign(first, { leftMs: () => ackTimeLeftMs(arrivedMs) });
}

/**
 * The one door for everything a person does in Slack, whichever way it came in.
 * @param appId ours, as far as it is known: what was meant for another app is acknowledged and not acted on
 */
export function createDispatcher(deps: IngressDeps, appId: () => string | undefined): Dispatcher {
  const { logger } = deps;
  const underWay = new Set<Promise<void>>();

  const isOurs = (given: string): boolean => {
    const ours = appId();
    if (ours === undefined || given === ours) return true;
    logger.warn({}, 'Slack: a payload for another app was not acted on');
    return false;
  };

  const route = async (body: unknown, ack: Ack): Promise<unknown> => {
    const payload = readSlackPayload(body);
    switch (payload?.kind) {
      case 'press':
        return isOurs(payload.press.api_app_id) ? onPress(deps, payload.press, ack) : ack();
      case 'submission':
        return isOurs(payload.submission.api_app_id)
          ? onSubmission(deps, payload.submission, ack)
          : ack();
      case 'command':
        return isOurs(payload.command.api_app_id) ? onCommand(deps, payload.command, ack) : ack();
      case 'silent':
        return ack();
      case undefined: {
        const { type, responseUrl } = readSlackSender(body);
        logger.warn({ type }, 'Slack: a payload of an unknown kind was not acted on');
        await ack();
        if (responseUrl === undefined) return undefined;
        return deps.answer({ userId: '', channelId: undefined, responseUrl }, UNKNOWN_ACTION_NOTE);
      }
    }
  };

  const handle = async (body: unknown, ack: Ack): Promise<void> => {
    try {
      await route(body, ack);
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'Slack: an interaction failed');
    } finally {
      await ack();
    }
  };

  return {
    async dispatch(body, ack, arrivedMs = performance.now()) {
      const work = handle(body, once(ack, arrivedMs, logger));
      underWay.add(work);
      await work.finally(() => underWay.delete(work));
    },
    async drain(limitMs) {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise((resolve) => {
        timer = setTimeout(resolve, limitMs);
      });
      await Promise.race([Promise.all(underWay), limit]);
      clearTimeout(timer);
    },
  };
}
