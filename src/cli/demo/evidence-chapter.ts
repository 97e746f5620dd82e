import { inert } from '../inert-text';
import type { IntegrityReport } from '../resources';
import type { Cast } from './cast';
import { expect, StoryMismatch } from './expectations';
import type { StoryTeller } from './teller';

export interface EvidenceParts {
  /** Changes one byte in a copy of the audit rows and verifies the copy; the real rows stay as they are. */
  readonly tamperOneByte: () => Promise<IntegrityReport>;
}

export async function verifyEvidence(
  cast: Cast,
  parts: EvidenceParts,
  teller: StoryTeller,
): Promise<void> {
  await teller.step('The evidence', async (say) => {
    const report = await cast.admin.auditIntegrity();
    expect('the state of the audit chain', report.state, 'VALID');
    say(inert`The audit chain verifies: ${report.size} records, VALID.`);
    const tampered = await parts.tamperOneByte();
    expect('the state of the changed copy', tampered.state, 'TAMPERED');
    const [first] = tampered.breaks;
    if (first === undefined) throw new StoryMismatch('The changed byte was not located.');
    say('Now one byte is changed in a copy of the records …');
    say(inert`… and found: TAMPERED at record ${first.seq} (${first.kind}).`);
  });
}
