import { engageKillSwitchBody, toEngageKillSwitchInput } from '../../src/contract/kill-switches';
import { parseInput } from '../../src/contract/parse-input';
import { isDomainError } from '../../src/core/errors';

const read = (body: object) =>
  toEngageKillSwitchInput(parseInput(engageKillSwitchBody, { reason: 'drill', ...body }));
const problemsOf = (body: object): unknown => {
  try {
    return read(body);
  } catch (error) {
    return isDomainError(error) ? error.details.problems : error;
  }
};

describe('engageKillSwitchBody', () => {
  it('a reason alone stops everything, gravely', () => {
    expect(read({})).toEqual({ scope: 'global', severity: 'critical', reason: 'drill' });
  });

  it.each([
    [
      { scope: 'tool', target: 'pay.card' },
      { scope: 'action', target: 'pay.card' },
    ],
    [
      { scope: 'action', target: '_pay' },
      { scope: 'action', target: '_pay' },
    ],
    [
      { scope: 'team', target: ' Care désk ' },
      { scope: 'team', target: 'Care désk' },
    ],
    [{ scope: 'tenant' }, { scope: 'tenant' }],
    [
      { id: '0192F0C1-2345-7ABC-8DEF-0123456789AB' },
      { scope: 'global', id: '0192f0c1-2345-7abc-8def-0123456789ab' },
    ],
  ])('%j becomes %j', (body, input) => {
    expect(read(body)).toEqual({ severity: 'critical', reason: 'drill', ...input });
  });

  it.each([
    ['environment', 'a b'],
    ['team', '   '],
    ['agent', 'agent:bot'],
    ['action', 'pay card'],
    ['tag', ''],
  ])('a %s can never be named %j, so it is refused', (scope, target) => {
    expect(problemsOf({ scope, target })).toMatchObject([
      { path: 'target', message: expect.stringContaining(`no ${scope} can be named so`) as string },
    ]);
  });

  it.each(['environment', 'team', 'agent', 'action', 'tool', 'tag'])(
    'scope %s without a target is refused',
    (scope) => {
      expect(problemsOf({ scope })).toMatchObject([
        { path: 'target', message: expect.stringContaining('is required') as string },
      ]);
    },
  );

  it.each([{}, { scope: 'global' }, { scope: 'tenant' }])('%j takes no target', (body) => {
    expect(problemsOf({ ...body, target: 'bot' })).toMatchObject([{ path: 'target' }]);
  });
});
