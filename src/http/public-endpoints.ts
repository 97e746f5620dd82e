import type { Express } from 'express';
import { health, publicKeys, readiness } from '../contract/system';
import type { JsonObject } from '../core/json';
import { PAGE_ALIASES } from './aliases';
import type { Intake } from './intake';
import { refuseMethod } from './register-routes';
import type { Reply, ReplyContract } from './route';

/** What this process needs to do its work, by the name of the part. */
export interface Readiness {
  readonly ready: boolean;
  readonly dependencies: Readonly<
    Record<string, { readonly ready: boolean; readonly detail?: string }>
  >;
}

export interface PublicDeps {
  readonly readiness: () => Promise<Readiness>;
  readonly publicKeys: () => Promise<JsonObject>;
  readonly intake: Intake;
}

interface PublicEndpoint {
  readonly operationId: string;
  readonly path: string;
  readonly summary: string;
  readonly replies: Readonly<Record<number, ReplyContract>>;
  /** How long anybody may keep the answer, in seconds; without it not at all. */
  readonly cacheSeconds?: number;
  answer(deps: PublicDeps): Promise<Reply>;
}

/** What answers without a key. */
export const PUBLIC_ENDPOINTS: readonly PublicEndpoint[] = [
  {
    operationId: 'health',
    path: '/healthz',
    summary: 'The process is alive',
    replies: { 200: { description: 'Alive.', schema: health } },
    answer: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),
  },
  {
    operationId: 'readiness',
    path: '/readyz',
    summary: 'The process can do its work; says which part is missing',
    replies: {
      200: { description: 'Ready.', schema: readiness },
      503: { description: 'Not ready; `dependencies` says why.', schema: readiness },
    },
    answer: async ({ readiness: check, intake }) => {
      const state = await check();
      if (!intake.stopped) return { status: state.ready ? 200 : 503, body: state };
      const process = { ready: false, detail: 'shutting down' };
      return {
        status: 503,
        body: { ready: false, dependencies: { ...state.dependencies, process } },
      };
    },
  },
  {
    operationId: 'publicKeys',
    path: '/.well-known/countersign-keys.json',
    summary: 'Public keys that verify receipts and checkpoints',
    replies: { 200: { description: 'The keys, old ones too.', schema: publicKeys } },
    cacheSeconds: 300,
    answer: async ({ publicKeys: read }) => ({ status: 200, body: await read() }),
  },
];

export function registerPublicEndpoints(app: Express, deps: PublicDeps): void {
  for (const endpoint of PUBLIC_ENDPOINTS) {
    const aliases = Object.entries(PAGE_ALIASES).filter(([, path]) => path === endpoint.path);
    for (const path of [endpoint.path, ...aliases.map(([alias]) => alias)]) {
      app.get(path, async (_request, response) => {
        const { status, body } = await endpoint.answer(deps);
        const { cacheSeconds } = endpoint;
        if (cacheSeconds !== undefined) {
          response.setHeader('Cache-Control', `public, max-age=${String(cacheSeconds)}`);
        }
        response.status(status).json(body);
      });
      app.all(path, refuseMethod(['get']));
    }
  }
}
