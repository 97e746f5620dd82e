import type { PolicyInput, PolicyRequest } from '../policy/model';
import { classOfAction, classOfFacts, graver } from './action-class';
import { dataFactor } from './data-factor';
import { remembering, wordsOf } from './name-words';
import {
  RISK_LEVELS,
  stricterLevel,
  type Reversibility,
  type RiskFactor,
  type RiskLevel,
  type RiskScore,
} from './model';
import { scanArguments, type ScannedArguments } from './scan-arguments';
import {
  ACTION_WEIGHTS,
  AGENT_WEIGHTS,
  AMOUNT_STEPS,
  ENVIRONMENT_WEIGHTS,
  ENVIRONMENT_WORDS,
  HIGHEST_SCORE,
  LEVEL_ENDS,
  REVERSIBILITY_WEIGHTS,
  UNREADABLE_AMOUNT,
  type EnvironmentClass,
  type Weight,
} from './weights';

/** A request that cannot even be read is as bad as can be. */
const UNREADABLE: RiskScore = {
  score: HIGHEST_SCORE,
  level: 'critical',
  factors: [
    {
      name: 'unreadable',
      points: HIGHEST_SCORE,
      why: 'The request could not be read, so the highest risk is assumed',
    },
  ],
};

/**
 * Scores a request by the table of `weights.ts`. Depends on the request, the facts and the agent's entry in the
 * registry alone, so that a replay gives the same (I-10). Total: never throws, and what it cannot read counts as
 * grave. What `context` claims only adds.
 */
export function scoreRisk(input: Pick<PolicyInput, 'request' | 'facts'>): RiskScore {
  try {
    return scored(factorsOf(input));
  } catch {
    return UNREADABLE;
  }
}

export function levelOfScore(score: number): RiskLevel {
  if (score <= LEVEL_ENDS.low) return 'low';
  if (score <= LEVEL_ENDS.medium) return 'medium';
  return score <= LEVEL_ENDS.high ? 'high' : 'critical';
}

/**
 * The strictest level of what the request claims, the registry and the score. A claim that is no level may be
 * the strictest, so it counts as that.
 */
export function strictestLevel(request: PolicyRequest, score: Pick<RiskScore, 'level'>): RiskLevel {
  const known = stricterLevel(request.agent.riskLevel, score.level);
  const claim = claimedLevel(request);
  if (claim === undefined) return known;
  return claim === 'unknown' ? 'critical' : stricterLevel(known, claim);
}

/** The level that the request claims in `context.risk_level`; undefined when it claims none. */
export function claimedLevel({ context }: PolicyRequest): RiskLevel | 'unknown' | undefined {
  const claim = Object.hasOwn(context, 'risk_level') ? context['risk_level'] : undefined;
  if (claim === undefined || claim === null) return undefined;
  const text = typeof claim === 'string' ? claim.trim().toLowerCase() : '';
  return RISK_LEVELS.find((level) => level === text) ?? 'unknown';
}

function scored(factors: RiskFactor[]): RiskScore {
  let sum = 0;
  for (const { points } of factors) sum += points;
  if (sum > HIGHEST_SCORE) {
    factors.push({ name: 'clamped', points: HIGHEST_SCORE - sum, why: 'A score ends at 100' });
    sum = HIGHEST_SCORE;
  }
  return { score: sum, level: levelOfScore(sum), factors };
}

function factorsOf({ request, facts }: Pick<PolicyInput, 'request' | 'facts'>): RiskFactor[] {
  const { agent, action, args, context } = request;
  const scanned = scanArguments(args);
  const reversibility = reversibilityOf(request);
  const byName = classOfAction(action, reversibility);
  const actionClass = graver(graver(byName, scanned.statement), classOfFacts(facts));
  const factors: RiskFactor[] = [ACTION_FACTORS[actionClass]];
  if (reversibility !== undefined) factors.push(REVERSIBILITY_FACTORS[reversibility]);
  factors.push(agentFactor(agent.riskLevel, claimedLevel(request)));
  const data = dataFactor(context);
  if (data !== undefined) factors.push(data);
  const amount = amountFactor(scanned);
  if (amount !== undefined) factors.push(amount);
  factors.push(ENVIRONMENT_FACTORS[classOfEnvironment(request.environment)]);
  return factors;
}

/** The tools' own members only: an action may be called `constructor`. */
function reversibilityOf({ agent, action }: PolicyRequest): Reversibility | undefined {
  const { tools } = agent;
  return tools !== undefined && Object.hasOwn(tools, action)
    ? tools[action]?.reversibility
    : undefined;
}

function agentFactor(registered: RiskLevel, claim: ReturnType<typeof claimedLevel>): RiskFactor {
  if (claim === 'unknown') return UNKNOWN_CLAIM;
  const known = AGENT_FACTORS[registered];
  if (claim === undefined || AGENT_WEIGHTS[claim] <= known.points) return known;
  return CLAIM_FACTORS[claim];
}

function amountFactor({ amount, isUnreadable }: ScannedArguments): RiskFactor | undefined {
  let factor: RiskFactor | undefined;
  if (amount !== undefined) {
    factor = AMOUNT_FACTORS[AMOUNT_STEPS.findIndex(({ below }) => amount < below)];
    factor ??= AMOUNT_FACTORS.at(-1);
  }
  if (!isUnreadable) return factor;
  return factor === undefined || factor.points < UNREADABLE_AMOUNT.points
    ? UNREADABLE_AMOUNT_FACTOR
    : factor;
}

const ENVIRONMENT_OF_WORD: ReadonlyMap<string, EnvironmentClass> = new Map(
  Object.entries(ENVIRONMENT_WORDS).flatMap(([name, words]) =>
    words.map((word) => [word, name as EnvironmentClass] as const),
  ),
);
const ENVIRONMENTS = Object.keys(ENVIRONMENT_WEIGHTS) as readonly EnvironmentClass[];

const classOfEnvironment = remembering((environment: string): EnvironmentClass => {
  const found = wordsOf(environment).flatMap((word) => ENVIRONMENT_OF_WORD.get(word) ?? []);
  const gravest = ENVIRONMENTS.filter((name) => found.includes(name)).at(-1);
  return gravest ?? 'unknown';
});

/** Made once and shared: a score is computed with every decision. */
function factorsFrom<K extends string>(
  name: RiskFactor['name'],
  weights: Readonly<Record<K, Weight>>,
): Readonly<Record<K, RiskFactor>> {
  const made: Partial<Record<K, RiskFactor>> = {};
  for (const key of Object.keys(weights) as K[]) made[key] = { name, ...weights[key] };
  return made as Record<K, RiskFactor>;
}

const agentFactors = (
  why: (level: RiskLevel) => string,
): Readonly<Record<RiskLevel, RiskFactor>> => {
  const entries = RISK_LEVELS.map((level) => {
    const weight: Weight = { points: AGENT_WEIGHTS[level], why: why(level) };
    return [level, weight] as const;
  });
  return factorsFrom('agent', Object.fromEntries(entries) as Record<RiskLevel, Weight>);
};

const ACTION_FACTORS = factorsFrom('action', ACTION_WEIGHTS);
const REVERSIBILITY_FACTORS = factorsFrom('reversibility', REVERSIBILITY_WEIGHTS);
const ENVIRONMENT_FACTORS = factorsFrom('environment', ENVIRONMENT_WEIGHTS);
const AMOUNT_FACTORS: readonly RiskFactor[] = AMOUNT_STEPS.map(({ points, why }) => ({
  name: 'amount',
  points,
  why,
}));
const UNREADABLE_AMOUNT_FACTOR: RiskFactor = { name: 'amount', ...UNREADABLE_AMOUNT };
const AGENT_FACTORS = agentFactors((level) => `The agent is registered as ${level} risk`);
const CLAIM_FACTORS = agentFactors((level) => `The request says its risk is ${level}`);
const UNKNOWN_CLAIM: RiskFactor = {
  name: 'agent',
  points: AGENT_WEIGHTS.critical,
  why: 'The request claims a risk level that is none, so the strictest is assumed',
};
