import type { Effect } from '../policy/model';
import { LEVEL_CHAINS } from '../policy/level-chain';
import { bandOf } from '../policy/risk-band';
import { RISK_LEVELS, type RiskFactorName, type RiskLevel } from './model';
import {
  ACTION_WEIGHTS,
  ACTION_WORDS,
  AGENT_WEIGHTS,
  AMOUNT_STEPS,
  DATA_NAMES,
  DATA_WEIGHTS,
  ENVIRONMENT_WEIGHTS,
  ENVIRONMENT_WORDS,
  LEVEL_ENDS,
  MOST_DATA_POINTS,
  REVERSIBILITY_WEIGHTS,
  RISK_MODEL_VERSION,
  UNKNOWN_DATA_POINTS,
  UNREADABLE_AMOUNT,
  UNREADABLE_DATA_POINTS,
  type Weight,
} from './weights';

/** One line of the table: what is found, what it adds. */
export interface RiskWeight {
  readonly value: string;
  readonly points: number;
  readonly why: string;
  /** Words by which it is recognised. */
  readonly words?: readonly string[];
}

/** The table of the score as people read it. */
export interface RiskModel {
  readonly version: number;
  /** What the score of each level asks, and the chain of an approval that names none. */
  readonly levels: readonly {
    readonly level: RiskLevel;
    readonly from: number;
    readonly to: number;
    readonly effect: Effect;
    readonly chain: string;
  }[];
  readonly factors: readonly {
    readonly name: RiskFactorName;
    readonly from: string;
    /** All lines of this factor together count at most this. */
    readonly most?: number;
    readonly weights: readonly RiskWeight[];
  }[];
}

function weightsOf(
  weights: Readonly<Record<string, Weight>>,
  words: Readonly<Record<string, readonly string[]>> = {},
): readonly RiskWeight[] {
  return Object.entries(weights).map(([value, { points, why }]) => {
    const known = Object.hasOwn(words, value) ? words[value] : undefined;
    return { value, points, why, ...(known === undefined ? {} : { words: known }) };
  });
}

const levels = (): RiskModel['levels'] =>
  RISK_LEVELS.map((level, index) => {
    const below = RISK_LEVELS[index - 1];
    return {
      level,
      from: below === undefined ? 0 : LEVEL_ENDS[below] + 1,
      to: LEVEL_ENDS[level],
      effect: bandOf(level)?.match.effect ?? 'allow',
      chain: LEVEL_CHAINS[level].chain,
    };
  });

const dataWeights = (): readonly RiskWeight[] => [
  ...Object.entries(DATA_WEIGHTS).map(([value, points]) => ({
    value,
    points,
    why: `The request says it touches ${value}`,
    words: [...DATA_NAMES].flatMap(([name, found]) => (found === value ? [name] : [])),
  })),
  {
    value: 'unknown',
    points: UNKNOWN_DATA_POINTS,
    why: 'The request says it touches a class not known here',
  },
  {
    value: 'unreadable',
    points: UNREADABLE_DATA_POINTS,
    why: 'The data classes could not be read, so the most delicate one is assumed',
  },
];

const amountWeights = (): readonly RiskWeight[] => [
  ...AMOUNT_STEPS.map(({ below, points, why }) => ({
    value: below === Infinity ? 'more' : `below ${String(below)}`,
    points,
    why,
  })),
  { value: 'unreadable', ...UNREADABLE_AMOUNT },
];

/** Everything that scoreRisk adds up, from the same table. */
export const describeRiskModel = (): RiskModel => ({
  version: RISK_MODEL_VERSION,
  levels: levels(),
  factors: [
    {
      name: 'action',
      from: 'words of its name and SQL in its arguments; the gravest counts',
      weights: weightsOf(ACTION_WEIGHTS, ACTION_WORDS),
    },
    {
      name: 'reversibility',
      from: "the tool's entry in the agent's registration",
      weights: weightsOf(REVERSIBILITY_WEIGHTS),
    },
    {
      name: 'agent',
      from: "the agent's registered risk level; context.risk_level may only raise it",
      weights: RISK_LEVELS.map((level) => ({
        value: level,
        points: AGENT_WEIGHTS[level],
        why: `The agent is registered as ${level} risk`,
      })),
    },
    {
      name: 'data',
      from: 'context.data_classes, each class once',
      most: MOST_DATA_POINTS,
      weights: dataWeights(),
    },
    {
      name: 'amount',
      from: 'the largest argument named amount, total, exposure, price, cost, sum or budget',
      weights: amountWeights(),
    },
    {
      name: 'environment',
      from: 'words of its name',
      weights: weightsOf(ENVIRONMENT_WEIGHTS, ENVIRONMENT_WORDS),
    },
  ],
});
