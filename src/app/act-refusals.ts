import { ERRORS, isDomainError, type ErrorCode } from '../core/errors';
import type { ApprovalCard } from '../core/escalation/card';
import type { ActRefusal } from './channel-ports';

/** What is said of a refusal in private. */
export interface RefusalText {
  readonly refusal: ActRefusal;
  readonly why: string;
  readonly howToFix: string;
}

const BY_CODE: Partial<Readonly<Record<ErrorCode, ActRefusal>>> = {
  forbidden: 'not_eligible',
  not_eligible: 'not_eligible',
  unauthenticated: 'unlinked',
  assurance_too_low: 'assurance_too_low',
  already_decided: 'already_decided',
  rejected: 'already_decided',
  policy_violation: 'already_decided',
  approval_not_found: 'already_decided',
  expired: 'expired',
  kill_switch_active: 'kill_switch_active',
  cancelled: 'cancelled',
  basis_changed: 'basis_changed',
  agent_suspended: 'basis_changed',
  already_voted: 'already_voted',
  level_mismatch: 'level_mismatch',
  card_changed: 'card_changed',
  digest_mismatch: 'card_changed',
  rationale_required: 'rationale_required',
  no_higher_level: 'no_higher_level',
};

/** Their details are made of names of levels, chains and people; other details may quote an agent. */
const SPEAKS_OF_US: readonly ErrorCode[] = [
  'not_eligible',
  'assurance_too_low',
  'already_voted',
  'level_mismatch',
  'card_changed',
  'rationale_required',
  'no_higher_level',
  'agent_suspended',
];

export const UNAVAILABLE: RefusalText = {
  refusal: 'unavailable',
  why: 'It could not be confirmed that this was recorded, so count it as not recorded.',
  howToFix: 'Press again in a moment: the same vote never counts twice.',
};

export const FORGED: RefusalText = {
  refusal: 'forged',
  why: 'This button does not belong to a card that was posted here for this request.',
  howToFix: 'Use the card in the channel of approvals, or open the request on the dashboard.',
};

/** The card is shown by the chat before its place is known here: a lost answer, a restart in between. */
export const NOT_KNOWN_YET: RefusalText = {
  refusal: 'unavailable',
  why: 'This card was posted a moment ago and is not registered yet, so nothing was recorded.',
  howToFix: 'Press again in a minute.',
};

export const EXTERNAL: RefusalText = {
  refusal: 'external_channel',
  why: 'This channel is shared with another organisation, and nothing is decided there.',
  howToFix: 'Decide in a channel of your own organisation, or on the dashboard.',
};

export const UNLINKED: RefusalText = {
  refusal: 'unlinked',
  why: 'This account is linked to nobody who may decide here.',
  howToFix:
    'Ask for a code with /approvals link and redeem it with a login of your own, or have an Admin link the account.',
};

export const NOT_YOURS: RefusalText = {
  refusal: 'not_eligible',
  why: ERRORS.forbidden.why,
  howToFix: ERRORS.forbidden.howToFix,
};

/** The code behind a refused vote; undefined for anything that is no refusal at all. */
export const codeOf = (error: unknown): ErrorCode | undefined =>
  isDomainError(error) ? error.code : undefined;

/** Puts a refused vote into words for who cast it; trouble of any kind is `unavailable`, never a yes. */
export function refusalText(error: unknown, card: ApprovalCard | undefined): RefusalText {
  if (!isDomainError(error)) return UNAVAILABLE;
  const { code, details } = error;
  const refusal = BY_CODE[code];
  if (refusal === undefined) return UNAVAILABLE;
  const entry = ERRORS[code];
  const said = SPEAKS_OF_US.includes(code) ? details.what : undefined;
  const { howToFix } = entry;
  const elsewhere = card?.asks?.elsewhere;
  if (refusal === 'assurance_too_low' && elsewhere !== undefined) {
    return {
      refusal: 'elsewhere',
      why: said ?? entry.why,
      howToFix: `Decide it there: ${card?.url ?? elsewhere}.`,
    };
  }
  if (refusal === 'already_decided' && card?.closed?.by !== undefined) {
    const { name } = card.closed.by;
    return { refusal, why: `It was decided before: ${card.status} by ${name}.`, howToFix };
  }
  if (code === 'not_eligible' && card?.closed === undefined && card !== undefined) {
    const { name, approvers } = card.display.level;
    const why = `${said ?? entry.why} ${name} is for ${approvers}.`;
    return { refusal, why, howToFix };
  }
  return { refusal, why: said ?? entry.why, howToFix };
}
