import type { ChainDefinition } from '../../core/escalation/chain';
import type { ConditionScope } from '../policy/document-scope';
import {
  fieldsOf,
  readBoolean,
  readChoice,
  readNumber,
  readText,
  required,
  type Fields,
  type Slot,
} from '../policy/read';
import { shown } from '../policy/source-tree';
import { readDurationMs } from './durations';
import { readLevels } from './levels';
import {
  readAssurance,
  readAuto,
  readBusinessHours,
  readEscalateWhen,
  readNotifyOn,
  readRationale,
  readRejection,
  readSeparation,
  warnNotInForce,
} from './rules';
import { itemsOf, readSlug, readWhole } from './scalars';

/** A chain as a document says it; whoever stores it counts the versions. */
export type ChainContent = Omit<ChainDefinition, 'version'>;

const HOUR_MS = 3_600_000;
const DOCUMENT_NAMES = {
  known: [
    'apiVersion',
    'kind',
    'metadata',
    'levels',
    'advance',
    'on_final_timeout',
    'escalate_when',
    'rejection',
    'rationale',
    'separation',
    'on_empty_approvers',
    'assurance',
    'auto',
    'business_hours',
    'standing_grants',
    'break_glass',
    'notify_on',
    'valid_for',
  ],
};

/** Reads a chain. Everything it cannot read is reported; the result counts only without errors. */
export function readChain(
  slot: Slot,
  expectedId: string | undefined,
  scope: ConditionScope,
): ChainContent | undefined {
  const { diagnostics } = slot;
  const fields = fieldsOf(slot, DOCUMENT_NAMES);
  if (fields === undefined) return undefined;
  readChoice(required(fields, 'apiVersion', diagnostics), ['countersign/v1']);
  readChoice(required(fields, 'kind', diagnostics), ['ApprovalChain']);
  const id = readMetadata(required(fields, 'metadata', diagnostics), expectedId);
  const onEmpty = readChoice(fields.get('on_empty_approvers'), ['next_level', 'reject']);
  const levels = readLevels(
    required(fields, 'levels', diagnostics),
    scope,
    onEmpty === 'reject' ? onEmpty : undefined,
  );
  const rejection = readRejection(fields.get('rejection'));
  const businessHours = readBusinessHours(fields.get('business_hours'), scope);
  checkNotInForce(fields);
  const content = {
    levels,
    advance: readChoice(fields.get('advance'), ['on_escalation', 'each_level']) ?? 'on_escalation',
    onFinalTimeout:
      readChoice(fields.get('on_final_timeout'), ['reject', 'approve', 'park']) ?? 'reject',
    ...readEscalateWhen(fields.get('escalate_when'), rejection, levels),
    rejection,
    rationale: readRationale(fields.get('rationale')),
    separation: readSeparation(fields.get('separation')),
    assurance: readAssurance(fields.get('assurance')),
    auto: readAuto(fields.get('auto'), scope),
    notifyOn: readNotifyOn(fields.get('notify_on')),
    validForMs: readDurationMs(fields.get('valid_for')) ?? HOUR_MS,
    ...(businessHours === undefined ? {} : { businessHours }),
  } as const;
  return id === undefined ? undefined : { id, ...content };
}

function readMetadata(slot: Slot | undefined, expectedId: string | undefined): string | undefined {
  const known = ['id', 'version', 'description', 'owner', 'labels'];
  const fields = slot === undefined ? undefined : fieldsOf(slot, { known });
  if (slot === undefined || fields === undefined) return undefined;
  const { diagnostics } = slot;
  const idSlot = required(fields, 'id', diagnostics);
  const id = readSlug(idSlot);
  if (id !== undefined && idSlot !== undefined && id !== (expectedId ?? id)) {
    const message = `the document calls itself \`${shown(id)}\`, but it is sent as \`${shown(expectedId ?? '')}\``;
    diagnostics.error('id_mismatch', idSlot.node, idSlot.path, message, expectedId);
  }
  const version = fields.get('version');
  if (version !== undefined) readNumber(version, false);
  readText(fields.get('description'));
  readText(fields.get('owner'));
  checkLabels(fields.get('labels'));
  return id;
}

function checkLabels(slot: Slot | undefined): void {
  if (slot === undefined) return;
  const { node } = slot;
  const names = node.kind === 'map' ? [...node.members.keys()] : [];
  const fields = fieldsOf(slot, { known: names });
  for (const name of names) readText(fields?.get(name), 200);
}

/** Both would only loosen what the chain asks, so keeping them without effect is the safe side. */
function checkNotInForce(fields: Fields): void {
  const grants = fields.get('standing_grants');
  const grantFields =
    grants === undefined
      ? undefined
      : fieldsOf(grants, { known: ['allowed', 'max_ttl', 'max_uses'] });
  readBoolean(grantFields?.get('allowed'));
  readDurationMs(grantFields?.get('max_ttl'));
  readWhole(grantFields?.get('max_uses'), 1, 1_000_000);
  const glass = fields.get('break_glass');
  const glassFields =
    glass === undefined
      ? undefined
      : fieldsOf(glass, { known: ['groups', 'notify', 'review_within'] });
  for (const group of itemsOf(glassFields?.get('groups'))) readSlug(group);
  readChoice(glassFields?.get('notify'), ['all_skipped']);
  readDurationMs(glassFields?.get('review_within'));
  warnNotInForce(fields, 'standing_grants');
  warnNotInForce(fields, 'break_glass');
}
