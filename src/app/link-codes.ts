import { DomainError } from '../core/errors';
import type { LinkCodeStore } from './channel-identity-ports';
import type { ChatAccount } from './channel-ports';
import type { Cryptography } from './ports';

/** Without the pairs that people confuse: 0 and O, 1 and I and L, U and V, 2 and Z, 5 and S, 8 and B. */
const ALPHABET = '34679ACDEFGHJKMNPQRTWXY';
const CODE_LENGTH = 10;
const LIFE_MS = 10 * 60_000;
const MOST_PER_LIFE = 5;

const encoder = new TextEncoder();

/** How a person may write it: any case, with spaces or dashes. */
const normalised = (code: string): string => code.toUpperCase().replace(/[\s-]/g, '');

export const hashOfCode = (crypto: Pick<Cryptography, 'sha256'>, code: string): Uint8Array =>
  crypto.sha256(encoder.encode(normalised(code)));

/** Ten characters of an even draw, about 45 bits. */
function makeLinkCode(crypto: Pick<Cryptography, 'randomBytes'>): string {
  const whole = ALPHABET.length * Math.floor(256 / ALPHABET.length);
  let code = '';
  while (code.length < CODE_LENGTH) {
    for (const byte of crypto.randomBytes(CODE_LENGTH)) {
      if (byte < whole && code.length < CODE_LENGTH) code += ALPHABET[byte % ALPHABET.length] ?? '';
    }
  }
  return code;
}

export interface MadeCode {
  readonly code: string;
  readonly expiresAt: string;
}

/** Makes a code that links the account to whoever redeems it. One is open at a time, five in ten minutes. */
export function createMakeLinkCode(deps: {
  readonly codes: Pick<LinkCodeStore, 'open'>;
  readonly crypto: Pick<Cryptography, 'randomBytes' | 'sha256'>;
}) {
  return async (account: ChatAccount): Promise<MadeCode> => {
    const code = makeLinkCode(deps.crypto);
    const kept = await deps.codes.open(account, hashOfCode(deps.crypto, code), {
      lifeMs: LIFE_MS,
      most: MOST_PER_LIFE,
    });
    if (!kept.ok) {
      throw new DomainError('rate_limited', {
        what: 'This account asked for too many codes.',
        why: `At most ${String(MOST_PER_LIFE)} codes are made for an account in ten minutes.`,
        howToFix: 'Redeem the last code, or ask again later.',
        retryAfterMs: kept.retryAfterMs,
      });
    }
    return { code, expiresAt: new Date(kept.expiresAtMs).toISOString() };
  };
}
