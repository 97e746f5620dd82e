import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from '../app/ports';
import type { UseCases } from '../app/use-cases';
import { DomainError, ERRORS } from '../core/errors';
import type { JsonObject } from '../core/json';
import { createIntake, type Intake } from './intake';
import { registerPages } from './pages/register-pages';
import { sendProblem, toDomainError } from './problem';
import { registerPublicEndpoints, type Readiness } from './public-endpoints';
import { registerRoutes } from './register-routes';
import { assignRequestId, requestIdOf } from './request-id';
import { apiHeaders } from './security-headers';

export interface HttpServerDeps {
  readonly useCases: UseCases;
  readonly logger: Logger;
  readonly readiness: () => Promise<Readiness>;
  /** Public keys that verify receipts and checkpoints. */
  readonly publicKeys: () => Promise<JsonObject>;
  readonly version: string;
  readonly environment: string;
  readonly temporalUiUrl?: string;
  /** Handlers of other adapters under a path of their own; they bring their own headers and limits. */
  readonly mounts?: readonly Mount[];
}

export interface Mount {
  readonly path: string;
  readonly handler: RequestHandler;
}

export interface HttpServer {
  /**
   * Starts to listen; port 0 takes a free one.
   * @throws DomainError `configuration_error` when the address cannot be had.
   */
  listen(
    port: number,
    host: string,
  ): Promise<{ readonly port: number; readonly host: string; readonly url: string }>;
  /** From now on new requests are refused with 503, and waits end with the state of that moment. */
  stopIntake(): void;
  /** Stops listening; resolves when every answer is out, or after `limitMs` by cutting connections. */
  close(limitMs: number): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 65_000;

/** The REST adapter: routes, documents and pages on one HTTP server. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const intake = createIntake();
  const server = createServer(createApp(deps, intake));
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return {
    listen: (port, host) => listen(server, port, host),
    stopIntake: () => {
      intake.stop();
    },
    close: async (limitMs) => {
      intake.stop();
      await close(server, limitMs);
    },
  };
}

/** The Express application alone, for tests that need no socket of their own. */
export function createApp(deps: HttpServerDeps, intake: Intake): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('trust proxy', false);
  app.use(assignRequestId, apiHeaders, neverStored, refuseWhenStopped(intake));
  for (const { path, handler } of deps.mounts ?? []) app.use(path, handler);
  registerRoutes(app, { ...deps, intake });
  registerPublicEndpoints(app, { ...deps, intake });
  registerPages(app, deps);
  app.use(() => {
    throw new DomainError('not_found');
  });
  app.use(answerWithProblem(deps.logger));
  return app;
}

const neverStored: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};

/** Health checks are answered to the end, so that a balancer learns why. */
const HEALTH_PATHS: ReadonlySet<string> = new Set(['/healthz', '/health', '/readyz']);

function refuseWhenStopped(intake: Intake): RequestHandler {
  return (request, response, next) => {
    if (!intake.stopped) {
      next();
      return;
    }
    response.setHeader('Connection', 'close');
    if (HEALTH_PATHS.has(request.path)) {
      next();
      return;
    }
    throw new DomainError('unavailable', { what: 'This process is shutting down.' });
  };
}

function answerWithProblem(logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request, response, next) => {
    const error = toDomainError(thrown);
    const requestId = requestIdOf(response);
    if (ERRORS[error.code].status >= 500) {
      const fields = { requestId, code: error.code, internal: error.details.internal, err: thrown };
      logger.error(fields, 'request failed');
    }
    if (response.headersSent) {
      next(thrown);
      return;
    }
    // The rest of a body that was refused unread stands before the connection's next request.
    if (!request.complete) request.resume();
    sendProblem(response, error, requestId);
  };
}

function listen(
  server: Server,
  port: number,
  host: string,
): Promise<{ readonly port: number; readonly host: string; readonly url: string }> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void => {
      reject(listenError(cause, port, host));
    };
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      const address = server.address() as AddressInfo;
      const shownHost = host.includes(':') ? `[${host}]` : host;
      resolve({ port: address.port, host, url: `http://${shownHost}:${String(address.port)}` });
    });
  });
}

/** Why the address cannot be had, with the variable to change. */
function listenError(cause: NodeJS.ErrnoException, port: number, host: string): Error {
  const where = `${host}:${String(port)}`;
  const refusal = (what: string, path: 'PORT' | 'HOST', howToFix: string): DomainError =>
    new DomainError('configuration_error', {
      what,
      howToFix,
      problems: [{ path, message: what }],
      cause,
    });
  switch (cause.code) {
    case 'EADDRINUSE':
      return refusal(
        `Port ${String(port)} on ${host} is taken by another process.`,
        'PORT',
        'Set the variable PORT to a free port, or stop the other process.',
      );
    case 'EACCES':
      return refusal(
        `This user may not listen on ${where}.`,
        'PORT',
        'Set the variable PORT to 1024 or above.',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return refusal(
        `The address ${host} does not belong to this machine.`,
        'HOST',
        'Set the variable HOST to 127.0.0.1 or an address of this machine.',
      );
    case undefined:
    default:
      return cause;
  }
}

function close(server: Server, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, limitMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
