import { z } from 'zod';
import { opaqueText, paging, uuid } from './identifiers';
import type { ReservedFields } from './parse-input';

/** The approval's id, or the id of its execution. */
export const approvalParams = z.object({ approvalId: uuid });

export const listApprovalsQuery = z.strictObject(paging);

/** Body of approve and reject. Whether a rationale is required is for the chain to say. */
export const castVoteBody = z
  .strictObject({
    rationale: z.string().max(4_000).default(''),
    argsDigest: opaqueText(200)
      .exactOptional()
      .meta({ description: 'Digest of the arguments that were shown; a wrong one is refused.' }),
    level: z
      .int()
      .min(1)
      .max(100)
      .exactOptional()
      .meta({ description: 'Level that was shown; a vote for another level is refused.' }),
    displayDigest: z
      .string()
      .regex(/^[0-9a-f]{16,64}$/, 'use the digest as it was shown, at least 16 hex digits')
      .exactOptional()
      .meta({ description: 'Digest of everything that was shown; another one is refused.' }),
    commandId: opaqueText(128)
      .exactOptional()
      .meta({ description: 'Repeating a lost vote with the same id changes nothing.' }),
  })
  .meta({ id: 'CastVote', example: { rationale: 'Matches ticket 4711; customer is verified.' } });

export const RESERVED_VOTE_FIELDS: ReservedFields = {
  actor: 'the vote is that of the credential; leave it out',
  amendedArgs: 'reject, and let the agent submit the changed request',
  constraints: 'approve or reject the request as it stands',
  delegateTo: 'let another eligible person vote with their own key',
};
