import type { Evaluation } from './evaluation';
import type { AgentProfile, PolicyInput } from './model';
import type { Json, JsonObject } from '../json';
import { claimedLevel, strictestLevel } from '../risk/score';

/** A computed fact that is not there; why goes to `evaluation.problem`. Not the same as a missing field. */
export const UNREADABLE = Symbol('unreadable');

/** Reads a field; `undefined` is missing. */
export type FieldReader = (evaluation: Evaluation) => Json | undefined | typeof UNREADABLE;

export const FACT_FIELDS = {
  sql: ['tables', 'statements', 'limit', 'star'],
  recipients: ['count', 'domains'],
} as const;
export const AGENT_FIELDS = [
  'id',
  'owner',
  'name',
  'model',
  'team',
  'risk_level',
  'environment',
  'environments',
  'tags',
  'status',
] as const;
export const TIME_FIELDS = ['hour', 'minute', 'weekday'] as const;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** The fact a field is computed from, if it is. */
export function factOf(field: string): string | undefined {
  const root = field.slice(0, Math.max(field.indexOf('.'), 0));
  return Object.hasOwn(FACT_FIELDS, root) ? root : undefined;
}

/**
 * Compiles a field path. A bare name is looked up in args, context and agent, the first present; `risk_level` is the
 * strictest of the request's claim, the registry's level and the score's, so a claim never lowers it. A test of a bare name that the
 * registry knows, too, must weigh both values: see `registeredField`.
 */
export function compileField(field: string): FieldReader {
  const [root = '', ...path] = field.split('.');
  const fact = factOf(field);
  if (fact !== undefined) return readFact(fact, path);
  if (path.length === 0) return readBare(root);
  switch (root) {
    case 'args':
      return ({ input }) => readPath(input.request.args, path);
    case 'context':
      return ({ input }) => readPath(input.request.context, path);
    case 'agent':
      return ({ input }) => agentField(input.request.agent, path[0] ?? '');
    case 'action':
      return ({ input }) => (field === 'action.name' ? input.request.action : undefined);
    case 'time':
      return ({ input }) => timeField(input.nowMs, path[0] ?? '');
    default:
      return () => undefined;
  }
}

/** Names that mean the agent wherever they stand; a bare `id` or `status` is mostly the request's own. */
const CLAIMABLE: ReadonlySet<string> = new Set(['team', 'owner', 'model']);

/**
 * The registry's value for a bare name that a request could also claim; `undefined` for fields that cannot be claimed, or
 * that already weigh both.
 */
export function registeredField(
  field: string,
): ((evaluation: Evaluation) => Json | undefined) | undefined {
  if (!CLAIMABLE.has(field)) return undefined;
  return ({ input }) => agentField(input.request.agent, field);
}

function readBare(name: string): FieldReader {
  if (name === 'risk_level') return strictestRiskLevel;
  if (name === 'action' || name === 'tool_name') return ({ input }) => input.request.action;
  if (name === 'environment') return ({ input }) => input.request.environment;
  return ({ input: { request } }) =>
    own(request.args, name) ?? own(request.context, name) ?? agentField(request.agent, name);
}

function readFact(fact: string, path: readonly string[]): FieldReader {
  const notGathered = `the fact ${fact} was not computed`;
  return (evaluation) => {
    const facts = evaluation.input.facts;
    const found = Object.hasOwn(facts, fact) ? facts[fact] : undefined;
    if (found !== undefined && 'value' in found) return readPath(found.value, path);
    evaluation.problem ??= found === undefined ? notGathered : `${fact}: ${found.error}`;
    return UNREADABLE;
  };
}

/** Own members only: a path never reaches into the prototype of a value. */
function readPath(root: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value as JsonObject, segment);
  }
  return value ?? undefined;
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;
}

function agentField(agent: AgentProfile, name: string): Json | undefined {
  switch (name) {
    case 'id':
    case 'owner':
    case 'name':
    case 'model':
    case 'team':
    case 'environment':
    case 'environments':
    case 'tags':
    case 'status':
      return agent[name];
    case 'risk_level':
      return agent.riskLevel;
    default:
      return undefined;
  }
}

/** An unknown claimed level is returned as it is, so that the test on it has no answer and fails toward the rule. */
function strictestRiskLevel({ input: { request }, risk }: Evaluation): Json {
  return claimedLevel(request) === 'unknown'
    ? { unknownLevel: request.context['risk_level'] ?? null }
    : strictestLevel(request, risk);
}

function timeField(nowMs: number, name: string): Json | undefined {
  const now = new Date(nowMs);
  switch (name) {
    case 'hour':
      return now.getUTCHours();
    case 'minute':
      return now.getUTCMinutes();
    case 'weekday':
      return WEEKDAYS[now.getUTCDay()];
    default:
      return undefined;
  }
}

/** The same input with one field changed, or `undefined` when the requester cannot change that field. */
export function withValue(input: PolicyInput, field: string, value: Json): PolicyInput | undefined {
  const { request, facts } = input;
  const [root = '', ...path] = field.split('.');
  const fact = factOf(field);
  if (fact !== undefined) {
    const found = facts[fact];
    const members = found !== undefined && 'value' in found ? found.value : {};
    return { ...input, facts: { ...facts, [fact]: { value: setPath(members, path, value) } } };
  }
  if (path.length === 0) {
    if (['risk_level', 'action', 'tool_name', 'environment'].includes(root)) return undefined;
    const inContext =
      own(request.args, root) === undefined && own(request.context, root) !== undefined;
    return withValue(input, `${inContext ? 'context' : 'args'}.${root}`, value);
  }
  if (root === 'args') {
    return { ...input, request: { ...request, args: setPath(request.args, path, value) } };
  }
  if (root === 'context') {
    return { ...input, request: { ...request, context: setPath(request.context, path, value) } };
  }
  return undefined;
}

function setPath(object: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [head = '', ...rest] = path;
  if (rest.length === 0) return { ...object, [head]: value };
  const member = own(object, head);
  const inner = typeof member === 'object' && !Array.isArray(member) ? (member as JsonObject) : {};
  return { ...object, [head]: setPath(inner, rest, value) };
}
