import { ROUTES } from './routes';
import type { Route } from './route';

/** Other addresses of the same routes: everything under `alias` is what stands under `path`. */
const PREFIXES: readonly { readonly alias: string; readonly path: string }[] = [
  { alias: '/approvals', path: '/v1/approvals' },
  { alias: '/audit', path: '/v1/audit' },
  { alias: '/governance/risk', path: '/v1/risk' },
];

const EXACT: readonly { readonly alias: string; readonly path: string }[] = [
  { alias: '/governance/evaluate', path: '/v1/policies/evaluate' },
  { alias: '/governance/policies', path: '/v1/policies' },
  { alias: '/governance/policies/{policyId}', path: '/v1/policies/{policyId}' },
];

/** Aliases of pages and health checks. */
export const PAGE_ALIASES = { '/api/docs': '/docs', '/health': '/healthz' } as const;

/** Every alias with the route it stands for. */
export const ALIASES: readonly { readonly path: string; readonly route: Route }[] = ROUTES.flatMap(
  (route) => [
    ...PREFIXES.filter(({ path }) => route.path.startsWith(`${path}/`)).map(({ alias, path }) => ({
      path: alias + route.path.slice(path.length),
      route,
    })),
    ...EXACT.filter(({ path }) => path === route.path).map(({ alias }) => ({
      path: alias,
      route,
    })),
  ],
);
