import { toolProfile, withToolOf } from '../../../src/core/risk/tool-profile';
import { inputOf } from '../policy/policy-builders';

describe('toolProfile', () => {
  it.each([undefined, null, 'x', {}, { a: {} }, { a: null }, { a: { reversibility: 'maybe' } }])(
    'knows nothing from %j',
    (registered) => {
      expect(toolProfile(registered)).toEqual({});
    },
  );

  it('keeps the tools whose reversibility is known, and nothing else of them', () => {
    const about = { reversibility: 'irreversible', description: 'Wipes', argsSchema: {} };
    expect(toolProfile({ wipe: about, look: { description: 'Looks' } })).toEqual({
      tools: { wipe: { reversibility: 'irreversible' } },
    });
  });
});

describe('withToolOf', () => {
  const { agent } = inputOf().request;
  const tools = {
    wipe: { reversibility: 'irreversible' },
    look: { reversibility: 'read' },
  } as const;

  it('leaves the one tool that a decision read', () => {
    expect(withToolOf({ ...agent, tools }, 'wipe')).toEqual({
      ...agent,
      tools: { wipe: tools.wipe },
    });
    expect(withToolOf({ ...agent, tools }, 'constructor')).toEqual(agent);
    expect(withToolOf(agent, 'wipe')).toEqual(agent);
  });
});
