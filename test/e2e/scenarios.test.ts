import { parse } from 'yaml';
import type { EvaluationView, ExecutionView } from '../../src/core/execution/view';
import type { JsonObject } from '../../src/core/json';
import { type Cast, must, publish, scenarioFile } from '../support/cast';
import {
  FIRST_START_LIMIT_MS,
  type RunningProduct,
  startProduct,
} from '../support/running-product';

interface Case {
  readonly file: string;
  readonly action: string;
  readonly environment?: string;
  readonly time?: string;
  readonly args?: JsonObject;
  readonly recipients?: number;
  readonly domain?: string;
  readonly context?: JsonObject;
  readonly exceptionRequested?: boolean;
  readonly justification?: string;
  readonly verdict: string;
  readonly rules?: readonly string[];
  readonly approver_role?: string;
}

const CASES = parse(scenarioFile('cases.yaml')) as readonly Case[];
const FILES = [...new Set(CASES.map(({ file }) => file))];

function requestOf(example: Case): JsonObject {
  const { action, environment, context, exceptionRequested, justification } = example;
  const to = Array.from(
    { length: example.recipients ?? 0 },
    (_, index) => `person${String(index)}@${example.domain ?? ''}`,
  );
  const args =
    example.recipients === undefined ? (example.args ?? {}) : { to, subject: 's', body: 'b' };
  return {
    agent: 'support-bot',
    action,
    args,
    ...(environment === undefined ? {} : { environment }),
    ...(context === undefined ? {} : { context }),
    ...(exceptionRequested === undefined ? {} : { exceptionRequested }),
    ...(justification === undefined ? {} : { justification }),
  };
}

/** The files are published one after the other under one id, so each stands alone. */
describe.each(FILES)('%s over live HTTP', (file) => {
  const examples = CASES.filter((example) => example.file === file).map(
    (example, index) => [`${example.action} #${String(index + 1)}`, example] as const,
  );

  beforeAll(async () => {
    const type = file.endsWith('.yaml') ? 'application/yaml' : 'application/json';
    await publish(cast.admin, 'support', scenarioFile(file), type);
  });

  it.each(examples)('evaluates %s as documented', async (_name, example) => {
    const { time } = example;
    const body = { ...requestOf(example), ...(time === undefined ? {} : { time }) };
    const view = must(await cast.bot.post<EvaluationView>('/v1/policies/evaluate', body), 200);
    expect(view.verdict).toBe(example.verdict);
    expect(view.matched.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining([...(example.rules ?? [])]),
    );
    if (example.approver_role !== undefined)
      expect(view.requirements).toContainEqual(
        expect.objectContaining({ approverRole: example.approver_role }),
      );
  });

  // A real decision is made now, so examples of another time are not among these.
  const real = examples.filter(([, { time }]) => time === undefined);
  if (real.length > 0)
    it.each(real)('decides a real submission of %s alike', async (_name, example) => {
      const answer = await cast.bot.post<ExecutionView>('/v1/executions', requestOf(example));
      const view = must(answer, example.verdict === 'REQUIRE_APPROVAL' ? 202 : 200);
      expect(view.verdict).toBe(example.verdict);
      expect(view.mayRun).toBe(example.verdict === 'ALLOW');
      if (example.approver_role !== undefined)
        expect(view.approval?.approvers).toContain(example.approver_role);
    });
});

let product: RunningProduct;
let cast: Cast;
beforeAll(async () => {
  product = await startProduct();
  ({ cast } = product);
  must(
    await cast.admin.put('/v1/lists/customer_domains', { values: ['acme.com', 'example.org'] }),
    200,
  );
  // A level that nobody can decide is rejected at once, so every role has somebody.
  const approverRoles = ['approver', 'data-governance-lead', 'marketing-manager'];
  const erin = { id: 'erin', email: 'erin@example.com', approverRoles };
  must(await cast.admin.post('/v1/users', erin), 201);
}, FIRST_START_LIMIT_MS);
afterAll(() => product.stop(), 60_000);
