import type { ApproverGroup, ApproverSelector, NotifyTarget } from '../../core/escalation/chain';
import {
  fieldsOf,
  readChoice,
  readItems,
  wrongType,
  type FieldNames,
  type Fields,
  type Slot,
} from '../policy/read';
import { readChannel, readSlug, readUser, readWhole } from './scalars';

const SELECTORS = ['role', 'group', 'user', 'manager_of', 'on_call', 'owner_of'] as const;
const SELECTOR_NAMES: FieldNames = { known: SELECTORS };
const ENTRY_NAMES: FieldNames = { known: [...SELECTORS, 'quorum'] };
const TARGET_NAMES: FieldNames = { known: [...SELECTORS, 'channel'] };
const MAX_QUORUM = 100;
const MAX_SELECTORS = 50;
const ONE_OF = 'exactly one of role, group, user, manager_of, on_call or owner_of';

/**
 * The groups of a level. `any_of` is one group of everybody named, with the level's quorum; `all_of` is one
 * group for each entry, each with a quorum of its own.
 */
export function readGroups(
  approvers: Slot | undefined,
  quorumSlot: Slot | undefined,
): readonly ApproverGroup[] | undefined {
  const quorum = readWhole(quorumSlot, 1, MAX_QUORUM);
  const fields =
    approvers === undefined ? undefined : fieldsOf(approvers, { known: ['any_of', 'all_of'] });
  if (approvers === undefined || fields === undefined) return undefined;
  const anyOf = fields.get('any_of');
  const allOf = fields.get('all_of');
  if ((anyOf === undefined) === (allOf === undefined)) {
    return wrongType(approvers, 'either `any_of` or `all_of`, with a list of approvers');
  }
  if (anyOf !== undefined) {
    const selectors = entriesOf(anyOf)?.map((entry) => readSelector(entry));
    if (selectors === undefined || selectors.includes(undefined)) return undefined;
    return [{ selectors: selectors.filter((each) => each !== undefined), quorum: quorum ?? 1 }];
  }
  if (quorumSlot !== undefined) {
    wrongType(quorumSlot, 'no quorum here: with `all_of` each entry has a `quorum` of its own');
  }
  const groups = allOf === undefined ? undefined : entriesOf(allOf)?.map(readEntry);
  if (groups === undefined || groups.includes(undefined)) return undefined;
  const known = groups.filter((group) => group !== undefined);
  const people = known.reduce((sum, group) => sum + group.quorum, 0);
  if (people > MAX_QUORUM) {
    return wrongType(approvers, `at most ${String(MAX_QUORUM)} people in all, by all quorums`);
  }
  return known;
}

function entriesOf(slot: Slot): readonly Slot[] | undefined {
  const entries = readItems(slot);
  if (entries === undefined || entries.length <= MAX_SELECTORS) return entries;
  return wrongType(slot, `at most ${String(MAX_SELECTORS)} approvers; make a group of them`);
}

function readEntry(slot: Slot): ApproverGroup | undefined {
  const fields = fieldsOf(slot, ENTRY_NAMES);
  if (fields === undefined) return undefined;
  const quorum = readWhole(fields.get('quorum'), 1, MAX_QUORUM) ?? 1;
  const selector = selectorFrom(slot, fields);
  return selector === undefined ? undefined : { selectors: [selector], quorum };
}

function readSelector(slot: Slot): ApproverSelector | undefined {
  const fields = fieldsOf(slot, SELECTOR_NAMES);
  return fields === undefined ? undefined : selectorFrom(slot, fields);
}

/** People, or a channel of a chat. */
export function readTarget(slot: Slot): NotifyTarget | undefined {
  const fields = fieldsOf(slot, TARGET_NAMES);
  if (fields === undefined) return undefined;
  const channelSlot = fields.get('channel');
  if (channelSlot === undefined) {
    const selector = selectorFrom(slot, fields);
    return selector === undefined ? undefined : { kind: 'people', selector };
  }
  if (fields.names.length > 1) return wrongType(slot, 'a channel or people, not both in one entry');
  const channel = readChannel(channelSlot);
  return channel === undefined ? undefined : { kind: 'channel', channel };
}

function selectorFrom(slot: Slot, fields: Fields): ApproverSelector | undefined {
  const given = SELECTORS.filter((name) => fields.names.includes(name));
  const [kind] = given;
  // A misspelt name has been reported with its correction.
  if (kind === undefined && fields.names.some((name) => name !== 'quorum')) return undefined;
  if (kind === undefined || given.length > 1) return wrongType(slot, ONE_OF);
  const value = fields.get(kind);
  switch (kind) {
    case 'role': {
      const role = readSlug(value);
      return role === undefined ? undefined : { kind, role };
    }
    case 'group': {
      const group = readSlug(value);
      return group === undefined ? undefined : { kind, group };
    }
    case 'user': {
      const user = readUser(value);
      return user === undefined ? undefined : { kind, user };
    }
    case 'on_call': {
      const schedule = readSlug(value);
      return schedule === undefined ? undefined : { kind, schedule };
    }
    case 'manager_of': {
      const of = readChoice(value, ['requester']);
      return of === undefined ? undefined : { kind, of };
    }
    case 'owner_of': {
      const of = readChoice(value, ['agent']);
      return of === undefined ? undefined : { kind, of };
    }
  }
}
