import { createDocument, type ZodOpenApiObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import { problemDocument } from '../contract/system';
import { ERRORS, type ErrorCode } from '../core/errors';
import { PUBLIC_ENDPOINTS } from './public-endpoints';
import type { BodyContract, ReplyContract, Route } from './route';
import { ROUTES } from './routes';

const EVERYWHERE: readonly ErrorCode[] = [
  'unauthenticated',
  'forbidden',
  'rate_limited',
  'internal',
  'unavailable',
];
const WITH_BODY: readonly ErrorCode[] = [
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
];

type OpenApiVersion = '3.1.0' | '3.0.3';

/** The OpenAPI document of the route table. 3.0.3 is for generators that do not read 3.1. */
export function openApiDocument(version: string, openapi: OpenApiVersion = '3.1.0'): object {
  const paths: NonNullable<ZodOpenApiObject['paths']> = {};
  for (const route of ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  }
  for (const endpoint of PUBLIC_ENDPOINTS) {
    paths[endpoint.path] = {
      get: {
        operationId: endpoint.operationId,
        tags: ['System'],
        summary: endpoint.summary,
        security: [],
        responses: repliesOf(endpoint.replies),
      },
    };
  }
  return createDocument(
    {
      openapi,
      info: {
        title: 'Countersign',
        version,
        license: { name: 'MIT' },
        description:
          'Every consequential action of an AI agent as a governed execution: policy, approval by ' +
          'people, evidence. Refusals are RFC 9457 problem documents; their codes are explained at ' +
          '/docs/errors.',
      },
      servers: [{ url: '/' }],
      security: [{ apiKey: [] }],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of Countersign.' },
        },
      },
      paths,
    },
    {
      // A field added to an answer later must not break clients generated today.
      override: ({ jsonSchema, io }) => {
        if (io === 'output' && jsonSchema.additionalProperties === false) {
          delete jsonSchema.additionalProperties;
        }
      },
    },
  );
}

function operationOf(route: Route) {
  const requestBody = requestBodyOf(route.body);
  const requestParams = {
    ...(route.params === undefined ? {} : { path: route.params }),
    ...(route.query === undefined ? {} : { query: route.query }),
  };
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, permissionText(route)]
      .filter((part) => part !== undefined)
      .join('\n\n'),
    requestParams,
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: { ...repliesOf(route.replies), ...refusalsOf(route) },
  };
}

function permissionText({ permission, orPermission }: Route): string {
  const alternative = orPermission === undefined ? '' : ` or \`${orPermission}\``;
  return `Permission: \`${permission}\`${alternative}.`;
}

function requestBodyOf(body: BodyContract<unknown>) {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'json':
      return {
        required: !body.schema.safeParse({}).success,
        content: { 'application/json': { schema: body.schema } },
      };
    case 'document':
      return {
        required: true,
        content: {
          'application/yaml': { schema: { type: 'string' as const } },
          'application/json': { schema: { type: 'object' as const } },
        },
      };
  }
}

function repliesOf(replies: Readonly<Record<number, ReplyContract>>): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(replies).map(([status, { description, schema }]) => [
      status,
      { description, content: { 'application/json': { schema } } },
    ]),
  );
}

function refusalsOf(route: Route): ZodOpenApiResponsesObject {
  const checksInput =
    route.body.kind === 'none' && route.query === undefined ? [] : (['validation_failed'] as const);
  const codes = new Set<ErrorCode>([
    ...route.errors,
    ...EVERYWHERE,
    ...checksInput,
    ...(route.body.kind === 'none' ? [] : WITH_BODY),
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => [
      String(status),
      {
        description: named.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: problemDocument } },
      },
    ]),
  );
}
