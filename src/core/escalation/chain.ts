import type { Condition } from '../policy/document';
import type { TimeWindow } from '../policy/time-window';
import type { Assurance } from './assurance';

/** Who may decide. */
export type ApproverSelector =
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'user'; readonly user: string }
  | { readonly kind: 'group'; readonly group: string }
  /** The manager of the verified requester; nobody when the request has none. */
  | { readonly kind: 'manager_of'; readonly of: 'requester' }
  | { readonly kind: 'owner_of'; readonly of: 'agent' }
  /** Whoever is on call now by the named schedule. */
  | { readonly kind: 'on_call'; readonly schedule: string };

/** `quorum` distinct humans out of all people the selectors name. A level needs every one of its groups. */
export interface ApproverGroup {
  readonly selectors: readonly ApproverSelector[];
  readonly quorum: number;
}

export type OnTimeout = 'escalate' | 'reject' | 'approve' | 'park';

export interface ChainLevel {
  readonly name: string;
  /** 1-based position the chain gives it; a ladder may leave levels out, so positions may have gaps. */
  readonly number: number;
  readonly groups: readonly ApproverGroup[];
  readonly timeoutMs: number;
  /** Milliseconds after the level opened, ascending, below `timeoutMs`. */
  readonly remindersMs: readonly number[];
  readonly onTimeout: OnTimeout;
  /** What follows when the level's people cannot reach its quorum; without it the next level. */
  readonly onEmpty?: 'reject';
  /** A chain merged into the ladder ends here, so only its people decide this level: nobody passes it upward. */
  readonly passUp?: 'never';
  /** The level applies only where this holds; one that cannot be evaluated applies. */
  readonly when?: Condition;
}

export type RejectionRule =
  | { readonly kind: 'veto' }
  | { readonly kind: 'quorum'; readonly count: number }
  | { readonly kind: 'escalate' };

/** Who is told of an end, beside the people asked. A channel is named as Slack shows it, without `#`. */
export type NotifyTarget =
  | { readonly kind: 'people'; readonly selector: ApproverSelector }
  | { readonly kind: 'channel'; readonly channel: string };

export interface NotifyOn {
  readonly approved: readonly NotifyTarget[];
  readonly rejected: readonly NotifyTarget[];
  readonly expired: readonly NotifyTarget[];
}

/** From this risk score on, votes need at least this assurance, or this surface. */
export interface AssuranceRule {
  readonly riskAtLeast: number;
  readonly require?: Assurance;
  readonly surface?: 'dashboard';
}

/** An outcome the chain decides by itself where every given key holds. Recorded as such, never as a vote. */
export interface AutoRule {
  readonly when: {
    readonly riskAtMost?: number;
    readonly riskAtLeast?: number;
    readonly within?: TimeWindow;
    readonly outside?: TimeWindow;
  };
  readonly outcome: 'approve' | 'reject';
}

/** What a chain and the ladder made from it share. */
interface ChainRules {
  readonly id: string;
  readonly version: number;
  readonly levels: readonly ChainLevel[];
  /** `on_escalation`: a level's approval decides. `each_level`: every level approves in order. */
  readonly advance: 'on_escalation' | 'each_level';
  readonly onFinalTimeout: 'reject' | 'approve' | 'park';
  readonly rejection: RejectionRule;
  /** Distinct rejections at the open level that pass the request upward; 1 where the rule is `escalate`. */
  readonly rejectionsAtLeast?: number;
  readonly rationale: {
    readonly approve: 'required' | 'optional';
    readonly reject: 'required' | 'optional';
    /** Characters left after trimming. */
    readonly minLength: number;
  };
  readonly separation: {
    readonly requester: 'exclude' | 'allow';
    readonly agentOwner: 'exclude' | 'allow';
    readonly distinctAcrossLevels: boolean;
  };
  /** Timers count only time within the window. */
  readonly businessHours?: TimeWindow;
  readonly notifyOn: NotifyOn;
  /** How long an approval may be released after its verdict. */
  readonly validForMs: number;
}

/** A chain as published: validated data, one immutable version. */
export interface ChainDefinition extends ChainRules {
  /** From this risk score on, an approval below the last level does not decide: it opens the next level. */
  readonly escalateAtRisk?: number;
  /** The highest level (by number) whose threshold the risk score reaches is where the ladder starts. */
  readonly startLevels: readonly { readonly riskAtLeast: number; readonly level: number }[];
  readonly assurance: readonly AssuranceRule[];
  readonly auto: readonly AutoRule[];
}

/** A level that this request does not climb, and why. */
export interface SkippedLevel {
  readonly number: number;
  readonly name: string;
  readonly why: 'condition' | 'start_level';
}

/** The rungs one execution climbs: conditions, risk and start level resolved. Pinned in its state. */
export interface Ladder extends ChainRules {
  /** How many levels the chain declares. */
  readonly of: number;
  readonly skipped: readonly SkippedLevel[];
  /** `each_level` because of the risk score, not by the chain's own rule. */
  readonly escalatesByRisk?: true;
  readonly requiredAssurance: Assurance;
  readonly requiredSurface?: 'dashboard';
  /** Decided by a rule of the chain before anybody is asked. */
  readonly auto?: { readonly outcome: 'approve' | 'reject'; readonly why: string };
}

/** Canonical name of a selector: key of its people, and how it is shown. */
export function describeSelector(selector: ApproverSelector): string {
  switch (selector.kind) {
    case 'role':
      return `role:${selector.role}`;
    case 'user':
      return `user:${selector.user}`;
    case 'group':
      return `group:${selector.group}`;
    case 'manager_of':
      return `manager_of:${selector.of}`;
    case 'owner_of':
      return `owner_of:${selector.of}`;
    case 'on_call':
      return `on_call:${selector.schedule}`;
  }
}

/** The people a level asks, as text: groups joined by "and", their selectors by "or". */
export function describeApprovers(level: Pick<ChainLevel, 'groups'>): string {
  return level.groups
    .map((group) => {
      const names = group.selectors.map(describeSelector).join(' or ');
      return group.quorum > 1 ? `${String(group.quorum)} of ${names}` : names;
    })
    .join(' and ');
}

export const selectorsOf = (levels: readonly Pick<ChainLevel, 'groups'>[]): ApproverSelector[] =>
  levels.flatMap((level) => level.groups.flatMap((group) => [...group.selectors]));
