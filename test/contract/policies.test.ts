import { publishPolicyQuery } from '../../src/contract/policies';

describe('the id of a policy', () => {
  it('is any slug but the name under which the risk score stands among the matched rules', () => {
    expect(publishPolicyQuery.safeParse({ id: 'risks' }).success).toBe(true);
    expect(publishPolicyQuery.safeParse({ id: 'risk' }).success).toBe(false);
  });
});
