import { randomUUID } from 'node:crypto';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection';
import { registerNamespaceAndSearchAttributes } from '../../src/temporal/namespace';
import { installTemporalRuntime } from '../../src/temporal/runtime';
import { SEARCH_ATTRIBUTES } from '../../src/temporal/search-attributes';
import { testServers } from '../support/test-servers';
import { silent } from '../workflows/engine';

jest.setTimeout(60_000);

const DAY_S = 86_400;

describe('registerNamespaceAndSearchAttributes', () => {
  const namespace = `test-${randomUUID()}`;
  let temporal: TemporalConnection;
  beforeAll(async () => {
    installTemporalRuntime(silent);
    temporal = await connectTemporal({ address: testServers().temporal.address, namespace });
  });
  afterAll(() => temporal.close());

  const register = (retentionDays: number, name = namespace): Promise<void> =>
    registerNamespaceAndSearchAttributes({
      ...temporal,
      namespace: name,
      retentionDays,
      logger: silent,
    });
  const retentionDays = async (): Promise<number> => {
    const { config } = await temporal.connection.workflowService.describeNamespace({ namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds) / DAY_S;
  };

  it('makes a namespace with its retention and every search attribute, from several processes at once', async () => {
    await Promise.all([register(7), register(7)]);
    expect(await retentionDays()).toBe(7);
    const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({
      namespace,
    });
    expect(Object.keys(customAttributes)).toEqual(
      expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)),
    );
  });

  it('changes nothing the second time', async () => {
    await expect(register(7)).resolves.toBeUndefined();
    expect(await retentionDays()).toBe(7);
  });

  it('lengthens retention and never shortens it', async () => {
    await register(30);
    expect(await retentionDays()).toBe(30);
    await register(7);
    expect(await retentionDays()).toBe(30);
  });

  it('refuses a search attribute that exists with another type, by name', async () => {
    const other = `test-${randomUUID()}`;
    await temporal.connection.workflowService.registerNamespace({
      namespace: other,
      workflowExecutionRetentionPeriod: { seconds: DAY_S as never },
    });
    await temporal.connection.operatorService.addSearchAttributes({
      namespace: other,
      searchAttributes: { CountersignState: 3 },
    });
    await expect(register(7, other)).rejects.toMatchObject({
      code: 'configuration_error',
      details: { what: expect.stringContaining('CountersignState') as unknown },
    });
  });
});

describe('connectTemporal', () => {
  it('says what is wrong when nothing answers at the address', async () => {
    await expect(
      connectTemporal({ address: '127.0.0.1:1', namespace: 'default', connectTimeoutMs: 2_000 }),
    ).rejects.toMatchObject({
      code: 'unavailable',
      details: {
        what: 'Temporal does not answer at 127.0.0.1:1.',
        howToFix: expect.stringContaining('TEMPORAL_ADDRESS') as unknown,
      },
    });
  });
});

describe('SEARCH_ATTRIBUTES', () => {
  it('fits the columns that SQL visibility has: 10 Keyword, 3 Int, 3 Datetime', () => {
    const count = (type: string): number =>
      Object.values(SEARCH_ATTRIBUTES).filter((each) => each === type).length;
    expect(count('Keyword')).toBeLessThanOrEqual(10);
    expect(count('Int')).toBeLessThanOrEqual(3);
    expect(count('Datetime')).toBeLessThanOrEqual(3);
    expect(SEARCH_ATTRIBUTES).toMatchObject({
      CountersignState: 'Keyword',
      CountersignDueAt: 'Datetime',
      CountersignRisk: 'Int',
    });
  });
});
