import {
  describeSelector,
  type ApproverGroup,
  type ApproverSelector,
  type ChainLevel,
} from '../../core/escalation/chain';
import { durationText } from '../../core/escalation/describe-chain';
import type { DiagnosticCode } from '../policy/diagnostic';
import { slotOf, type Slot } from '../policy/read';
import { shown } from '../policy/source-tree';
import type { ChainContent } from './document';

const LONGEST_MS = 7 * 86_400_000;

/** Warns at a place of the document, or at the nearest part of it that is written. */
type Warn = (
  code: DiagnosticCode,
  steps: readonly (string | number)[],
  message: string,
  hint?: string,
) => void;

type People = ReadonlyMap<string, readonly string[]>;

/**
 * Warns of what loads but is probably not meant: silence that approves, levels that never open, people who are
 * not there, timers beyond the life of a request, rules that change nothing.
 */
export function lintChain(chain: ChainContent, root: Slot, people: People | undefined): void {
  const warn: Warn = (code, steps, message, hint) => {
    const { node, path, diagnostics } = placeOf(root, steps);
    diagnostics.warning(code, node, path, message, hint);
  };
  warnOfSilence(chain, warn);
  warnOfUnreachable(chain, warn);
  warnOfTimers(chain, warn);
  warnOfIdleRules(chain, warn);
  warnOfWeakVotes(chain, warn);
  for (const [index, level] of chain.levels.entries()) {
    for (const [position, group] of level.groups.entries())
      warnOfPeople(chain, group, placesOf(level, index, position), people, warn);
  }
}

function placeOf(root: Slot, steps: readonly (string | number)[]): Slot {
  let slot = root;
  for (const step of steps) {
    const { node, path, diagnostics } = slot;
    if (typeof step === 'number') {
      const item = node.kind === 'list' ? node.items[step] : undefined;
      if (item !== undefined) slot = slotOf(item, `${path}[${String(step)}]`, diagnostics);
      continue;
    }
    const member = node.kind === 'map' ? node.members.get(step) : undefined;
    if (member === undefined) return slot;
    slot = slotOf(member.value, path === '' ? step : `${path}.${step}`, diagnostics);
  }
  return slot;
}

/** I-11: silence approves only where the chain says so, and then it says so aloud. */
function warnOfSilence({ levels, onFinalTimeout, auto }: ChainContent, warn: Warn): void {
  for (const [index, level] of levels.entries()) {
    if (level.onTimeout !== 'approve') continue;
    const message = `when nobody decides at ${level.name}, the request is approved`;
    warn('silent_approve', ['levels', index, 'on_timeout'], message, 'escalate');
  }
  if (onFinalTimeout === 'approve') {
    const message = 'when nobody decides at the last level, the request is approved';
    warn('silent_approve', ['on_final_timeout'], message, 'reject');
  }
  for (const [index, rule] of auto.entries()) {
    if (rule.outcome !== 'approve') continue;
    const message = 'where this holds, requests are approved and no person is asked';
    warn('silent_approve', ['auto', index, 'then'], message);
  }
}

/** Whether something other than a person passes a request from this level to the next. */
const passesUp = (chain: ChainContent, level: ChainLevel): boolean =>
  chain.advance === 'each_level' ||
  level.onTimeout === 'escalate' ||
  level.when !== undefined ||
  chain.rejection.kind === 'escalate' ||
  chain.rejectionsAtLeast !== undefined ||
  chain.escalateAtRisk !== undefined;

function warnOfUnreachable(chain: ChainContent, warn: Warn): void {
  const { levels, startLevels } = chain;
  const lowest = Math.max(
    1,
    ...startLevels.filter(({ riskAtLeast }) => riskAtLeast === 0).map(({ level }) => level),
  );
  let before: ChainLevel | undefined;
  let beforeOpens = true;
  for (const [index, level] of levels.entries()) {
    const steps = ['levels', index];
    const skipped = level.number < lowest;
    if (skipped) {
      const message = `${level.name} is never asked: \`start_level\` begins above it at every risk`;
      warn('unreachable_level', steps, message);
    }
    const opens: boolean =
      before === undefined ||
      startLevels.some((start) => start.level === level.number) ||
      (beforeOpens && passesUp(chain, before));
    if (!opens && !skipped) {
      const empty = level.onEmpty === undefined ? ' when nobody below can be asked, or' : '';
      const message = `${level.name} opens only${empty} when a person passes the request upward: no timer, vote or risk leads to it`;
      warn('unreachable_level', steps, message, 'on_timeout: escalate on the level before');
    }
    before = level;
    beforeOpens = opens;
  }
}

function warnOfTimers({ levels }: ChainContent, warn: Warn): void {
  const long = levels.filter(({ timeoutMs }) => timeoutMs > LONGEST_MS);
  for (const level of long) {
    const message = `${level.name} waits ${durationText(level.timeoutMs)}, longer than most requests live (7 d)`;
    warn('long_timer', ['levels', level.number - 1, 'timeout'], message);
  }
  const totalMs = levels.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
  if (long.length > 0 || totalMs <= LONGEST_MS) return;
  const message = `all levels together wait ${durationText(totalMs)}, longer than most requests live (7 d)`;
  warn('long_timer', ['levels'], message);
}

/** Rules that change nothing as the rest of the chain stands. */
function warnOfIdleRules(chain: ChainContent, warn: Warn): void {
  const { levels, rejection, rejectionsAtLeast, escalateAtRisk } = chain;
  const idle = (steps: readonly string[], message: string): void => {
    warn('no_effect', steps, message);
  };
  const last = levels.at(-1);
  if (chain.onFinalTimeout !== 'reject' && last !== undefined && last.onTimeout !== 'escalate')
    idle(['on_final_timeout'], `${last.name} ends by its own \`on_timeout\`, so this never counts`);
  if (rejection.kind === 'quorum' && (rejectionsAtLeast ?? 0) >= rejection.count) {
    const counted = String(rejection.count);
    idle(
      ['escalate_when', 'rejections_at_least'],
      `${counted} rejections end the request before so many are counted`,
    );
  }
  if (escalateAtRisk !== undefined && chain.advance === 'each_level')
    idle(['escalate_when', 'risk_at_least'], 'every level approves in order at any risk');
  if (levels.length > 1) return;
  if (rejectionsAtLeast !== undefined && rejection.kind !== 'escalate')
    idle(['escalate_when', 'rejections_at_least'], 'there is no second level to pass it to');
  if (escalateAtRisk !== undefined && chain.advance !== 'each_level')
    idle(['escalate_when', 'risk_at_least'], 'there is no second level to pass it to');
}

function warnOfWeakVotes({ rationale, separation, assurance }: ChainContent, warn: Warn): void {
  for (const verdict of ['approve', 'reject'] as const) {
    if (rationale[verdict] === 'required') continue;
    const message = `people may ${verdict} with one click and no written reason`;
    warn('optional_rationale', ['rationale', verdict], message, 'required');
  }
  if (separation.agentOwner === 'allow') {
    const message = 'whoever answers for the agent may approve what it asks';
    warn('weak_separation', ['separation', 'agent_owner'], message, 'exclude');
  }
  for (const [index, rule] of assurance.entries()) {
    const from = `from risk ${String(rule.riskAtLeast)} on every vote is refused`;
    if (rule.require === 'oidc' || rule.require === 'webauthn') {
      const message = `no login here reaches \`${rule.require}\` yet: ${from}`;
      warn('out_of_reach', ['assurance', index, 'require'], message, 'linked');
    }
    if (rule.surface !== undefined) {
      const message = `no vote can be cast on the ${rule.surface} yet: ${from}`;
      warn('out_of_reach', ['assurance', index, 'surface'], message);
    }
  }
}

interface GroupPlaces {
  readonly group: readonly (string | number)[];
  readonly quorum: readonly (string | number)[];
  readonly selector: (index: number) => readonly (string | number)[];
}

/** `all_of` makes one group of each entry, `any_of` one group of all entries. */
function placesOf(level: ChainLevel, index: number, position: number): GroupPlaces {
  const approvers = ['levels', index, 'approvers'];
  const each = [...approvers, 'all_of', position];
  const isOne = level.groups.length === 1;
  return {
    group: [...approvers, ...(isOne ? ['any_of'] : [])],
    quorum: isOne ? ['levels', index, 'quorum'] : [...each, 'quorum'],
    selector: (at) => [...(isOne ? [...approvers, 'any_of', at] : each)],
  };
}

function warnOfPeople(
  { separation }: ChainContent,
  { selectors, quorum }: ApproverGroup,
  places: GroupPlaces,
  people: People | undefined,
  warn: Warn,
): void {
  const empty = selectors.map((selector) => people?.get(describeSelector(selector))?.length === 0);
  for (const [index, selector] of selectors.entries()) {
    if (selector.kind === 'owner_of' && separation.agentOwner === 'exclude') {
      const message = 'the owner of the agent is kept out by `separation`, so this names nobody';
      warn('excluded_approver', places.selector(index), message);
    } else if (empty[index] === true) {
      const message = `${nobodyIs(selector)} now: ask somebody else too, or fill it`;
      warn('empty_approvers', places.selector(index), message);
    }
  }
  const most = mostPeople(selectors, people);
  if (most === undefined || most >= quorum || (most === 0 && empty.every(Boolean))) return;
  const message = `asks ${String(quorum)} people of at most ${String(most)}, so the level can never be decided as things stand`;
  warn('quorum_too_large', places.quorum, message);
}

function nobodyIs(selector: ApproverSelector): string {
  switch (selector.kind) {
    case 'role':
      return `nobody holds the role \`${shown(selector.role)}\``;
    case 'group':
      return `nobody is in a group \`${shown(selector.group)}\``;
    case 'user':
      return `no active user is called \`${shown(selector.user)}\``;
    case 'on_call':
      return `nobody is on call by \`${shown(selector.schedule)}\``;
    case 'manager_of':
    case 'owner_of':
      return `${describeSelector(selector)} names nobody`;
  }
}

/** How many people the selectors name at most; undefined where that is not known. */
function mostPeople(
  selectors: readonly ApproverSelector[],
  people: People | undefined,
): number | undefined {
  const known = new Set<string>();
  let others = 0;
  for (const selector of selectors) {
    const named = people?.get(describeSelector(selector));
    if (named !== undefined) for (const person of named) known.add(person);
    else if (selector.kind === 'user') known.add(`user:${selector.user}`);
    else if (selector.kind === 'manager_of' || selector.kind === 'owner_of') others += 1;
    else return undefined;
  }
  return known.size + others;
}
