import { canonicalJson } from '../core/audit/canonical-json';
import type { Ladder } from '../core/escalation/chain';
import { ladderFor } from '../core/escalation/compose';
import { govern } from '../core/execution/govern';
import type { JsonObject } from '../core/json';
import { basisOf } from '../core/policy/basis';
import type { AgentProfile, Facts, PolicyDecision, PolicyRequest } from '../core/policy/model';
import { factsNeeded } from '../core/policy/policy-set';
import type { Cryptography, TenantSnapshot } from './ports';

const encoder = new TextEncoder();

export interface DecidedRequest {
  readonly decision: PolicyDecision;
  /** The ladder to climb; present exactly when the verdict is REQUIRE_APPROVAL. */
  readonly ladder?: Ladder;
  /** Hex digest of matched rules, merged requirement, chain version and the rungs to climb. */
  readonly basis: string;
}

export interface RequestFields {
  readonly action: string;
  readonly environment: string;
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly exceptionRequested: boolean;
  readonly justification?: string;
  readonly workflowType?: string;
}

export const policyRequest = (agent: AgentProfile, fields: RequestFields): PolicyRequest => ({
  agent,
  ...fields,
});

/** Names of the facts that rules covering the request and conditions of chains look at. */
export const factsFor = (request: PolicyRequest, snapshot: TenantSnapshot): readonly string[] => [
  ...new Set([...factsNeeded(request, snapshot.policySet), ...snapshot.chainFacts]),
];

/** Each chain asked for with its version: a merged ladder shows only the highest. */
const chainVersions = (decision: PolicyDecision, { chains }: TenantSnapshot): readonly string[] =>
  [
    ...new Set(
      decision.requirements.map(
        ({ chain }) => `${chain}@${String(chains.get(chain)?.version ?? 'none')}`,
      ),
    ),
  ].sort();

/** A decision without a score counts as the riskiest. */
const riskOf = ({ risk }: PolicyDecision): number => risk?.score ?? 100;

/** What of the ladder hangs on the request itself: a change here would ask other people, or ask them otherwise. */
const rungsOf = (ladder: Ladder) => ({
  levels: ladder.levels.map(({ number }) => number),
  advance: ladder.advance,
  assurance: ladder.requiredAssurance,
  surface: ladder.requiredSurface ?? null,
  auto: ladder.auto?.outcome ?? null,
});

/** Decides and finds the ladder. A requirement whose chain is unknown denies: never a weaker ladder. */
export function decideRequest(
  crypto: Pick<Cryptography, 'sha256'>,
  snapshot: TenantSnapshot,
  request: PolicyRequest,
  facts: Facts,
  nowMs: number,
): DecidedRequest {
  const input = { request, facts, nowMs };
  const decision = govern(input, snapshot.policySet, snapshot.kills);
  const ladder =
    decision.verdict === 'REQUIRE_APPROVAL'
      ? ladderFor(
          decision.requirements,
          snapshot.chains,
          snapshot.situation(input, riskOf(decision)),
        )
      : undefined;
  const rules = basisOf(decision);
  const basis = Buffer.from(
    crypto.sha256(
      encoder.encode(
        canonicalJson({
          ...rules,
          chains: ladder === undefined ? null : chainVersions(decision, snapshot),
          rungs: ladder === undefined ? null : rungsOf(ladder),
        }),
      ),
    ),
  ).toString('hex');
  if (decision.verdict === 'REQUIRE_APPROVAL' && ladder === undefined) {
    return {
      basis,
      decision: {
        ...decision,
        verdict: 'DENY',
        reasonCode: 'policy_error',
        reason: 'A matched rule asks for an approval chain that does not exist',
        requirements: [],
      },
    };
  }
  return ladder === undefined ? { decision, basis } : { decision, ladder, basis };
}
