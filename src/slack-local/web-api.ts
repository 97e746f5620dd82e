import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBoundedList } from './bounded-list';
import type { FakeClock } from './clock';
import type { Faults } from './faults';
import { type JsonRecord, isRecord, parsedJson, textOf } from './json-shape';
import { MEMORY } from './limits';
import type { RateLimits } from './rate-limits';
import type { ApiFault, FakeCall } from './surface';
import type { Tokens } from './tokens';
import { type ApiAnswer, type ApiMethod, type ApiMethods, refused } from './web-api-method';

export interface WebApi {
  handle(
    method: string,
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void>;
  readonly calls: readonly FakeCall[];
}

const APP_SCOPES: readonly string[] = ['connections:write'];
const SLOW_MS = 4000;

/** Answers /api/<method> the way Slack does: refusals with status 200, 429 with Retry-After. */
export function createWebApi(deps: {
  readonly methods: ApiMethods;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly rateLimits: RateLimits;
  readonly clock: FakeClock;
}): WebApi {
  const { methods, tokens, faults, rateLimits, clock } = deps;
  const calls = createBoundedList<FakeCall>(MEMORY.calls);

  const answer = (method: string, token: string, inHeader: boolean, args: JsonRecord): Answer => {
    const spec = Object.hasOwn(methods, method) ? methods[method] : undefined;
    const refusal = authRefusal(spec, tokens, token, inHeader);
    if (refusal !== undefined) return { status: 200, body: refusal };
    if (spec === undefined) return { status: 200, body: refused('unknown_method') };
    const waitS = rateLimits.take(method, spec.perMinute, spec.postsTo?.(args));
    if (waitS !== undefined) return tooMany(waitS);
    return { status: 200, body: spec.run(args, token), ...scopesOf(spec, tokens) };
  };

  return {
    calls: calls.items,
    handle: async (method, request, body, response) => {
      const { token, inHeader, args } = readRequest(request, body);
      const at = clock.nowMs();
      const fault = faults.forCall(method);
      const record = (status: number, error: string | undefined): void => {
        calls.push({
          method,
          args: withoutSecret(args),
          at,
          status,
          ...(error === undefined ? {} : { error }),
        });
      };
      if (fault !== undefined && strike(fault, response, record)) return;
      if (fault?.kind === 'slow') await sleep(fault.delayMs ?? SLOW_MS);
      const given = answer(method, token, inHeader, args);
      if (fault?.kind === 'drop_after_accept' || fault?.kind === 'malformed') {
        record(0, fault.kind);
        if (fault.kind === 'malformed') response.setHeader('content-type', 'application/json');
        if (fault.kind === 'malformed') response.end('{"ok":true,"cha');
        else response.destroy();
        return;
      }
      record(given.status, given.body.error);
      reply(response, given);
    },
  };
}

const withoutSecret = (args: JsonRecord): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).filter(([key]) => key !== 'client_secret'));

interface Answer {
  readonly status: number;
  readonly body: ApiAnswer;
  readonly headers?: Readonly<Record<string, string>>;
}

const tooMany = (waitS: number): Answer => ({
  status: 429,
  body: refused('ratelimited'),
  headers: { 'retry-after': String(waitS) },
});

function reply(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

const scopesOf = (spec: ApiMethod, tokens: Tokens): Pick<Answer, 'headers'> => ({
  headers: {
    'x-oauth-scopes': (spec.token === 'app' ? APP_SCOPES : tokens.botScopes).join(','),
    'x-accepted-oauth-scopes': spec.scope ?? '',
  },
});

/** Faults that answer in place of the method. @returns whether the call is over */
function strike(
  fault: ApiFault,
  response: ServerResponse,
  record: (status: number, error: string | undefined) => void,
): boolean {
  switch (fault.kind) {
    case '429':
      record(429, 'ratelimited');
      reply(response, tooMany(fault.retryAfterS ?? 1));
      return true;
    case '500':
      record(500, 'internal_error');
      response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error');
      return true;
    case 'html_503':
      record(503, 'html_503');
      response
        .writeHead(503, { 'content-type': 'text/html' })
        .end('<!DOCTYPE html><title>Server Error</title><h1>Slack is trying to come back</h1>');
      return true;
    case 'drop_before':
      record(0, 'drop_before');
      response.destroy();
      return true;
    case 'error':
      record(200, fault.error ?? 'fatal_error');
      reply(response, { status: 200, body: refused(fault.error ?? 'fatal_error') });
      return true;
    case 'slow':
    case 'malformed':
    case 'drop_after_accept':
      return false;
  }
}

function authRefusal(
  spec: ApiMethod | undefined,
  tokens: Tokens,
  token: string,
  inHeader: boolean,
): ApiAnswer | undefined {
  if (spec?.token === 'none') return undefined;
  if (token === '') return refused('not_authed');
  const kind = tokens.kindOf(token);
  if (kind === undefined) return refused('invalid_auth');
  if (spec === undefined) return undefined;
  if (spec.token !== kind) return refused('not_allowed_token_type');
  // An app-level token counts in the header alone.
  if (kind === 'app' && !inHeader) return refused('not_authed');
  const fault = kind === 'bot' ? (tokens.botError ?? tokens.faultOf(token)) : undefined;
  if (fault !== undefined) return refused(fault);
  const held = kind === 'bot' ? tokens.botScopes : APP_SCOPES;
  return spec.scope === undefined || held.includes(spec.scope)
    ? undefined
    : refused('missing_scope', { needed: spec.scope, provided: held.join(',') });
}

interface ReadRequest {
  readonly token: string;
  readonly inHeader: boolean;
  readonly args: Record<string, unknown>;
}

/** Arguments that travel as JSON text within a form. */
const STRUCTURED: ReadonlySet<string> = new Set(['blocks', 'view', 'metadata', 'attachments']);

function readRequest(request: IncomingMessage, body: string): ReadRequest {
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
  const json = isJson ? parsedJson(body) : undefined;
  const form = isJson ? [] : [...new URLSearchParams(body)];
  const args: Record<string, unknown> = {
    ...Object.fromEntries(query),
    ...Object.fromEntries(
      form.map(([key, value]) => [key, STRUCTURED.has(key) ? (parsedJson(value) ?? value) : value]),
    ),
    ...(isRecord(json) ? json : {}),
  };
  const basic = /^Basic (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':');
    args['client_id'] ??= id;
    args['client_secret'] ??= secret;
  }
  const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  const token = bearer ?? textOf(args['token']);
  delete args['token'];
  return { token, inHeader: bearer !== undefined, args };
}
