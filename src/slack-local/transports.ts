import { createHmac, randomUUID } from 'node:crypto';
import type { Dispatch, Transport } from './dispatch';
import { parsedJson, recordOf } from './json-shape';
import { LIMITS } from './limits';
import type { SocketServer } from './socket-server';

export function socketTransport(server: SocketServer): Transport {
  return async (dispatch, attempt) =>
    server.deliver({
      envelope_id: randomUUID(),
      type: dispatch.type,
      payload: dispatch.payload,
      accepts_response_payload: dispatch.acceptsResponse,
      ...(dispatch.type === 'events_api'
        ? { retry_attempt: attempt, retry_reason: attempt === 0 ? '' : 'timeout' }
        : {}),
    });
}

/**
 * Headers of a request that Slack signs: HMAC-SHA256 over `v0:timestamp:body`
 * (docs.slack.dev/authentication/verifying-requests-from-slack).
 */
export function signedHeaders(
  signingSecret: string,
  body: string,
  timestampS: number,
): Record<string, string> {
  const digest = createHmac('sha256', signingSecret)
    .update(`v0:${String(timestampS)}:${body}`)
    .digest('hex');
  return {
    'x-slack-request-timestamp': String(timestampS),
    'x-slack-signature': `v0=${digest}`,
    'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
  };
}

export function httpTransport(url: string, signingSecret: string): Transport {
  return async (dispatch, attempt) => {
    const isEvent = dispatch.type === 'events_api';
    const body = bodyOf(dispatch);
    const startedMs = performance.now();
    const spent = (): number => Math.round(performance.now() - startedMs);
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(LIMITS.ackMs),
        headers: {
          // Signatures carry the machine's own time: whoever checks them has no virtual clock.
          ...signedHeaders(signingSecret, body, Math.floor(Date.now() / 1000)),
          'content-type': isEvent ? 'application/json' : 'application/x-www-form-urlencoded',
          ...(attempt > 0
            ? { 'x-slack-retry-num': String(attempt), 'x-slack-retry-reason': 'http_timeout' }
            : {}),
        },
      });
      const text = await response.text();
      if (response.status !== 200)
        return { acked: false, ackMs: spent(), error: `http_${String(response.status)}` };
      return { acked: true, ackMs: spent(), ...(text === '' ? {} : { response: contentOf(text) }) };
    } catch (error) {
      const timedOut = recordOf(error)['name'] === 'TimeoutError';
      return { acked: false, ackMs: spent(), error: timedOut ? 'timeout' : 'no_connection' };
    }
  };
}

const contentOf = (text: string): unknown => parsedJson(text) ?? text;

function bodyOf({ type, payload }: Dispatch): string {
  switch (type) {
    case 'events_api':
      return JSON.stringify(payload);
    case 'interactive':
      return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    case 'slash_commands':
      return new URLSearchParams(
        Object.entries(payload).map(([key, value]) => [key, String(value)] as [string, string]),
      ).toString();
  }
}
