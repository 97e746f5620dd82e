import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App, Receiver } from '@slack/bolt';
import type { ChannelInbox } from '../app/channel-ports';
import type { Logger } from '../app/ports';
import { messageOf } from './bounded-wait';
import { signatureProblem } from './request-signature';

/** A view with a hundred blocks comes back whole, and URL-encoded. */
const MOST_BYTES = 2_097_152;

/** As Express, and plain Node, call a handler. */
export type HttpHandler = (req: IncomingMessage, res: ServerResponse) => void;

export interface HttpIngressDeps {
  readonly signingSecret: string;
  readonly firstSight: ChannelInbox['firstSight'];
  readonly logger: Logger;
  /** Milliseconds; the machine's clock unless given. */
  readonly nowMs?: () => number;
}

class TooLarge extends Error {}

/** The body as it was signed. Where a parser was here before, it must have kept the bytes. */
async function rawBodyOf(req: IncomingMessage): Promise<Buffer> {
  const { rawBody, body } = req as { readonly rawBody?: unknown; readonly body?: unknown };
  for (const kept of [rawBody, body]) if (Buffer.isBuffer(kept)) return kept;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** The payload inside a signed body; undefined for content that Slack does not send. */
function payloadOf(contentType: string | undefined, rawBody: Buffer): object | undefined {
  const text = rawBody.toString('utf8');
  let payload: unknown;
  if (contentType === 'application/json') payload = parsed(text);
  else if (contentType === 'application/x-www-form-urlencoded') {
    const form = new URLSearchParams(text);
    const inner = form.get('payload');
    payload = inner === null ? Object.fromEntries(form) : parsed(inner);
  }
  return typeof payload === 'object' && payload !== null ? payload : undefined;
}

const header = (req: IncomingMessage, name: string): string | undefined => {
  const value = req.headers[name];
  return typeof value === 'string' ? value : undefined;
};

function send(res: ServerResponse, status: number, content?: unknown): void {
  if (res.headersSent) return;
  const isText = typeof content === 'string';
  const body = content === undefined ? '' : isText ? content : JSON.stringify(content);
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  res.writeHead(status, {
    'cache-control': 'no-store',
    ...(body === '' ? {} : { 'content-type': type }),
  });
  res.end(body);
}

/**
 * Takes what Slack posts to the request URL. It answers nobody who cannot sign, nothing signed more than five
 * minutes from now in either direction, and no signature twice.
 *
 * @throws Error for an empty secret, under which anybody could sign
 */
export function createHttpIngress(deps: HttpIngressDeps): {
  readonly receiver: Receiver;
  readonly handler: HttpHandler;
} {
  const { signingSecret, firstSight, logger, nowMs = Date.now } = deps;
  if (signingSecret.trim() === '')
    throw new Error('The signing secret of Slack is empty, so anybody could sign as Slack.');
  let app: App | undefined;

  const authentic = async (req: IncomingMessage, rawBody: Buffer): Promise<boolean> => {
    const signature = header(req, 'x-slack-signature');
    const timestamp = header(req, 'x-slack-request-timestamp');
    const problem = signatureProblem({
      secret: signingSecret,
      timestamp,
      signature,
      rawBody,
      nowMs: nowMs(),
    });
    const refused = problem ?? ((await firstSight(signature ?? '')) ? undefined : 'replayed');
    if (refused !== undefined) logger.warn({ refused }, 'Slack: a request was refused');
    return refused === undefined;
  };

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (req.method !== 'POST') return send(res, 405);
    const arrivedMs = performance.now();
    const rawBody = await rawBodyOf(req);
    if (!(await authentic(req, rawBody))) return send(res, 401);
    const payload = payloadOf(header(req, 'content-type'), rawBody);
    if (payload === undefined) return send(res, 400);
    if ('ssl_check' in payload) return send(res, 200);
    if ('type' in payload && payload.type === 'url_verification' && 'challenge' in payload)
      return send(res, 200, String(payload.challenge).slice(0, 500));
    await app?.processEvent({
      body: { ...payload },
      // Looking the signature up takes its share of Slack's three seconds.
      customProperties: { arrivedMs },
      ack: async (response?: unknown) => {
        send(res, 200, response);
      },
    });
    send(res, 400);
  };

  return {
    receiver: {
      init: (bolt) => {
        app = bolt;
      },
      start: async () => undefined,
      stop: async () => undefined,
    },
    handler: (req, res) => {
      handle(req, res).catch((error: unknown) => {
        if (error instanceof TooLarge) {
          send(res, 413);
          return;
        }
        logger.error({ error: messageOf(error) }, 'Slack: a request could not be handled');
        send(res, 503);
      });
    },
  };
}
