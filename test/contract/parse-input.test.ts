import { z } from 'zod';
import { nearestName } from '../../src/contract/nearest-name';
import { parseInput } from '../../src/contract/parse-input';
import { isDomainError, type Problem } from '../../src/core/errors';

const schema = z.strictObject({
  agent: z.string(),
  level: z.int().default(1),
  nested: z
    .strictObject({ approverRole: z.string().exactOptional(), list: z.array(z.int()).default([]) })
    .exactOptional(),
  items: z.array(z.strictObject({ name: z.string() })).default([]),
});

function problems(input: unknown, reserved = {}): readonly Problem[] {
  try {
    parseInput(schema, input, reserved);
  } catch (error) {
    if (isDomainError(error)) return error.details.problems ?? [];
    throw error;
  }
  return [];
}

describe('parseInput', () => {
  it('gives the value with defaults', () => {
    expect(parseInput(schema, { agent: 'a' })).toEqual({ agent: 'a', level: 1, items: [] });
  });

  it.each<[unknown, Problem[]]>([
    [{}, [{ path: 'agent', message: 'is required (string)' }]],
    [null, [{ path: '', message: 'Invalid input: expected object, received null' }]],
    [
      { agent: 'a', agnet: 'b' },
      [{ path: 'agnet', message: 'unknown field; did you mean "agent"?' }],
    ],
    [
      { agent: 'a', zzz: 1 },
      [{ path: 'zzz', message: 'unknown field; valid are agent, level, nested, items' }],
    ],
    [
      { agent: 'a', nested: { approver_role: 'x' } },
      [{ path: 'nested.approver_role', message: 'unknown field; did you mean "approverRole"?' }],
    ],
    [
      { agent: 'a', items: [{ name: 'x' }, { nam: 'y' }] },
      [
        { path: 'items.1.name', message: 'is required (string)' },
        { path: 'items.1.nam', message: 'unknown field; did you mean "name"?' },
      ],
    ],
    [
      { agent: 'a', engine: 'P' },
      [{ path: 'engine', message: 'not available in this version: leave it out' }],
    ],
    [{ agent: 'a', toString: 1 }, [{ path: 'toString', message: expect.any(String) as string }]],
  ])('names the problems of %j', (input, expected) => {
    expect(problems(input, { engine: 'leave it out' })).toEqual(expected);
  });

  it('lists at most 50 problems and shortens long names', () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`${'x'.repeat(100)}${String(i)}`, 1]),
    );
    const found = problems({ agent: 'a', ...many });
    expect(found).toHaveLength(50);
    expect(found[0]?.path).toHaveLength(60);
  });

  it('never repeats a value that was sent', () => {
    const found = problems({ agent: 42_4242, level: 'hunter2', nested: 'hunter2' });
    expect(found).toHaveLength(3);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|424242/);
  });
});

describe('nearestName', () => {
  const valid = ['agent', 'action', 'idempotencyKey', 'id'];

  it.each([
    ['agnet', 'agent'],
    ['Agent', 'agent'],
    ['idempotency-key', 'idempotencyKey'],
    ['IDEMPOTENCY_KEY', 'idempotencyKey'],
    ['actions', 'action'],
    ['ix', 'id'],
    ['recipient', undefined],
    ['x'.repeat(5_000), undefined],
    ['', undefined],
  ])('of %j is %s', (written, expected) => {
    expect(nearestName(written, valid)).toBe(expected);
  });
});
