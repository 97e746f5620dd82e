import { canonicalJson } from '../core/audit/canonical-json';
import { ladderFor, type ChainDefinition } from '../core/escalation/chain';
import { govern } from '../core/execution/govern';
import type { JsonObject } from '../core/json';
import { basisOf } from '../core/policy/basis';
import type { AgentProfile, Facts, PolicyDecision, PolicyRequest } from '../core/policy/model';
import type { Cryptography, TenantSnapshot } from './ports';

const encoder = new TextEncoder();

export interface DecidedRequest {
  readonly decision: PolicyDecision;
  /** The ladder to climb; present exactly when the verdict is REQUIRE_APPROVAL. */
  readonly ladder?: ChainDefinition;
  /** Hex digest of matched rules, merged requirement and chain version. */
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

/** Each chain asked for with its version: a merged ladder shows only the highest. */
const chainVersions = (decision: PolicyDecision, { chains }: TenantSnapshot): readonly string[] =>
  [
    ...new Set(
      decision.requirements.map(
        ({ chain }) => `${chain}@${String(chains.get(chain)?.version ?? 'none')}`,
      ),
    ),
  ].sort();

/** Decides and finds the ladder. A requirement whose chain is unknown denies: never a weaker ladder. */
export function decideRequest(
  crypto: Pick<Cryptography, 'sha256'>,
  snapshot: TenantSnapshot,
  request: PolicyRequest,
  facts: Facts,
  nowMs: number,
): DecidedRequest {
  const decision = govern({ request, facts, nowMs }, snapshot.policySet, snapshot.kills);
  const ladder =
    decision.verdict === 'REQUIRE_APPROVAL'
      ? ladderFor(decision.requirements, snapshot.chains)
      : undefined;
  const rules = basisOf(decision);
  const basis = Buffer.from(
    crypto.sha256(
      encoder.encode(
        canonicalJson({
          ...rules,
          chains: ladder === undefined ? null : chainVersions(decision, snapshot),
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
