import type { Caller } from '../app/caller';
import type { UseCases } from '../app/use-cases';
import { JSON_LIMITS, parseGuardedJson } from '../contract/json-guard';
import { parseInput, type ReservedFields } from '../contract/parse-input';
import type { ObjectSchema, Parsed, Schema } from '../contract/schema';
import type { Permission } from '../core/access/permissions';
import type { ErrorCode } from '../core/errors';
import { DomainError } from '../core/errors';

export type Method = 'get' | 'post' | 'put' | 'delete';

/** A document sent as text; its reader judges the content. */
export interface TextDocument {
  readonly text: string;
  readonly format: 'yaml' | 'json';
}

/** How a route reads its body. */
export type BodyContract<B> =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'json';
      readonly schema: Schema<B>;
      readonly reserved?: ReservedFields;
      /** For long lists of small objects. */
      readonly maxKeys?: number;
    }
  | { readonly kind: 'document' };

export interface Reply {
  readonly status: number;
  readonly body: object;
}

/** What one success status of a route answers with. */
export interface ReplyContract {
  readonly description: string;
  readonly schema: Schema;
}

/** The request as it arrived: nothing in it has been checked. */
export interface RawRequest {
  readonly caller: Caller;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: TextDocument;
  /** Aborted when the client went away or the process stops taking work. */
  readonly signal: AbortSignal;
}

interface Description {
  readonly operationId: string;
  readonly method: Method;
  /** In OpenAPI's notation: `/v1/executions/{executionId}`. */
  readonly path: string;
  readonly permission: Permission;
  /** Either of the two is enough. */
  readonly orPermission?: Permission;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Success status → what it answers with. */
  readonly replies: Readonly<Record<number, ReplyContract>>;
  /** Refusals beyond those every route can give. */
  readonly errors: readonly ErrorCode[];
  /**
   * The use case alone judges the permission, because it records the refusal with what was refused.
   * Elsewhere the adapter refuses before it reads the body.
   */
  readonly refusalIsRecorded?: true;
}

/** One entry of the route table, as data. */
export interface Route extends Description {
  readonly params: ObjectSchema | undefined;
  readonly query: ObjectSchema | undefined;
  readonly body: BodyContract<unknown>;
  /** @throws DomainError for every refusal. */
  answer(request: RawRequest, useCases: UseCases): Promise<Reply>;
}

interface RouteSpec<P extends ObjectSchema, Q extends ObjectSchema, B> extends Description {
  readonly params?: P;
  /** What an unreadable id in the path answers; it names nothing that exists. */
  readonly unknownId?: ErrorCode;
  readonly query?: Q;
  readonly body?: BodyContract<B>;
  readonly handle: (
    request: {
      readonly caller: Caller;
      readonly params: Parsed<P>;
      readonly query: Parsed<Q>;
      readonly body: B;
      readonly signal: AbortSignal;
    },
    useCases: UseCases,
  ) => Promise<Reply>;
}

/** The body is a text document of its own, handed on as it stands. */
export const documentBody = (): BodyContract<TextDocument> => ({ kind: 'document' });

/** Builds a table entry whose handler sees only checked, typed input. */
export function defineRoute<
  P extends ObjectSchema = ObjectSchema,
  Q extends ObjectSchema = ObjectSchema,
  B = undefined,
>(spec: RouteSpec<P, Q, B>): Route {
  const { params, unknownId = 'not_found', query, body = { kind: 'none' }, ...rest } = spec;
  const { handle, ...description } = rest;
  return {
    ...description,
    params,
    query,
    body,
    answer: async (request, useCases) =>
      handle(
        {
          caller: request.caller,
          params: readParams(params, request.params, unknownId),
          query: readQuery(query, request.query),
          body: readBody(body, request.body),
          signal: request.signal,
        },
        useCases,
      ),
  };
}

function readParams<P extends ObjectSchema>(
  schema: P | undefined,
  params: unknown,
  unknownId: ErrorCode,
): Parsed<P> {
  if (schema === undefined) return {} as Parsed<P>;
  const result = schema.safeParse(params);
  if (!result.success) throw new DomainError(unknownId);
  return result.data;
}

function readQuery<Q extends ObjectSchema>(schema: Q | undefined, query: unknown): Parsed<Q> {
  if (schema === undefined) return {} as Parsed<Q>;
  const checked: unknown = parseInput(schema, query);
  return checked as Parsed<Q>;
}

function readBody<B>(contract: BodyContract<B>, document: TextDocument): B {
  switch (contract.kind) {
    case 'none':
      return undefined as B;
    case 'document':
      return document as B;
    case 'json': {
      const limits = { ...JSON_LIMITS, maxKeys: contract.maxKeys ?? JSON_LIMITS.maxKeys };
      const value = document.text.trim() === '' ? {} : parseGuardedJson(document.text, limits);
      return parseInput(contract.schema, value, contract.reserved);
    }
  }
}
