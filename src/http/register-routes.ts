import type { Express, Request, RequestHandler } from 'express';
import { requirePermission, type Caller } from '../app/caller';
import type { Logger } from '../app/ports';
import type { UseCases } from '../app/use-cases';
import { DomainError } from '../core/errors';
import { ALIASES } from './aliases';
import type { Intake } from './intake';
import { readTextBody } from './request-body';
import { requestIdOf } from './request-id';
import type { Method, Route } from './route';
import { ROUTES } from './routes';

export interface RouteDeps {
  readonly useCases: UseCases;
  readonly logger: Logger;
  readonly intake: Intake;
}

/** Registers the route table and its aliases; another method of a known path is a 405. */
export function registerRoutes(app: Express, deps: RouteDeps): void {
  const byPath = new Map<string, Route[]>();
  const entries = [...ROUTES.map((route) => ({ path: route.path, route })), ...ALIASES];
  for (const { path, route } of entries) byPath.set(path, [...(byPath.get(path) ?? []), route]);
  for (const [path, routes] of byPath) {
    const pattern = expressPath(path);
    for (const route of routes) app[route.method](pattern, handlerOf(route, deps));
    app.all(pattern, refuseMethod(routes.map((route) => route.method)));
  }
}

/** `/a/{id}` → `/a/:id`. */
const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/** Refuses every method but those named, and names them. */
export function refuseMethod(methods: readonly Method[]): RequestHandler {
  const allowed = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method]));
  const header = allowed.map((method) => method.toUpperCase()).join(', ');
  return (_request, response) => {
    response.setHeader('Allow', header);
    throw new DomainError('method_not_allowed', {
      what: `This path takes ${header}.`,
    });
  };
}

function handlerOf(route: Route, deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const startedMs = performance.now();
    let caller: Caller | undefined = undefined;
    response.once('finish', () => {
      deps.logger.info(
        {
          requestId: requestIdOf(response),
          operation: route.operationId,
          status: response.statusCode,
          durationMs: Math.round(performance.now() - startedMs),
          principal: caller?.principal,
          ...identifiersOf(request),
        },
        'request answered',
      );
    });
    caller = await deps.useCases.authenticate(
      bearerOf(request),
      request.socket.remoteAddress ?? undefined,
    );
    if (route.refusalIsRecorded !== true) requireAccess(caller, route);
    const body = await readTextBody(request, response, route.body);
    const { status, body: answer } = await route.answer(
      {
        caller,
        params: request.params,
        query: request.query,
        body,
        signal: deps.intake.signalFor(response),
      },
      deps.useCases,
    );
    if (deps.intake.stopped) response.setHeader('Connection', 'close');
    response.status(status).json(answer);
  };
}

function requireAccess(caller: Caller, route: Route): void {
  const { permission, orPermission } = route;
  if (orPermission !== undefined && caller.permissions.has(orPermission)) return;
  requirePermission(caller, permission);
}

/** The token of `Authorization: Bearer <token>`; anything else is no token. */
function bearerOf(request: Request): string | undefined {
  return /^bearer +(\S+)$/i.exec(request.get('authorization')?.trim() ?? '')?.[1];
}

const LOGGED_PARAMS = ['executionId', 'approvalId'] as const;
const LOGGED_ID = /^[A-Za-z0-9-]{1,64}$/;

/** Ids of the path, when they look like ids: the log must not carry what a caller made up. */
function identifiersOf(request: Request): Record<string, string> {
  return Object.fromEntries(
    LOGGED_PARAMS.flatMap((name) => {
      const value = request.params[name];
      return typeof value === 'string' && LOGGED_ID.test(value) ? [[name, value]] : [];
    }),
  );
}
