import type { TimeTest } from '../../core/policy/document';
import { parseTimeWindow } from '../../core/policy/time-window';
import type { ConditionScope } from './document-scope';
import { readText, type Slot } from './read';

const ABBREVIATION = /^[A-Z]{2,5}$/;
const NOT_ABBREVIATED = ['UTC', 'GMT'];

export function readTimeTest(
  operator: TimeTest['operator'],
  slot: Slot,
  { compilers }: ConditionScope,
): TimeTest | undefined {
  const text = readText(slot);
  if (text === undefined) return undefined;
  const { node, path, diagnostics } = slot;
  const parsed = parseTimeWindow(text);
  if (!parsed.ok) return diagnostics.error('invalid_time_window', node, path, parsed.problem);
  const { window } = parsed;
  const { zone } = window;
  if (compilers !== undefined && compilers.zones.resolve(zone) === undefined) {
    const message = `unknown or ambiguous time zone \`${zone}\``;
    return diagnostics.error(
      'unknown_zone',
      node,
      path,
      message,
      'use a name such as America/New_York',
    );
  }
  if (ABBREVIATION.test(zone) && !NOT_ABBREVIATED.includes(zone)) {
    const message = `\`${zone}\` is one fixed offset all year, without daylight saving time`;
    diagnostics.warning(
      'zone_abbreviation',
      node,
      path,
      message,
      'use a name such as America/New_York',
    );
  }
  return { kind: 'time', operator, window };
}
