import type { ApproverGroup, ApproverSelector, ChainDefinition, ChainLevel } from './chain';

type Chain = Omit<ChainDefinition, 'version'>;

/** `30 min`, `1 h 30 min`, `2 d`, `90 s` as `1 min 30 s`: the two largest units that say something. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const said = parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${String(count)} ${unit}`);
  return said.slice(0, 2).join(' ') || '0 s';
}

/** `a`, `a and b`, `a, b and c`. */
export function joined(words: readonly string[], last: 'and' | 'or' = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`;
}

function who(selector: ApproverSelector): string {
  switch (selector.kind) {
    case 'role':
      return `role ${selector.role}`;
    case 'user':
      return `user ${selector.user}`;
    case 'group':
      return `group ${selector.group}`;
    case 'manager_of':
      return "the requester's manager";
    case 'owner_of':
      return "the agent's owner";
    case 'on_call':
      return `whoever is on call by ${selector.schedule}`;
  }
}

const isOneGroupOfMany = ({ kind }: ApproverSelector): boolean =>
  kind === 'role' || kind === 'group';

function groupText({ selectors, quorum }: ApproverGroup): string {
  const names = joined(selectors.map(who), 'or');
  if (quorum > 1) return `${String(quorum)} people of ${names}`;
  return selectors.some(isOneGroupOfMany) ? `one person of ${names}` : names;
}

/** The people a level asks: "one person of role approver", "2 people of group finance and user eve". */
export const peopleText = (groups: readonly ApproverGroup[]): string =>
  joined(groups.map(groupText));

/** What a level does when its timer ends: "asks L2", "rejects", "approves", "parks the request". */
export function timeoutText(chain: Chain, level: ChainLevel): string {
  const next = chain.levels.find(({ number }) => number > level.number);
  const action =
    level.onTimeout === 'escalate' && next === undefined ? chain.onFinalTimeout : level.onTimeout;
  switch (action) {
    case 'escalate':
      return `asks ${next?.name ?? ''}`;
    case 'reject':
      return 'rejects';
    case 'approve':
      return 'approves by silence';
    case 'park':
      return 'parks the request';
  }
}

function levelText(chain: Chain, level: ChainLevel): string {
  const reminders = level.remindersMs.map(durationText);
  const reminded = reminders.length === 0 ? '' : `, reminds after ${joined(reminders)}`;
  const condition = level.when === undefined ? '' : ', where its condition holds,';
  const hours = chain.businessHours === undefined ? '' : ' of business time';
  return (
    `${level.name}${condition} asks ${peopleText(level.groups)} for ` +
    `${durationText(level.timeoutMs)}${hours}${reminded}, then ${timeoutText(chain, level)}.`
  );
}

function rejectionText({ rejection, rejectionsAtLeast, levels }: Chain): string {
  const passes = (count: number): string =>
    `${count === 1 ? 'One rejection passes' : `${String(count)} rejections pass`} the request to the next level`;
  const ends = (count: number): string =>
    count === 1 ? 'One rejection ends it.' : `${String(count)} rejections end it.`;
  switch (rejection.kind) {
    case 'veto':
      return ends(1);
    case 'quorum': {
      const upward = rejectionsAtLeast === undefined ? '' : ` ${passes(rejectionsAtLeast)}.`;
      return ends(rejection.count) + upward;
    }
    case 'escalate': {
      const count = rejectionsAtLeast ?? 1;
      const end = count === 1 ? 'it ends it' : 'they end it';
      return levels.length === 1 ? ends(count) : `${passes(count)}; at the last one ${end}.`;
    }
  }
}

function riskTexts({ escalateAtRisk, startLevels, assurance, auto, levels }: Chain): string[] {
  const nameOf = (number: number): string =>
    levels.find((level) => level.number === number)?.name ?? String(number);
  const conditions = (when: Chain['auto'][number]['when']): string =>
    joined([
      ...(when.riskAtLeast === undefined ? [] : [`from risk ${String(when.riskAtLeast)} on`]),
      ...(when.riskAtMost === undefined ? [] : [`up to risk ${String(when.riskAtMost)}`]),
      ...(when.within === undefined ? [] : [`within ${when.within.text}`]),
      ...(when.outside === undefined ? [] : [`outside ${when.outside.text}`]),
    ]);
  return [
    ...auto.map(
      ({ when, outcome }) =>
        `Nobody is asked ${conditions(when)}: the request is ${outcome === 'approve' ? 'approved' : 'rejected'}.`,
    ),
    ...startLevels.map(
      ({ riskAtLeast, level }) =>
        `From risk ${String(riskAtLeast)} on it starts at ${nameOf(level)}.`,
    ),
    ...(escalateAtRisk === undefined
      ? []
      : [
          `From risk ${String(escalateAtRisk)} on an approval below the last level asks the next one.`,
        ]),
    ...assurance.map(({ riskAtLeast, require, surface }) => {
      const demands = [
        ...(require === undefined ? [] : [`votes of assurance ${require} or better`]),
        ...(surface === undefined ? [] : [`votes on the ${surface}`]),
      ];
      const from = riskAtLeast === 0 ? 'Only' : `From risk ${String(riskAtLeast)} on only`;
      return `${from} ${joined(demands)} count.`;
    }),
  ];
}

function voteText({ rationale, separation }: Chain): string {
  const { approve, reject, minLength } = rationale;
  const length = minLength > 1 ? ` of at least ${String(minLength)} characters` : '';
  const verdicts = [
    ...(approve === 'required' ? ['approving'] : []),
    ...(reject === 'required' ? ['rejecting'] : []),
  ];
  const reason =
    verdicts.length === 0
      ? 'Votes need no reason.'
      : `${joined(verdicts)} ${verdicts.length === 1 ? 'needs' : 'need'} a written reason${length}.`;
  const out = [
    ...(separation.requester === 'exclude' ? ['the requester'] : []),
    ...(separation.agentOwner === 'exclude' ? ["the agent's owner"] : []),
  ];
  const barred = out.length === 0 ? '' : ` Kept out: ${joined(out)}.`;
  const distinct = separation.distinctAcrossLevels ? ' Nobody decides at two levels.' : '';
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${barred}${distinct}`;
}

/**
 * The chain in plain English, a sentence for each thing it does: "L1 asks one person of role ops-approver for
 * 30 min, reminds after 15 min and 24 min, then asks L2. …"
 */
export function describeChain(chain: Chain): string {
  const { levels, advance, validForMs, businessHours } = chain;
  return [
    ...levels.map((level) => levelText(chain, level)),
    ...(levels.length === 1
      ? []
      : [
          advance === 'each_level'
            ? 'Every level approves in order.'
            : 'The approval of one level decides.',
        ]),
    rejectionText(chain),
    ...riskTexts(chain),
    voteText(chain),
    ...(businessHours === undefined ? [] : [`Business time is ${businessHours.text}.`]),
    `An approval may be used for ${durationText(validForMs)}.`,
  ].join(' ');
}
