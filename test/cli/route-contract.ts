import { ROUTES } from '../../src/http/routes';
import type { SeenRequest } from './canned-server';

/**
 * What the API would object to in a request, and in the answer a test makes up for it. Path ids are not
 * judged: they are the user's.
 */
export function contractProblems(request: SeenRequest, answer: unknown): readonly string[] {
  const route = ROUTES.find(
    (each) =>
      each.method === request.method.toLowerCase() &&
      new RegExp(`^${each.path.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(request.path),
  );
  if (route === undefined) return [`no route for ${request.method} ${request.path}`];
  const problems = (name: string, schema: typeof route.query | undefined, value: unknown) => {
    const result = schema?.safeParse(value);
    return result?.success === false ? [`${name}: ${result.error.message}`] : [];
  };
  const unreadQuery =
    route.query === undefined && Object.keys(request.query).length > 0
      ? ['query: none is read']
      : [];
  const body =
    route.body.kind === 'json'
      ? route.body.schema.safeParse(JSON.parse(request.text === '' ? '{}' : request.text))
      : undefined;
  const replies = Object.values(route.replies).map((reply) => reply.schema.safeParse(answer));
  return [
    ...unreadQuery,
    ...problems('query', route.query, request.query),
    ...(body?.success === false ? [`body: ${body.error.message}`] : []),
    ...(replies.some((reply) => reply.success)
      ? []
      : replies.map((reply) => `answer: ${reply.error?.message ?? ''}`)),
  ];
}
