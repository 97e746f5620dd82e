import type { ApiClient } from '../api-client';
import { EXIT } from '../exit-codes';
import type { TextSink } from '../output';
import { introduce } from './cast';
import type { DemoSlack } from './demo-slack';
import { verifyEvidence, type EvidenceParts } from './evidence-chapter';
import { describeFailure } from './expectations';
import { killAndLift, killOneAgent } from './kill-chapter';
import { refundOverTheLadder, releaseAgain } from './ladder-chapter';
import { deleteCustomer, refundSmall } from './policy-chapter';
import { verifyReceiptOffline, type ReceiptParts } from './receipt-chapter';
import { createStoryTeller } from './teller';

export interface StoryParts extends EvidenceParts, ReceiptParts {
  /** Text of examples/scenarios/support.rules.json. */
  readonly policyText: string;
  readonly slack: DemoSlack;
  /** Where executions can be read as timelines. */
  readonly temporalUiUrl?: string;
}

/**
 * Plays the story of one refund over REST and Slack, on an empty server, with an Admin's client. Resolves to
 * 0 only if every step had the expected result, else to 1; failures are told, not thrown.
 */
export async function playStory(
  admin: ApiClient,
  out: { readonly sink: TextSink; readonly color: boolean },
  parts: StoryParts,
): Promise<number> {
  const teller = createStoryTeller(out);
  teller.open(
    'An AI agent answers support mail for a shop. It may call tools; Countersign decides.',
  );
  try {
    const cast = await introduce(admin, parts, teller);
    await refundSmall(cast, teller);
    await deleteCustomer(cast, teller);
    const approved = await refundOverTheLadder(cast, teller);
    await releaseAgain(cast, teller, approved);
    await verifyReceiptOffline(cast, parts, teller, approved);
    await killOneAgent(cast, teller);
    await killAndLift(cast, teller);
    await verifyEvidence(cast, parts, teller);
    teller.close([
      [
        'refunds paid by the tool',
        `${String(cast.refunds.runs)} (${String(cast.refunds.paid)} USD)`,
      ],
      ['the approved refund', approved.executionId],
      ['its timeline', approved.links.temporal ?? parts.temporalUiUrl],
    ]);
    return EXIT.ok;
  } catch (error) {
    teller.fail(describeFailure(error));
    return EXIT.unexpected;
  }
}
