import type { Express } from 'express';
import request from 'supertest';
import type { Logger } from '../../src/app/ports';
import type { UseCases } from '../../src/app/use-cases';
import { createIntake, type Intake } from '../../src/http/intake';
import { createApp, type HttpServerDeps } from '../../src/http/server';
import { fakeUseCases, keyOf, type CallerName } from './fake-use-cases';

/** One line of a log kept in memory. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function memoryLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) => (fields: Readonly<Record<string, unknown>>, message: string) => {
      lines.push({ level, fields, message });
    };
  return { logger: { info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

export function serverDeps(
  overrides: Partial<UseCases> = {},
  others: Partial<HttpServerDeps> = {},
): HttpServerDeps {
  return {
    useCases: fakeUseCases(overrides),
    logger: memoryLogger().logger,
    readiness: () => Promise.resolve({ ready: true, dependencies: { database: { ready: true } } }),
    publicKeys: () => Promise.resolve({ keys: [] }),
    version: '0.1.0',
    environment: 'development',
    ...others,
  };
}

export interface TestApp {
  readonly app: Express;
  readonly intake: Intake;
  /** A request with the caller's key. */
  as(caller: CallerName): {
    readonly get: (path: string) => request.Test;
    readonly post: (path: string) => request.Test;
    readonly put: (path: string) => request.Test;
    readonly delete: (path: string) => request.Test;
  };
}

export function testApp(
  overrides: Partial<UseCases> = {},
  others: Partial<HttpServerDeps> = {},
): TestApp {
  const intake = createIntake();
  const app = createApp(serverDeps(overrides, others), intake);
  return {
    app,
    intake,
    as: (caller) => {
      const key = `Bearer ${keyOf(caller)}`;
      return {
        get: (path) => request(app).get(path).set('authorization', key),
        post: (path) => request(app).post(path).set('authorization', key),
        put: (path) => request(app).put(path).set('authorization', key),
        delete: (path) => request(app).delete(path).set('authorization', key),
      };
    },
  };
}
