import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Rest, RestAnswer } from './rest';

const SCENARIOS = resolve(__dirname, '..', '..', 'examples', 'scenarios');

export const scenarioFile = (name: string): string => readFileSync(join(SCENARIOS, name), 'utf8');

/** The people and the agent of the refund story, each with a client of their own. */
export interface Cast {
  readonly admin: Rest;
  /** Support manager: may approve refunds. */
  readonly alice: Rest;
  /** Another support manager. */
  readonly carol: Rest;
  /** Answers for the agent and is a support manager too, so only separation of duties keeps him out. */
  readonly bob: Rest;
  /** Approves other things than refunds. */
  readonly dave: Rest;
  readonly bot: Rest;
}

export function must<T>(answer: RestAnswer<T>, status: number): T {
  if (answer.status === status) return answer.body;
  throw new Error(
    `Expected ${String(status)}, got ${String(answer.status)}: ${JSON.stringify(answer.body)}`,
  );
}

/** Puts the cast on an empty server, with the support policy in force. */
export async function introduceCast(admin: Rest): Promise<Cast> {
  const person = async (id: string, approverRoles: readonly string[]): Promise<Rest> => {
    const body = { id, email: `${id}@example.com`, name: id, roles: ['Operator'], approverRoles };
    must(await admin.post('/v1/users', body), 201);
    const { key } = must(await admin.post<{ key: string }>(`/v1/users/${id}/keys`), 201);
    return admin.withKey(key);
  };
  const alice = await person('alice', ['support-manager']);
  const carol = await person('carol', ['support-manager']);
  const bob = await person('bob', ['support-manager']);
  const dave = await person('dave', ['support-lead']);
  const agent = must(
    await admin.post<{ key: string }>('/v1/agents', {
      id: 'support-bot',
      owner: 'bob',
      riskLevel: 'medium',
      environment: 'prod',
      environments: ['dev', 'staging', 'prod'],
    }),
    201,
  );
  await publish(admin, 'support', scenarioFile('support.rules.json'), 'application/json');
  return { admin, alice, carol, bob, dave, bot: admin.withKey(agent.key) };
}

export async function publish(
  admin: Rest,
  id: string,
  text: string,
  contentType: 'application/yaml' | 'application/json',
): Promise<{ readonly id: string; readonly version: number }> {
  const path = `/v1/policies?id=${id}&publish=true`;
  return must(
    await admin.raw<{ id: string; version: number }>('POST', path, text, contentType),
    201,
  );
}

/** Body of a refund request; 100 and below is allowed, above needs a support manager. */
export const refund = (amount: number, more: Readonly<Record<string, string | number>> = {}) => ({
  agent: 'support-bot',
  action: 'issue_refund',
  args: { order_id: '4711', amount },
  ...more,
});
