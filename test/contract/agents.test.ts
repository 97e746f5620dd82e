import { registerAgentBody, toRegisterAgentInput } from '../../src/contract/agents';

const BASE = { owner: 'bob', riskLevel: 'medium', environment: 'prod' } as const;
const read = (body: object) => toRegisterAgentInput(registerAgentBody.parse({ ...BASE, ...body }));

describe('toRegisterAgentInput', () => {
  it.each([
    ['Support Bot', 'support-bot'],
    ['  Café №1 ', 'cafe-no1'],
    ['a'.repeat(100), 'a'.repeat(63)],
    [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
  ])('makes the id of the name %j: %s', (name, id) => {
    expect(read({ name }).id).toBe(id);
  });

  it('asks for an id when the name gives none', () => {
    expect(() => read({ name: '机器人' })).toThrow(
      expect.objectContaining({ code: 'validation_failed' }) as Error,
    );
  });

  it('acts only in its environment unless more are named', () => {
    expect(read({ id: 'a' }).environments).toEqual(['prod']);
    expect(read({ id: 'a', environments: ['prod', 'staging'] }).environments).toEqual([
      'prod',
      'staging',
    ]);
  });

  it('refuses environments without the agent’s own', () => {
    expect(
      registerAgentBody.safeParse({ ...BASE, id: 'a', environments: ['staging'] }).success,
    ).toBe(false);
  });

  it.each([[{ mode: 'proxy_only' }], [{ reversibility: 'maybe' }], [{ name: 'a b' }]])(
    'refuses a tool with %j',
    (about) => {
      expect(
        registerAgentBody.safeParse({ ...BASE, id: 'a', tools: [{ name: 'x', ...about }] }).success,
      ).toBe(false);
    },
  );

  it.each([
    ['a list', ['look', { name: 'wipe', reversibility: 'irreversible', description: 'Wipes' }]],
    ['names', { look: {}, wipe: { reversibility: 'irreversible', description: 'Wipes' } }],
  ])('takes tools as %s', (_, tools) => {
    expect(read({ id: 'a', tools }).tools).toEqual({
      look: {},
      wipe: { reversibility: 'irreversible', description: 'Wipes' },
    });
  });

  const many = Array.from({ length: 201 }, (_, index) => [`t${String(index)}`, {}] as const);

  it.each<[string, object]>([
    ['an unknown class', { wipe: { reversibility: 'maybe' } }],
    ['an unknown field', { wipe: { mode: 'proxy_only' } }],
    ['a text', { wipe: 'irreversible' }],
    ['a name that no action has', { 'a b': {} }],
    ['too many', Object.fromEntries(many)],
  ])('refuses tools by name with %s', (_, tools) => {
    expect(registerAgentBody.safeParse({ ...BASE, id: 'a', tools }).success).toBe(false);
  });
});
