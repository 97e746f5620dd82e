import request from 'supertest';
import { ERRORS } from '../../src/core/errors';
import { ALIASES } from '../../src/http/aliases';
import { openApiDocument } from '../../src/http/openapi';
import { PUBLIC_ENDPOINTS } from '../../src/http/public-endpoints';
import { ROUTES } from '../../src/http/routes';
import { EXAMPLES } from './example-requests';
import { keyOf } from './fake-use-cases';
import { testApp } from './test-app';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Record<string, unknown> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const document = openApiDocument('0.1.0') as Document;

function operationAt(path: string, method: string): Operation {
  const operation = document.paths[path]?.[method];
  if (operation === undefined) throw new Error(`${method} ${path} is not documented`);
  return operation;
}

/** Every `$ref` anywhere in the document. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner),
  );
}

describe('the OpenAPI document', () => {
  it('has exactly the operations of the route table, each with its own id', () => {
    const documented = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    const served = [...ROUTES, ...PUBLIC_ENDPOINTS].map(({ operationId }) => operationId);
    expect(documented.sort()).toEqual(served.sort());
    expect(new Set(documented).size).toBe(documented.length);
  });

  it.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'describes every answer of %s',
    (_name, route) => {
      const operation = operationAt(route.path, route.method);
      const statuses = [
        ...Object.keys(route.replies),
        ...route.errors.map((code) => String(ERRORS[code].status)),
        '401',
        '403',
        '500',
        '503',
      ];
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(statuses));
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        expect(description).not.toBe('');
        const type = Number(status) < 400 ? 'application/json' : 'application/problem+json';
        expect(Object.keys(content)).toEqual([type]);
      }
    },
  );

  it('names every parameter of a path', () => {
    for (const { path, method } of ROUTES) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const parameters = operationAt(path, method).parameters ?? [];
      expect(parameters.filter((p) => p.in === 'path').map((p) => p.name)).toEqual(named);
    }
  });

  it('refers only to what it holds', () => {
    const refs = refsIn(document);
    expect(refs.length).toBeGreaterThan(50);
    for (const ref of refs) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(ref)?.[1] ?? '';
      expect(document.components.schemas).toHaveProperty(name);
    }
  });

  it('lets answers grow and requests not', () => {
    expect(document.components.schemas.Execution).not.toHaveProperty('additionalProperties');
    expect(document.components.schemas.SubmitExecution).toHaveProperty(
      'additionalProperties',
      false,
    );
    expect(document.components.schemas.SubmitExecution).toHaveProperty('required', [
      'agent',
      'action',
    ]);
  });

  it.each([
    ['/openapi.json', '3.1.0'],
    ['/openapi-3.0.json', '3.0.3'],
  ])('is served at %s as %s without a key', async (path, version) => {
    const reply = await request(testApp().app).get(path);
    expect(reply.status).toBe(200);
    expect(reply.type).toBe('application/json');
    expect((reply.body as Document).openapi).toBe(version);
    expect(Object.keys((reply.body as Document).paths)).toEqual(Object.keys(document.paths));
  });
});

describe('aliases', () => {
  const { as } = testApp();

  it('are these', () => {
    expect(ALIASES.map(({ path, route }) => `${route.method} ${path}`).sort()).toEqual([
      'get /approvals/pending',
      'get /approvals/workflows',
      'get /approvals/{approvalId}',
      'get /audit/events',
      'get /audit/integrity',
      'get /governance/policies',
      'get /governance/policies/{policyId}',
      'get /governance/risk/factors',
      'post /approvals/{approvalId}/approve',
      'post /approvals/{approvalId}/escalate',
      'post /approvals/{approvalId}/reject',
      'post /governance/evaluate',
      'post /governance/policies',
      'post /governance/risk/score',
    ]);
  });

  it.each(ALIASES.map(({ path, route }) => [`${route.method} ${path}`, path, route] as const))(
    '%s answers as the canonical path, and only with the key',
    async (_name, alias, route) => {
      const example = EXAMPLES[route.operationId];
      if (example === undefined) throw new Error(`no example for ${route.operationId}`);
      const query = example.path.split('?')[1] ?? '';
      const values = example.path.split('?')[0]?.split('/') ?? [];
      const shape = route.path.split('/');
      const aliasPath = alias.replace(/\{(\w+)\}/g, (whole) => values[shape.indexOf(whole)] ?? '');
      const canonical = await as('Admin')[route.method](example.path).send(example.body);
      const viaAlias = await as('Admin')[route.method](`${aliasPath}?${query}`).send(example.body);
      expect(canonical.status).toBeLessThan(300);
      expect([viaAlias.status, viaAlias.body]).toEqual([canonical.status, canonical.body]);
      const refused = await request(testApp().app)[route.method](aliasPath).send(example.body);
      expect(refused.status).toBe(401);
    },
  );

  it('send /api/docs to the documentation and /health to the health check', async () => {
    const docs = await request(testApp().app).get('/api/docs');
    expect([docs.status, docs.headers.location]).toEqual([308, '/docs']);
    const health = await request(testApp().app).get('/health').set('authorization', keyOf('agent'));
    expect([health.status, health.body]).toEqual([200, { status: 'ok' }]);
  });
});
