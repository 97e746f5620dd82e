import { boundedCall } from '../../src/temporal/bounded-call';

const connection = { withDeadline: <R>(_: number, call: () => Promise<R>): Promise<R> => call() };

describe('boundedCall', () => {
  it('gives the answer that comes in time', async () => {
    await expect(boundedCall(connection, 1_000, async () => 7)).resolves.toBe(7);
  });

  it('passes on the failure that comes in time', async () => {
    const down = () => Promise.reject(new Error('down'));
    await expect(boundedCall(connection, 1_000, down)).rejects.toThrow('down');
  });

  it('gives up on a call that keeps trying, and a late failure disturbs nobody', async () => {
    const late = () =>
      new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error('late')), 60);
      });
    await expect(boundedCall(connection, 20, late)).rejects.toMatchObject({ code: 4 });
    await new Promise((resolve) => setTimeout(resolve, 80));
  });
});
