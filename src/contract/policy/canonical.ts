import { EVERYTHING, POLICY_MODES } from '../../core/policy/document';
import type { PolicyDocument, PolicyScope, RuleDocument } from '../../core/policy/document';
import { readCondition } from './condition';
import type { Diagnostics } from './diagnostic';
import type { LoadScope } from './document-scope';
import {
  childPath,
  fieldsOf,
  readChoice,
  readItems,
  readName,
  readNumber,
  readText,
  readTexts,
} from './read';
import { notAvailable, required, type Fields, type Slot } from './read';
import { readChain, readException, readPatterns, readRuleId, reportDuplicates } from './rule-parts';
import { warnOfNoEffect, type OutcomeWords } from './rule-parts';
import { shown } from './source-tree';

const API_VERSION = 'countersign/v1';
const OUTCOMES = ['deny', 'require_approval', 'audit', 'warn', 'allow'] as const;
const LATER_OUTCOMES = ['throttle', 'transform'];
const DOCUMENT_NAMES = {
  known: [
    'apiVersion',
    'kind',
    'metadata',
    'scope',
    'lists',
    'mode',
    'rules',
    'defaults',
    'extends',
  ],
};
const RULE_NAMES = {
  known: [
    'id',
    'description',
    'match',
    'when',
    'unless',
    'then',
    'approval',
    'exceptions',
    'reason',
    'risk',
    'alert',
  ],
  later: ['transform', 'throttle', 'rate', 'mode', 'enforcement'],
};

/** Reads the canonical form. Everything it cannot read is reported; the result counts only without errors. */
export function readCanonical(slot: Slot, outer: LoadScope): PolicyDocument | undefined {
  const { diagnostics } = slot;
  const fields = fieldsOf(slot, DOCUMENT_NAMES);
  if (fields === undefined) return undefined;
  readChoice(required(fields, 'apiVersion', diagnostics), [API_VERSION]);
  readChoice(required(fields, 'kind', diagnostics), ['Policy']);
  refuseParents(fields.get('extends'));
  const metadata = readMetadata(required(fields, 'metadata', diagnostics), outer);
  const lists = readLists(fields.get('lists'), outer);
  const scope = {
    ...outer,
    lists: outer.lists === 'any' ? outer.lists : new Set([...outer.lists, ...Object.keys(lists)]),
  };
  const rules = readRules(required(fields, 'rules', diagnostics), scope);
  const defaultEffect = readDefault(fields.get('defaults'), diagnostics);
  return {
    id: outer.policyId,
    notation: 'canonical',
    labels: {},
    ...metadata,
    mode: readChoice(fields.get('mode'), POLICY_MODES) ?? 'enforce',
    scope: readScope(fields.get('scope')),
    lists,
    rules,
    ...(defaultEffect === undefined ? {} : { defaultEffect }),
  };
}

function refuseParents(slot: Slot | undefined): void {
  if (slot === undefined) return;
  const { node, path, diagnostics } = slot;
  if (node.kind !== 'list' || node.items.length > 0)
    notAvailable(node, path, 'extends', diagnostics);
}

function readMetadata(
  slot: Slot | undefined,
  { policyId }: LoadScope,
): Pick<PolicyDocument, 'description' | 'owner' | 'labels'> | undefined {
  const known = ['id', 'version', 'description', 'owner', 'labels'];
  const fields = slot === undefined ? undefined : fieldsOf(slot, { known });
  if (slot === undefined || fields === undefined) return undefined;
  const { diagnostics } = slot;
  const idSlot = required(fields, 'id', diagnostics);
  const id = readName(idSlot);
  if (id !== undefined && idSlot !== undefined && id !== policyId) {
    const message = `the document calls itself \`${shown(id)}\`, but it is loaded as \`${shown(policyId)}\``;
    diagnostics.error('id_mismatch', idSlot.node, idSlot.path, message, policyId);
  }
  const version = fields.get('version');
  if (version !== undefined) readNumber(version, false);
  const description = readText(fields.get('description'));
  const owner = readText(fields.get('owner'));
  return {
    labels: readLabels(fields.get('labels')),
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
  };
}

function readLabels(slot: Slot | undefined): Readonly<Record<string, string>> {
  const labels: [string, string][] = [];
  for (const [name, member] of membersOf(slot)) {
    const text = readText(member, 200);
    if (text !== undefined) labels.push([name, text]);
  }
  return Object.fromEntries(labels);
}

function readLists(slot: Slot | undefined, outer: LoadScope): PolicyDocument['lists'] {
  const lists: [string, readonly string[]][] = [];
  for (const [name, member] of membersOf(slot)) {
    const values = readTexts(member);
    if (values === undefined) continue;
    lists.push([name, values]);
    if (outer.lists === 'any' || !outer.lists.has(name)) continue;
    const message = `the list \`${shown(name)}\` of this policy shadows the tenant's list of that name`;
    member.diagnostics.warning('list_shadows', member.node, member.path, message);
  }
  return Object.fromEntries(lists);
}

/** The members of a map with free names. */
function membersOf(slot: Slot | undefined): readonly (readonly [string, Slot])[] {
  if (slot === undefined) return [];
  const { node } = slot;
  const names = node.kind === 'map' ? [...node.members.keys()] : [];
  const fields = fieldsOf(slot, { known: names });
  return names.flatMap((name) => {
    const member = fields?.get(name);
    return member === undefined ? [] : [[name, member] as const];
  });
}

function readScope(slot: Slot | undefined): PolicyScope {
  if (slot === undefined) return EVERYTHING;
  const known = ['agents', 'actions', 'environments', 'workflows', 'teams', 'tenants'];
  const fields = fieldsOf(slot, { known });
  if (fields === undefined) return EVERYTHING;
  const tenants = fields.get('tenants');
  const patternsOf = (name: string): readonly string[] => {
    const member = fields.get(name);
    // In a scope an empty list says the same as no list.
    const isEmpty = member?.node.kind === 'list' && member.node.items.length === 0;
    return isEmpty ? [] : readPatterns(member);
  };
  if (tenants !== undefined && patternsOf('tenants').length > 0) {
    notAvailable(tenants, childPath(fields.path, 'tenants'), 'tenants', slot.diagnostics);
  }
  return {
    agents: patternsOf('agents'),
    actions: patternsOf('actions'),
    environments: patternsOf('environments'),
    workflows: patternsOf('workflows'),
    teams: patternsOf('teams'),
  };
}

/** A policy may have no rules when all it gives is a default. */
function readRules(slot: Slot | undefined, scope: LoadScope): readonly RuleDocument[] {
  if (slot === undefined) return [];
  const { node } = slot;
  if (node.kind === 'list' && node.items.length === 0) return [];
  const rules = (readItems(slot) ?? []).flatMap((item) => {
    const rule = readRule(item, scope);
    return rule === undefined ? [] : [{ rule, slot: item }];
  });
  reportDuplicates(rules);
  return rules.map(({ rule }) => rule);
}

function readRule(slot: Slot, scope: LoadScope): RuleDocument | undefined {
  const { diagnostics } = slot;
  const fields = fieldsOf(slot, RULE_NAMES);
  if (fields === undefined) return undefined;
  const id = readRuleId(fields, diagnostics);
  const outcome = readOutcome(required(fields, 'then', diagnostics));
  const whenSlot = fields.get('when');
  const unlessSlot = fields.get('unless');
  const when = whenSlot === undefined ? undefined : readCondition(whenSlot, scope);
  const unless = unlessSlot === undefined ? undefined : readCondition(unlessSlot, scope);
  const reason = readText(fields.get('reason')) ?? readText(fields.get('description'));
  const exceptionRole = readException(fields.get('exceptions'), outcome?.effect, diagnostics);
  const match = readMatch(fields.get('match'));
  const approval = readApproval(fields.get('approval'), outcome, scope);
  warnOfNoEffect(fields, ['risk', 'alert'], diagnostics);
  if (id === undefined || outcome === undefined) return undefined;
  return {
    id,
    ...match,
    ...(when === undefined ? {} : { when }),
    ...(unless === undefined ? {} : { unless }),
    ...outcome,
    ...approval,
    ...(exceptionRole === undefined ? {} : { exceptionRole }),
    reason: reason ?? `Rule ${id}`,
  };
}

function readOutcome(slot: Slot | undefined): OutcomeWords | undefined {
  const word = readChoice(slot, OUTCOMES, LATER_OUTCOMES);
  if (word === undefined) return undefined;
  return word === 'warn' ? { effect: 'audit', warn: true } : { effect: word, warn: false };
}

function readMatch(
  slot: Slot | undefined,
): Pick<RuleDocument, 'actions' | 'environments' | 'agents'> {
  const fields =
    slot === undefined ? undefined : fieldsOf(slot, { known: ['action', 'environment', 'agent'] });
  return {
    actions: readPatterns(fields?.get('action')),
    environments: readPatterns(fields?.get('environment')),
    agents: readPatterns(fields?.get('agent')),
  };
}

const APPROVAL_NAMES = {
  known: ['chain', 'approver_role'],
  later: ['level', 'levels', 'quorum', 'approvers', 'timeout', 'requirements', 'groups'],
};

function readApproval(
  slot: Slot | undefined,
  outcome: OutcomeWords | undefined,
  scope: LoadScope,
): Pick<RuleDocument, 'chain' | 'approverRole'> {
  const fields: Fields | undefined =
    slot === undefined ? undefined : fieldsOf(slot, APPROVAL_NAMES);
  if (slot !== undefined && outcome !== undefined && outcome.effect !== 'require_approval') {
    const message = '`approval` needs `then: require_approval`';
    slot.diagnostics.error('wrong_type', slot.node, slot.path, message);
  }
  const chain = readChain(fields?.get('chain'), scope);
  const approverRole = readName(fields?.get('approver_role'));
  return {
    ...(chain === undefined ? {} : { chain }),
    ...(approverRole === undefined ? {} : { approverRole }),
  };
}

function readDefault(
  slot: Slot | undefined,
  diagnostics: Diagnostics,
): PolicyDocument['defaultEffect'] {
  const fields = slot === undefined ? undefined : fieldsOf(slot, { known: ['outcome'] });
  if (fields === undefined) return undefined;
  const choices = ['deny', 'require_approval', 'audit', 'allow'] as const;
  return readChoice(required(fields, 'outcome', diagnostics), choices, LATER_OUTCOMES);
}
