import type { Reversibility, RiskLevel } from './model';

/**
 * The table of the score: every weight, as data. The levels are those of the product's specification; the
 * points are calibrated so that reading is low, an ordinary refund in production medium, a large payment of
 * financial data high, and an irreversible deletion by a high-risk agent critical.
 */
export const RISK_MODEL_VERSION = 1;

export const HIGHEST_SCORE = 100;

/** Highest score of each level, in order. */
export const LEVEL_ENDS: Readonly<Record<RiskLevel, number>> = {
  low: 30,
  medium: 60,
  high: 80,
  critical: HIGHEST_SCORE,
};

export interface Weight {
  readonly points: number;
  readonly why: string;
}

export type ActionClass =
  'read' | 'other' | 'write' | 'communicate' | 'execute' | 'refund' | 'money' | 'access' | 'delete';

export const ACTION_WEIGHTS: Readonly<Record<ActionClass, Weight>> = {
  read: { points: 0, why: 'The action reads' },
  other: { points: 12, why: 'The name of the action does not say what it does' },
  write: { points: 15, why: 'The action writes' },
  communicate: { points: 15, why: 'The action sends something to others' },
  execute: { points: 18, why: 'The action runs or deploys something' },
  refund: { points: 20, why: 'The action gives money back' },
  money: { points: 24, why: 'The action moves money' },
  access: { points: 25, why: 'The action changes who may do what' },
  delete: { points: 35, why: 'The action deletes' },
};

/** Words of an action's name that tell its class, in the singular. */
export const ACTION_WORDS: Readonly<Record<Exclude<ActionClass, 'other'>, readonly string[]>> = {
  read: words(
    'read get list search find query select fetch view show describe count lookup browse',
  ),
  write: words(
    'write update create insert add edit modify change set put patch save upload rename move archive ' +
      'merge commit book schedule assign cancel close open register import upsert replace',
  ),
  communicate: words(
    'send email mail message notify post publish share reply sms call invite export forward tweet ' +
      'broadcast announce comment',
  ),
  execute: words(
    'run exec execute invoke deploy restart shell command script eval launch rollback migrate ' +
      'install terminal bash sudo provision reboot shutdown',
  ),
  refund: words('refund reimburse reimbursement credit chargeback'),
  money: words(
    'pay payment payout transfer wire charge disburse disbursement remit remittance trade buy ' +
      'purchase invest withdraw withdrawal loan',
  ),
  access: words(
    'grant revoke permission role privilege password impersonate credential secret policy',
  ),
  delete: words('delete remove drop truncate purge erase destroy wipe shred terminate'),
};

/** Classes that a registration as `read` outweighs: a guess from the name, unless it speaks of loss or money. */
export const OUTWEIGHED_BY_READ: ReadonlySet<ActionClass> = new Set([
  'other',
  'write',
  'communicate',
  'execute',
]);

/** What each kind of SQL statement makes of the action; every other kind leaves it as its name says. */
export const STATEMENT_CLASSES: ReadonlyMap<string, ActionClass> = new Map<string, ActionClass>([
  ...words('drop truncate delete').map((kind) => [kind, 'delete'] as const),
  ...words('grant revoke').map((kind) => [kind, 'access'] as const),
  ...words('insert update replace merge create alter rename').map(
    (kind) => [kind, 'write'] as const,
  ),
  ...words('call exec execute').map((kind) => [kind, 'execute'] as const),
]);

/** Added to the class: how a name is read is a guess, how a tool is registered is known. */
export const REVERSIBILITY_WEIGHTS: Readonly<Record<Reversibility, Weight>> = {
  read: { points: 0, why: 'The registry says the tool only reads' },
  reversible: { points: 0, why: 'The registry says the action can be taken back' },
  externally_reversible: {
    points: 8,
    why: 'The registry says only somebody outside can take the action back',
  },
  irreversible: { points: 20, why: 'The registry says the action cannot be taken back' },
};

export const AGENT_WEIGHTS: Readonly<Record<RiskLevel, number>> = {
  low: 0,
  medium: 8,
  high: 18,
  critical: 30,
};

export type DataClass =
  'public' | 'internal' | 'confidential' | 'pii' | 'financial' | 'pan' | 'phi' | 'secrets';

export const DATA_WEIGHTS: Readonly<Record<DataClass, number>> = {
  public: 0,
  internal: 4,
  confidential: 10,
  pii: 15,
  financial: 15,
  pan: 20,
  phi: 25,
  secrets: 25,
};
/** A class that this table does not know may be a delicate one. */
export const UNKNOWN_DATA_POINTS = 12;
/** `data_classes` that is neither text nor a list of texts counts as the most delicate class. */
export const UNREADABLE_DATA_POINTS = 25;
/** All classes together count at most this. */
export const MOST_DATA_POINTS = 40;

/** Names under which requests claim a class, in lower case without separators. */
export const DATA_NAMES: ReadonlyMap<string, DataClass> = new Map<string, DataClass>([
  ...words('public open').map((name) => [name, 'public'] as const),
  ...words('internal').map((name) => [name, 'internal'] as const),
  ...words('confidential restricted sensitive').map((name) => [name, 'confidential'] as const),
  ...words('pii personal personaldata gdpr').map((name) => [name, 'pii'] as const),
  ...words('financial finance bank banking').map((name) => [name, 'financial'] as const),
  ...words('pan card cardholder cardholderdata pci').map((name) => [name, 'pan'] as const),
  ...words('phi health medical hipaa').map((name) => [name, 'phi'] as const),
  ...words('secret secrets credential credentials password passwords apikey apikeys').map(
    (name) => [name, 'secrets'] as const,
  ),
]);

/** In whatever unit the argument is written; no currency is converted. Ascending; the last has no end. */
export const AMOUNT_STEPS: readonly (Weight & { readonly below: number })[] = [
  { below: 10, points: 0, why: 'The amount is below 10' },
  { below: 100, points: 2, why: 'The amount is from 10 to 100' },
  { below: 1_000, points: 6, why: 'The amount is from 100 to 1,000' },
  { below: 10_000, points: 10, why: 'The amount is from 1,000 to 10,000' },
  { below: 100_000, points: 14, why: 'The amount is from 10,000 to 100,000' },
  { below: 1_000_000, points: 20, why: 'The amount is from 100,000 to 1,000,000' },
  { below: Infinity, points: 26, why: 'The amount is a million or more' },
];
export const UNREADABLE_AMOUNT: Weight = {
  points: 20,
  why: 'The amount is not a number, so it counts as a large one',
};

export type EnvironmentClass = 'development' | 'staging' | 'production' | 'unknown';

export const ENVIRONMENT_WEIGHTS: Readonly<Record<EnvironmentClass, Weight>> = {
  development: { points: 0, why: 'The environment is for development or tests' },
  staging: { points: 4, why: 'The environment is a rehearsal of production' },
  production: { points: 10, why: 'The environment is production' },
  unknown: { points: 10, why: 'The environment may be production' },
};

/** A name with words of several classes counts as the last of them. */
export const ENVIRONMENT_WORDS: Readonly<
  Record<Exclude<EnvironmentClass, 'unknown'>, readonly string[]>
> = {
  development: words('dev development local test testing sandbox ci demo'),
  staging: words('staging stage uat preprod preproduction qa'),
  production: words('prod production live prd'),
};

function words(text: string): readonly string[] {
  return text.split(' ');
}
