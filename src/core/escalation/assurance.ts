/** From weakest to strongest. `issued` = an admin made the credential for the person. */
export const ASSURANCES = ['issued', 'linked', 'oidc', 'webauthn'] as const;
/** How sure we are who voted. */
export type Assurance = (typeof ASSURANCES)[number];

export const isAtLeast = (given: Assurance, required: Assurance): boolean =>
  ASSURANCES.indexOf(given) >= ASSURANCES.indexOf(required);

export const strongest = (a: Assurance, b: Assurance): Assurance => (isAtLeast(a, b) ? a : b);
