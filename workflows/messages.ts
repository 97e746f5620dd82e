import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type SearchAttributePair,
} from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { CommandAnswer, GovernedInput, RunView } from '../activities/ports';
import type { JsonObject } from '../src/core/json';

export type { CommandAnswer, GovernedInput, RunView };

/** Workflow types as a client names them. */
export const GOVERNED_EXECUTION = 'governedExecution';
export const HOUSEKEEPING = 'housekeeping';

/** Says that the execution may have reached this version. A hint: the workflow reads what is true. */
export interface Nudge {
  readonly version: number;
}

/**
 * A command of a principal. The argument of an update stands in the history, so the credential is a
 * short-lived token minted for this purpose, never an API key.
 */
export interface SignedCommand {
  readonly credential: string;
  /** Body of the same command over REST. */
  readonly command: JsonObject;
}

export const decisionUpdate = defineUpdate<RunView>('decision');
export const voteUpdate = defineUpdate<CommandAnswer, [SignedCommand]>('vote');
export const releaseUpdate = defineUpdate<CommandAnswer, [SignedCommand]>('release');
export const outcomeUpdate = defineUpdate<CommandAnswer, [SignedCommand]>('outcome');
export const approvalSignal = defineSignal<[Nudge]>('approval');
export const killSignal = defineSignal<[Nudge]>('kill');
/** Null until the decision has been read. */
export const stateQuery = defineQuery<RunView | null>('state');

const { KEYWORD, DATETIME, INT } = SearchAttributeType;

/** Visible to everyone who may list workflows, and never encrypted: no personal data. */
export const SEARCH_ATTRIBUTE_KEYS = {
  tenant: defineSearchAttributeKey('CountersignTenant', KEYWORD),
  agent: defineSearchAttributeKey('CountersignAgent', KEYWORD),
  action: defineSearchAttributeKey('CountersignAction', KEYWORD),
  state: defineSearchAttributeKey('CountersignState', KEYWORD),
  verdict: defineSearchAttributeKey('CountersignVerdict', KEYWORD),
  policy: defineSearchAttributeKey('CountersignPolicy', KEYWORD),
  level: defineSearchAttributeKey('CountersignLevel', KEYWORD),
  dueAt: defineSearchAttributeKey('CountersignDueAt', DATETIME),
  /** Reserved for the risk score. */
  risk: defineSearchAttributeKey('CountersignRisk', INT),
} as const;

export interface SearchableFacts {
  readonly tenant: string;
  readonly agent: string;
  readonly action: string;
  readonly state: string;
  readonly verdict: string;
  readonly policy: string;
  readonly level?: string;
  /** ISO 8601. */
  readonly dueAt?: string;
}

/** Width of a Keyword column in SQL visibility. */
const KEYWORD_LENGTH = 255;
const keyword = (text: string): string =>
  text.length <= KEYWORD_LENGTH ? text : [...text].slice(0, KEYWORD_LENGTH).join('');

export function searchAttributesOf(facts: SearchableFacts): SearchAttributePair[] {
  const keys = SEARCH_ATTRIBUTE_KEYS;
  const pairs: SearchAttributePair[] = [
    { key: keys.tenant, value: keyword(facts.tenant) },
    { key: keys.agent, value: keyword(facts.agent) },
    { key: keys.action, value: keyword(facts.action) },
    { key: keys.state, value: keyword(facts.state) },
    { key: keys.verdict, value: keyword(facts.verdict) },
    { key: keys.policy, value: keyword(facts.policy) },
  ];
  if (facts.level !== undefined) pairs.push({ key: keys.level, value: keyword(facts.level) });
  if (facts.dueAt !== undefined) pairs.push({ key: keys.dueAt, value: new Date(facts.dueAt) });
  return pairs;
}
