import type { ChainLevel } from '../../core/escalation/chain';
import { readCondition } from '../policy/condition';
import type { ConditionScope } from '../policy/document-scope';
import {
  fieldsOf,
  readChoice,
  required,
  wrongType,
  type FieldNames,
  type Slot,
} from '../policy/read';
import { shown } from '../policy/source-tree';
import { readGroups } from './approvers';
import { readDurationMs, readRemindersMs } from './durations';
import { itemsOf, readTitle } from './scalars';

const MAX_LEVELS = 20;
const LEVEL_NAMES: FieldNames = {
  known: ['name', 'approvers', 'quorum', 'timeout', 'reminders', 'on_timeout', 'when'],
};

/** Reads the levels from the first asked to the last; what cannot be read is reported and left out. */
export function readLevels(
  slot: Slot | undefined,
  scope: ConditionScope,
  onEmpty: 'reject' | undefined,
): readonly ChainLevel[] {
  if (slot === undefined) return [];
  const items = itemsOf(slot);
  if (items.length === 0 || items.length > MAX_LEVELS) {
    wrongType(slot, `1 to ${String(MAX_LEVELS)} levels`);
    return [];
  }
  const read = items.map((item, index) => {
    const level = readLevel(item, index + 1, scope);
    return level === undefined || onEmpty === undefined ? level : { ...level, onEmpty };
  });
  reportRepeatedNames(items, read);
  return read.filter((level) => level !== undefined);
}

function readLevel(slot: Slot, number: number, scope: ConditionScope): ChainLevel | undefined {
  const { diagnostics } = slot;
  const fields = fieldsOf(slot, LEVEL_NAMES);
  if (fields === undefined) return undefined;
  const nameSlot = fields.get('name');
  const name = nameSlot === undefined ? `L${String(number)}` : readTitle(nameSlot);
  const groups = readGroups(required(fields, 'approvers', diagnostics), fields.get('quorum'));
  const timeoutMs = readDurationMs(required(fields, 'timeout', diagnostics));
  const remindersMs = readRemindersMs(fields.get('reminders'), timeoutMs);
  const onTimeout = readChoice(fields.get('on_timeout'), ['escalate', 'reject', 'approve', 'park']);
  const whenSlot = fields.get('when');
  const when = whenSlot === undefined ? undefined : readCondition(whenSlot, scope);
  if (name === undefined || groups === undefined || timeoutMs === undefined) return undefined;
  return {
    name,
    number,
    groups,
    timeoutMs,
    remindersMs,
    onTimeout: onTimeout ?? 'escalate',
    ...(when === undefined ? {} : { when }),
  };
}

/** Conditions, votes and start levels name a level, so a name means one. */
function reportRepeatedNames(
  items: readonly Slot[],
  levels: readonly (ChainLevel | undefined)[],
): void {
  const seen = new Set<string>();
  for (const [index, level] of levels.entries()) {
    const slot = items[index];
    if (level === undefined || slot === undefined) continue;
    if (seen.has(level.name)) {
      const message = `two levels have the name \`${shown(level.name)}\``;
      slot.diagnostics.error('duplicate_level', slot.node, slot.path, message);
    }
    seen.add(level.name);
  }
}
