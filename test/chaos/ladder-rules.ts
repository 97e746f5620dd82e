import type { Cast } from '../support/cast';
import { must, publish } from '../support/cast';
import { type Member, MEMBERS } from '../support/separate-product';
import type { Rest } from '../support/rest';
import type { FakeSlack } from '../../src/slack-local/surface';

/** The first level of the chain `reminded`: a reminder that comes late is not overtaken by the level's end. */
export const REMINDED = { levelMs: 16_000, afterMs: 3_000 } as const;

const CHAIN_NAMES = ['reminded', 'late', 'silent', 'patient'] as const;

const chain = (id: string, levels: readonly string[]): string => `
apiVersion: countersign/v1
kind: ApprovalChain
metadata: { id: ${id} }
levels:
${levels.map((level) => `  - ${level}`).join('\n')}
on_final_timeout: reject
rationale: { approve: optional, reject: optional }
`;

const L1 = 'approvers: { any_of: [{ role: support-manager }] }';
const L2 = 'approvers: { any_of: [{ role: support-lead }] }';

const CHAINS = [
  chain('reminded', [
    `{ name: L1, ${L1}, timeout: 16s, reminders: [3s], on_timeout: escalate }`,
    `{ name: L2, ${L2}, timeout: 10m }`,
  ]),
  chain('late', [
    `{ name: L1, ${L1}, timeout: 6s, on_timeout: escalate }`,
    `{ name: L2, ${L2}, timeout: 10m }`,
  ]),
  chain('silent', [
    `{ name: L1, ${L1}, timeout: 2s, on_timeout: escalate }`,
    `{ name: L2, ${L2}, timeout: 4s }`,
  ]),
  chain('patient', [`{ name: L1, ${L1}, timeout: 1h }`]),
];

const POLICY = `
apiVersion: countersign/v1
kind: Policy
metadata: { id: refunds }
rules:
${CHAIN_NAMES.map(
  (id) => `  - id: ask-${id}
    match: { action: refund_${id} }
    then: require_approval
    approval: { chain: ${id} }
    reason: Refunds are signed`,
).join('\n')}
`;

/** Asked at both levels. */
const ROLES = ['support-manager', 'support-lead'];

export type ChainName = (typeof CHAIN_NAMES)[number];

/** Accounts in the workspace, by who holds them. */
export interface LinkedPeople {
  /** Asked at the first level. */
  readonly alice: string;
  readonly carol: string;
  /** Asked above them. */
  readonly dave: string;
  /** Asked at both, one for each kill, so that answers are told apart. */
  readonly helpers: Readonly<Record<Member, string>>;
}

/** Puts chains and policy in force and links the people. */
export async function introduceLadder(
  { admin }: Pick<Cast, 'admin'>,
  slack: FakeSlack,
): Promise<LinkedPeople> {
  for (const text of CHAINS)
    must(await admin.raw('POST', '/v1/chains', text, 'application/yaml'), 201);
  await publish(admin, 'refunds', POLICY, 'application/yaml');
  const helpers: [Member, string][] = [];
  for (const member of MEMBERS) {
    const id = `helper-${member}`;
    const person = { id, email: `${id}@example.com`, name: id, approverRoles: ROLES };
    must(await admin.post('/v1/users', { ...person, roles: ['Operator'] }), 201);
    helpers.push([member, await link(admin, slack, id)]);
  }
  return {
    alice: await link(admin, slack, 'alice'),
    carol: await link(admin, slack, 'carol'),
    dave: await link(admin, slack, 'dave'),
    helpers: Object.fromEntries(helpers) as LinkedPeople['helpers'],
  };
}

async function link(admin: Rest, slack: FakeSlack, name: string): Promise<string> {
  const { id, teamId } = slack.addUser({ name });
  must(await admin.post(`/v1/users/${name}/slack-identities`, { teamId, userId: id }), 201);
  return id;
}
