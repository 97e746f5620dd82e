import { DomainError } from '../../src/core/errors';
import { createLogger, type LoggerOptions } from '../../src/observability/logger';

function logged(
  level: LoggerOptions['level'],
  use: (logger: ReturnType<typeof createLogger>) => void,
): Record<string, unknown>[] {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  use(createLogger({ level, base: { role: 'api' }, destination }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  it('writes one JSON line with time, level, role, fields and message', () => {
    const [line] = logged('info', (logger) => {
      logger.info({ executionId: 'e-1' }, 'decided');
    });
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/) as string,
      role: 'api',
      executionId: 'e-1',
      msg: 'decided',
    });
  });

  it('leaves out what is below its level', () => {
    const lines = logged('warn', (logger) => {
      logger.info({}, 'a');
      logger.warn({}, 'b');
      logger.error({}, 'c');
    });
    expect(lines.map(({ msg }) => msg)).toEqual(['b', 'c']);
  });

  it.each([
    [{ authorization: 'Bearer cs_secret' }],
    [{ headers: { authorization: 'Bearer cs_secret' } }],
    [{ config: { databaseUrl: 'postgres://u:cs_secret@h/d' } }],
    [{ reply: { body: { key: 'cs_secret' } } }],
    [{ args: { iban: 'cs_secret' } }],
    [{ input: { context: { user: 'cs_secret' } } }],
  ])('blanks secrets and what agents wrote: %j', (fields) => {
    const lines = logged('info', (logger) => {
      logger.info(fields, 'x');
    });
    expect(JSON.stringify(lines)).toContain('[redacted]');
    expect(JSON.stringify(lines)).not.toContain('cs_secret');
  });

  it('I-13: text with line breaks stays inside its line', () => {
    const lines = logged('info', (logger) => {
      logger.info({ agent: 'a\n{"level":"error"}' }, 'x\ny');
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ agent: 'a\n{"level":"error"}', msg: 'x\ny' });
  });

  it('writes an error with its message, stack and cause', () => {
    const [line] = logged('info', (logger) => {
      const cause = new Error('connection refused');
      logger.error({ err: new DomainError('unavailable', { cause }) }, 'request failed');
    });
    expect(line?.err).toMatchObject({
      stack: expect.stringContaining('connection refused') as string,
    });
  });
});
