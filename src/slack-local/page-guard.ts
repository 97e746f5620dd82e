import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { remember } from './bounded-list';

/**
 * Who may use the page. It lets a person act as any user of the workspace, so it is for the machine it runs
 * on alone: loopback peers, loopback names in Host (a rebound DNS name is refused), same Origin for every
 * POST, and a session that only someone who saw the terminal can begin.
 */
export interface PageGuard {
  /** Refuses foreign peers, hosts and origins; sets the headers of every answer. */
  readonly admit: RequestHandler;
  /** Refuses who has no session, with a page or JSON that says how to get one. */
  readonly signedIn: RequestHandler;
  readonly login: RequestHandler;
}

const COOKIE = 'countersign_dev_slack';
const MOST_SESSIONS = 100;
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join(';');

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

export function createPageGuard(deps: {
  readonly ticket: string;
  readonly allowedHosts: () => readonly string[];
}): PageGuard {
  if (deps.ticket === '')
    throw new Error('The page needs a ticket: an empty one would let anyone in.');
  const sessions = new Map<string, true>();
  return {
    admit: (request, response, next) => {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      const host = (request.headers.host ?? '').toLowerCase();
      const { origin } = request.headers;
      if (!LOOPBACK.test(request.socket.remoteAddress ?? ''))
        response.status(403).json(refusal('This page answers the machine it runs on alone.'));
      else if (!deps.allowedHosts().includes(host))
        response.status(421).json(refusal(`This page does not answer to the name ${host}.`));
      else if (request.method !== 'GET' && origin?.toLowerCase() !== `http://${host}`)
        response.status(403).json(refusal('Only the page itself may send this.'));
      else next();
    },
    signedIn: (request, response, next) => {
      const session = sessionOf(request.headers.cookie);
      if (session !== undefined && sessions.has(session)) next();
      else if (request.accepts(['html', 'json']) === 'html' && request.method === 'GET')
        response.status(401).type('html').send(SIGNED_OUT_PAGE);
      else response.status(401).json(refusal('You are not signed in to this page.'));
    },
    // The ticket may be used again while the process lives: a second browser, a closed tab. That is no
    // wider a door, as whoever can read it from the terminal can read it twice, and it opens from loopback
    // only. What it never does is travel further: the session's cookie is no part of it.
    login: (request, response) => {
      const given = request.query['ticket'];
      if (typeof given !== 'string' || !same(given, deps.ticket)) {
        response.status(401).type('html').send(SIGNED_OUT_PAGE);
        return;
      }
      const session = randomBytes(32).toString('hex');
      remember(sessions, session, true, MOST_SESSIONS);
      response.setHeader(
        'Set-Cookie',
        `${COOKIE}=${session}; Path=${request.baseUrl || '/'}; HttpOnly; SameSite=Strict`,
      );
      // A redirect would carry the Strict cookie only where the link was typed or opened by a terminal.
      response.type('html').send(enteringPage(request.baseUrl));
    },
  };
}

const refusal = (what: string): Readonly<Record<string, string>> => ({
  what,
  howToFix: 'Open the address that the server printed at its start, on the same machine.',
});

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in constant time whatever the lengths. */
const same = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b));

function sessionOf(cookies: string | undefined): string | undefined {
  const pair = (cookies ?? '').split(/;\s*/).find((part) => part.startsWith(`${COOKIE}=`));
  return pair?.slice(COOKIE.length + 1);
}

const SIGNED_OUT_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>Not signed in · local Slack</title></head>
<body><h1>Not signed in</h1>
<p>This page lets you act as any person of the local workspace, so it needs the secret address that the
server printed at its start. It ends in <code>/login?ticket=…</code>. Open it in this browser.</p>
</body></html>
`;

/** `base` is where the router is mounted, never what a visitor sent. */
const enteringPage = (base: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="refresh" content="0;url=${base === '' ? '/' : base}">
<link rel="icon" href="data:,"><title>Local Slack</title></head><body><p>Signed in.</p></body></html>
`;
