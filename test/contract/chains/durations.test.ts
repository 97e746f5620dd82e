import fc from 'fast-check';
import { parseDurationMs } from '../../../src/contract/chains/durations';
import { durationText } from '../../../src/core/escalation/describe-chain';

describe('parseDurationMs', () => {
  it.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1d2h3m4s', 93_784_000],
    ['366d', 366 * 86_400_000],
    ['367d', undefined],
    ['', undefined],
    ['0s', undefined],
    ['30', undefined],
    ['30 m', undefined],
    ['30m1h', undefined],
    ['1.5h', undefined],
    ['-1h', undefined],
    ['1w', undefined],
  ])('reads %j as %j', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it('reads back what is shown of durations of at most two units', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(23), (days, hours) => {
        fc.pre(days + hours > 0);
        const ms = days * 86_400_000 + hours * 3_600_000;
        expect(parseDurationMs(durationText(ms).replace(/ /g, ''))).toBe(ms);
      }),
    );
  });
});
