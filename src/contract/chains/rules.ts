import { ASSURANCES } from '../../core/escalation/assurance';
import type {
  AssuranceRule,
  AutoRule,
  ChainDefinition,
  ChainLevel,
  NotifyOn,
  RejectionRule,
} from '../../core/escalation/chain';
import type { TimeWindow } from '../../core/policy/time-window';
import { parseTimeWindow } from '../../core/policy/time-window';
import type { ConditionScope } from '../policy/document-scope';
import {
  childPath,
  fieldsOf,
  guessed,
  readBoolean,
  readChoice,
  readText,
  required,
  withGuess,
  wrongType,
  type Fields,
  type Slot,
} from '../policy/read';
import { shown } from '../policy/source-tree';
import { checkZone, readTimeTest } from '../policy/time-test';
import { readTarget } from './approvers';
import { itemsOf, readNeed, readRisk, readWhole } from './scalars';

const MAX_ENTRIES = 50;
const MAX_REJECTIONS = 100;

type Levels = readonly Pick<ChainLevel, 'name' | 'number'>[];

/** Items of a list of rules; more than anybody writes by hand is refused. */
function entriesOf(slot: Slot | undefined): readonly Slot[] {
  const entries = itemsOf(slot);
  if (slot === undefined || entries.length <= MAX_ENTRIES) return entries;
  wrongType(slot, `at most ${String(MAX_ENTRIES)} entries`);
  return [];
}

/** `veto`, `escalate`, `{ quorum: N }`, or the text `quorum: N`. */
export function readRejection(slot: Slot | undefined): RejectionRule {
  if (slot === undefined) return { kind: 'veto' };
  const { node } = slot;
  if (node.kind === 'map') {
    const fields = fieldsOf(slot, { known: ['quorum'] });
    const quorum = fields === undefined ? undefined : required(fields, 'quorum', slot.diagnostics);
    return { kind: 'quorum', count: readWhole(quorum, 1, MAX_REJECTIONS) ?? 1 };
  }
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value.trim() : '';
  const count = Number(/^quorum:\s*(\d{1,3})$/.exec(text)?.[1]);
  if (count >= 1 && count <= MAX_REJECTIONS) return { kind: 'quorum', count };
  if (text === 'escalate' || text === 'veto') return { kind: text };
  wrongType(slot, '`veto`, `escalate` or `quorum: N`');
  return { kind: 'veto' };
}

export type EscalateWhen = Pick<
  ChainDefinition,
  'escalateAtRisk' | 'rejectionsAtLeast' | 'startLevels'
>;

/** The keys are alternatives: each by itself passes a request upward. */
export function readEscalateWhen(
  slot: Slot | undefined,
  rejection: RejectionRule,
  levels: Levels,
): EscalateWhen {
  const known = ['risk_at_least', 'rejections_at_least', 'start_level'];
  const fields = slot === undefined ? undefined : fieldsOf(slot, { known });
  if (fields === undefined) return { startLevels: [] };
  const escalateAtRisk = readRisk(fields.get('risk_at_least'));
  const countSlot = fields.get('rejections_at_least');
  const rejectionsAtLeast = readWhole(countSlot, 1, MAX_REJECTIONS);
  if (countSlot !== undefined && rejection.kind === 'veto') {
    const { node, path, diagnostics } = countSlot;
    const message =
      'under `rejection: veto` the first no ends the request, so a second one is never counted';
    const hint = 'add `rejection: escalate`, or `rejection: { quorum: N }`';
    diagnostics.error('needs_rejection_rule', node, path, message, hint);
  }
  const starts = entriesOf(fields.get('start_level')).map((each) => readStartLevel(each, levels));
  return {
    startLevels: starts.filter((start) => start !== undefined),
    ...(escalateAtRisk === undefined ? {} : { escalateAtRisk }),
    ...(rejectionsAtLeast === undefined ? {} : { rejectionsAtLeast }),
  };
}

function readStartLevel(
  slot: Slot,
  levels: Levels,
): ChainDefinition['startLevels'][number] | undefined {
  const { diagnostics } = slot;
  const fields = fieldsOf(slot, { known: ['risk_at_least', 'level'] });
  if (fields === undefined) return undefined;
  const riskAtLeast = readRisk(required(fields, 'risk_at_least', diagnostics));
  const level = readLevelReference(required(fields, 'level', diagnostics), levels);
  return riskAtLeast === undefined || level === undefined ? undefined : { riskAtLeast, level };
}

/** A level by its name, or by its number from 1. */
function readLevelReference(slot: Slot | undefined, levels: Levels): number | undefined {
  if (slot === undefined) return undefined;
  const { node, path, diagnostics } = slot;
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') {
    return wrongType(slot, 'the name or the number of a level');
  }
  const found =
    levels.find(({ name }) => name === value) ?? levels.find(({ number }) => number === value);
  if (found !== undefined) return found.number;
  const names = levels.map(({ name }) => name);
  const nearest = guessed(diagnostics, String(value), names);
  const message = withGuess(`no level is called \`${shown(String(value))}\``, nearest);
  return diagnostics.error('unknown_level', node, path, message, nearest);
}

export function readRationale(slot: Slot | undefined): ChainDefinition['rationale'] {
  const known = ['approve', 'reject', 'min_length'];
  const fields = slot === undefined ? undefined : fieldsOf(slot, { known });
  return {
    approve: readNeed(fields?.get('approve')) ?? 'required',
    reject: readNeed(fields?.get('reject')) ?? 'required',
    minLength: readWhole(fields?.get('min_length'), 1, 1_000) ?? 1,
  };
}

/** I-5: the requester never decides, so `requester` takes one word. */
export function readSeparation(slot: Slot | undefined): ChainDefinition['separation'] {
  const known = ['requester', 'agent_owner', 'distinct_across_levels'];
  const fields = slot === undefined ? undefined : fieldsOf(slot, { known });
  const requester = fields?.get('requester');
  if (readChoice(requester, ['exclude', 'allow']) === 'allow' && requester !== undefined) {
    const { node, path, diagnostics } = requester;
    const message = 'whoever asks for an action never decides it, in any chain';
    diagnostics.error('requester_decides', node, path, message, 'exclude');
  }
  return {
    requester: 'exclude',
    agentOwner: readChoice(fields?.get('agent_owner'), ['exclude', 'allow']) ?? 'exclude',
    distinctAcrossLevels: readBoolean(fields?.get('distinct_across_levels')) ?? true,
  };
}

export function readAssurance(slot: Slot | undefined): readonly AssuranceRule[] {
  const rules = entriesOf(slot).map((entry): AssuranceRule | undefined => {
    const fields = fieldsOf(entry, { known: ['risk_at_least', 'require', 'surface'] });
    if (fields === undefined) return undefined;
    const demand = readChoice(fields.get('require'), ASSURANCES);
    const surface = readChoice(fields.get('surface'), ['dashboard']);
    if (fields.get('require') === undefined && fields.get('surface') === undefined) {
      return wrongType(entry, '`require`, `surface`, or both');
    }
    return {
      riskAtLeast: readRisk(fields.get('risk_at_least')) ?? 0,
      ...(demand === undefined ? {} : { require: demand }),
      ...(surface === undefined ? {} : { surface }),
    };
  });
  return rules.filter((rule) => rule !== undefined);
}

export function readAuto(slot: Slot | undefined, scope: ConditionScope): readonly AutoRule[] {
  const rules = entriesOf(slot).map((entry): AutoRule | undefined => {
    const { diagnostics } = entry;
    const fields = fieldsOf(entry, { known: ['when', 'then'] });
    if (fields === undefined) return undefined;
    const when = readAutoWhen(required(fields, 'when', diagnostics), scope);
    const outcome = readChoice(required(fields, 'then', diagnostics), ['approve', 'reject']);
    return when === undefined || outcome === undefined ? undefined : { when, outcome };
  });
  return rules.filter((rule) => rule !== undefined);
}

/** Every given key has to hold. */
function readAutoWhen(slot: Slot | undefined, scope: ConditionScope): AutoRule['when'] | undefined {
  if (slot === undefined) return undefined;
  const known = ['risk_at_most', 'risk_at_least', 'within', 'outside'];
  const fields = fieldsOf(slot, { known });
  if (fields === undefined) return undefined;
  if (fields.names.length === 0) return wrongType(slot, `one of ${known.join(', ')}`);
  const window = (name: string): TimeWindow | undefined => {
    const part = fields.get(name);
    return part === undefined ? undefined : readTimeTest('time_within', part, scope)?.window;
  };
  const riskAtMost = readRisk(fields.get('risk_at_most'));
  const riskAtLeast = readRisk(fields.get('risk_at_least'));
  const within = window('within');
  const outside = window('outside');
  return {
    ...(riskAtMost === undefined ? {} : { riskAtMost }),
    ...(riskAtLeast === undefined ? {} : { riskAtLeast }),
    ...(within === undefined ? {} : { within }),
    ...(outside === undefined ? {} : { outside }),
  };
}

const WEEKDAYS = /^[a-z]{3}(?:[-,][a-z]{3})*$/i;

/** `{ timezone, clock: "09:00-18:00 mon-fri" }`; the weekdays may stand first or last. */
export function readBusinessHours(
  slot: Slot | undefined,
  { compilers }: ConditionScope,
): TimeWindow | undefined {
  if (slot === undefined) return undefined;
  const { diagnostics } = slot;
  const fields = fieldsOf(slot, { known: ['timezone', 'clock'] });
  if (fields === undefined) return undefined;
  const zoneSlot = required(fields, 'timezone', diagnostics);
  const clockSlot = required(fields, 'clock', diagnostics);
  const zone = readText(zoneSlot, 60);
  const clock = readText(clockSlot, 100);
  if (zone === undefined || zoneSlot === undefined) return undefined;
  if (clock === undefined || clockSlot === undefined) return undefined;
  const words = clock
    .trim()
    .replace(/\s*([-,])\s*/g, '$1')
    .split(/\s+/);
  const last = words.at(-1) ?? '';
  const ordered = words.length > 1 && WEEKDAYS.test(last) ? [last, ...words.slice(0, -1)] : words;
  const parsed = parseTimeWindow([...ordered, zone].join(' '));
  if (!parsed.ok) {
    const message = 'expected hours and weekdays such as `09:00-18:00 mon-fri`';
    return diagnostics.error('invalid_time_window', clockSlot.node, clockSlot.path, message);
  }
  return checkZone(zoneSlot, parsed.window.zone, compilers) ? parsed.window : undefined;
}

export function readNotifyOn(slot: Slot | undefined): NotifyOn {
  const known = ['approved', 'rejected', 'expired'];
  const fields: Fields | undefined = slot === undefined ? undefined : fieldsOf(slot, { known });
  const targets = (name: string): NotifyOn['approved'] =>
    entriesOf(fields?.get(name))
      .map(readTarget)
      .filter((target) => target !== undefined);
  return {
    approved: targets('approved'),
    rejected: targets('rejected'),
    expired: targets('expired'),
  };
}

/** Warns of a part that loads and is kept but that nothing acts on. */
export function warnNotInForce(fields: Fields, name: string): void {
  const slot = fields.get(name);
  if (slot === undefined) return;
  const message = `\`${name}\` is kept in the text, nothing applies it yet`;
  slot.diagnostics.warning('not_in_force', slot.node, childPath(fields.path, name), message);
}
