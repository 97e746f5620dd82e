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
  if (!checkZone(slot, window.zone, compilers)) return undefined;
  return { kind: 'time', operator, window };
}

/** Reports a zone that no clock knows; warns of an abbreviation. */
export function checkZone(
  { node, path, diagnostics }: Slot,
  zone: string,
  compilers: ConditionScope['compilers'],
): boolean {
  const hint = 'use a name such as America/New_York';
  if (compilers !== undefined && compilers.zones.resolve(zone) === undefined) {
    const message = `unknown or ambiguous time zone \`${zone}\``;
    diagnostics.error('unknown_zone', node, path, message, hint);
    return false;
  }
  if (ABBREVIATION.test(zone) && !NOT_ABBREVIATED.includes(zone)) {
    const message = `\`${zone}\` is one fixed offset all year, without daylight saving time`;
    diagnostics.warning('zone_abbreviation', node, path, message, hint);
  }
  return true;
}
