import type { CardButton } from '../app/channel-ports';

/** Digits of the display digest that a button carries: enough to tell two texts apart, no authority. */
export const DIGEST_DIGITS = 16;

const VALUE =
  /^v1\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([1-9]\d?)\.([0-9a-f]{16})\.(0|[1-9]\d{0,8})(\.m)?$/;

export interface ButtonPress {
  readonly button: CardButton;
  /** The press opens a form instead of voting at once. */
  readonly opensForm: boolean;
}

/** `v1.<executionId>.<level>.<digest>.<version>`, with `.m` when the press opens a form. */
export const buttonValue = (
  shown: {
    readonly execution: string;
    readonly level: number;
    readonly displayDigest: string;
    readonly version: number;
  },
  opensForm: boolean,
): string =>
  [
    'v1',
    shown.execution,
    shown.level,
    shown.displayDigest.slice(0, DIGEST_DIGITS),
    shown.version,
    ...(opensForm ? ['m'] : []),
  ].join('.');

/** The routing data of a button; undefined for anything that no card of ours ever carried. */
export function parseButtonValue(value: string): ButtonPress | undefined {
  const match = VALUE.exec(value);
  if (match === null) return undefined;
  const [, execution = '', level = '', digest = '', version = '', form] = match;
  return {
    button: { execution, level: Number(level), digest, version: Number(version) },
    opensForm: form !== undefined,
  };
}

/** What the overflow menu of a card offers. */
const CHOICES = ['escalate', 'ids', 'help'] as const;
export type MoreChoice = (typeof CHOICES)[number];

export const choiceValue = (choice: MoreChoice, value: string): string => `${choice}:${value}`;

export function parseChoiceValue(
  value: string,
): { readonly choice: MoreChoice; readonly press: ButtonPress } | undefined {
  const [name, rest] = value.split(':');
  const choice = CHOICES.find((known) => known === name);
  const press = parseButtonValue(rest ?? '');
  return choice === undefined || press === undefined ? undefined : { choice, press };
}
