import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { createPublicKey, verify } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexOf } from '../../src/core/audit/bytes';
import { parseCheckpointNote } from '../../src/core/audit/checkpoint';
import { attemptId, executionId } from '../../src/core/ids';
import { createCrypto } from '../../src/evidence/crypto';
import { loadOrCreateKeys } from '../../src/evidence/keys';
import { createSignatureVerifier, signWith, signingKeyId } from '../../src/evidence/signing';

const root = mkdtempSync(join(tmpdir(), 'countersign-crypto-'));
const keysIn = (dir: string) => loadOrCreateKeys({ dir: join(root, dir), create: true, env: {} });
const keys = keysIn('ours');
const strangerKeys = keysIn('strangers');
const crypto = createCrypto(keys);
const stranger = createCrypto(strangerKeys);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const flip = (bytes: Uint8Array, at: number): Uint8Array =>
  Uint8Array.from(bytes, (byte, index) => (index === at % bytes.length ? byte ^ 1 : byte));

describe('digests', () => {
  it('are SHA-256 and HMAC-SHA256 of the published examples', () => {
    expect(hexOf(crypto.sha256(Buffer.from('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    const [key, data] = [Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?')];
    const mac = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(hexOf(crypto.hmacSha256(key, data))).toBe(mac);
    expect(crypto.commit(key, data)).toBe(mac);
  });

  it('compare secrets of equal and of different length', () => {
    const secret = Buffer.from('secret');
    expect(crypto.constantTimeEqual(secret, Buffer.from('secret'))).toBe(true);
    expect(crypto.constantTimeEqual(secret, Buffer.from('secreT'))).toBe(false);
    expect(crypto.constantTimeEqual(secret, Buffer.from('secret!'))).toBe(false);
  });

  it('use a fresh salt of 32 bytes each time', () => {
    expect(crypto.newSalt()).toHaveLength(32);
    expect(crypto.newSalt()).not.toEqual(crypto.newSalt());
  });
});

describe('uuidv7', () => {
  it('carries its time in front, version and variant, and is unique', () => {
    const ids = Array.from({ length: 5_000 }, () => crypto.uuidv7(0x0123456789ab));
    for (const id of ids) {
      expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('sorts by time, of the clock by default', () => {
    const before = crypto.uuidv7(Date.now() - 1);
    const after = crypto.uuidv7(Date.now() + 1_000);
    const now = crypto.uuidv7();
    expect([after, now, before].sort()).toEqual([before, now, after]);
  });
});

describe('a sealed payload', () => {
  const plaintext = Buffer.from('{"iban":"DE02"}');
  const sealed = crypto.sealPayload('args', plaintext, 'acme/execution-1');
  const open = (more: Partial<{ kind: string; aad: string; sealed: typeof sealed }> = {}) =>
    crypto.openPayload(more.kind ?? 'args', more.sealed ?? sealed, more.aad ?? 'acme/execution-1');

  it('opens as what was sealed, whatever it was', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), fc.string(), (bytes, kind, aad) => {
        const opened = crypto.openPayload(kind, crypto.sealPayload(kind, bytes, aad), aad);
        expect(opened.ok && Buffer.from(opened.plaintext)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('shows nothing of its content and never repeats', () => {
    const again = crypto.sealPayload('args', plaintext, 'acme/execution-1');
    expect(Buffer.from(sealed.ciphertext).includes('DE02')).toBe(false);
    expect(again.ciphertext).not.toEqual(sealed.ciphertext);
    expect(again.wrappedKey).not.toEqual(sealed.wrappedKey);
  });

  it('is gone once the wrapped key is destroyed', () => {
    const erased = { ...sealed, wrappedKey: null };
    const opened = crypto.openPayload('args', erased, 'acme/execution-1');
    expect(opened).toEqual({ ok: false, reason: 'erased' });
  });

  it.each([
    ['as another kind', { kind: 'context' }, 'damaged'],
    ['in another place', { aad: 'acme/execution-2' }, 'damaged'],
    [
      'with an empty ciphertext',
      { sealed: { ...sealed, ciphertext: new Uint8Array(0) } },
      'damaged',
    ],
    [
      'with an empty wrapped key',
      { sealed: { ...sealed, wrappedKey: new Uint8Array(0) } },
      'damaged',
    ],
  ])('does not open %s', (_name, change, reason) => {
    expect(open(change)).toEqual({ ok: false, reason });
  });

  it('does not open with the border between kind and place moved', () => {
    const moved = crypto.openPayload('a b', crypto.sealPayload('a', plaintext, 'b c'), 'c');
    expect(moved).toEqual({ ok: false, reason: 'damaged' });
  });

  it('names a key-encryption key it does not know', () => {
    const opened = stranger.openPayload('args', sealed, 'acme/execution-1');
    expect(opened).toEqual({ ok: false, reason: 'unknown_key' });
  });

  it('does not open after a change or cut anywhere', () => {
    const part = fc.constantFrom('wrappedKey' as const, 'ciphertext' as const);
    fc.assert(
      fc.property(part, fc.nat(), fc.boolean(), (name, at, cut) => {
        const bytes = sealed[name];
        const changed = cut ? bytes.subarray(0, at % bytes.length) : flip(bytes, at);
        return !open({ sealed: { ...sealed, [name]: changed } }).ok;
      }),
      { numRuns: 300 },
    );
  });
});

describe('a release token', () => {
  const claim = {
    execution: executionId('0190-execution'),
    attempt: attemptId('attempt-1'),
    digest: 'ab'.repeat(32),
  };
  const token = crypto.releaseToken(claim, 10_000);
  const check = (text: string, more: Partial<typeof claim> = {}, nowMs = 9_999): string =>
    crypto.checkReleaseToken(text, { ...claim, ...more }, nowMs);

  it('is valid for its claim until it expires', () => {
    expect(check(token)).toBe('valid');
    expect(check(token, {}, 10_000)).toBe('expired');
  });

  it.each([
    ['another execution', token, { execution: executionId('other') }, 'invalid'],
    ['another attempt', token, { attempt: attemptId('attempt-2') }, 'invalid'],
    ['other arguments', token, { digest: 'cd'.repeat(32) }, 'invalid'],
    ['a later expiry', token.replace('.10000.', '.99999.'), {}, 'invalid'],
    ['another key id', token.replace(/\.[0-9a-f]{8}\./, '.00000000.'), {}, 'unknown_key'],
    ['other text', 'token', {}, 'invalid'],
    ['a trailing line end', `${token}\n`, {}, 'invalid'],
    ['the key of a stranger', stranger.releaseToken(claim, 10_000), {}, 'unknown_key'],
  ])('is refused for %s', (_name, text, more, expected) => {
    expect(check(text, more)).toBe(expected);
  });

  it('has one spelling: any other character makes it invalid', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: token.length - 1 }),
        fc.base64String({ minLength: 1 }),
        (at, [to]) => {
          const changed = token.slice(0, at) + (to ?? '') + token.slice(at + 1);
          fc.pre(changed !== token);
          return check(changed) !== 'valid';
        },
      ),
    );
  });
});

describe('signatures', () => {
  const message = Buffer.from('receipt');
  const { keyId } = keys.receipt;
  const signature = signWith(keys.receipt, message);

  it('are good for their message, key and purpose only', () => {
    expect(crypto.verifyReceiptSignature(keyId, message, signature)).toBe('ok');
    expect(crypto.verifyReceiptSignature(keyId, Buffer.from('other'), signature)).toBe('bad');
    expect(crypto.verifyReceiptSignature(keyId, message, flip(signature, 3))).toBe('bad');
    expect(crypto.verifyReceiptSignature(keyId, message, new Uint8Array(0))).toBe('bad');
    expect(crypto.verifyCheckpointSignature(keyId, message, signature)).toBe('unknown_key');
    expect(stranger.verifyReceiptSignature(keyId, message, signature)).toBe('unknown_key');
  });

  it('stay good after a rotation, by the published old key', () => {
    const jwks = { keys: [...strangerKeys.publicKeys().keys, ...keys.publicKeys().keys] };
    expect(createSignatureVerifier(jwks, 'receipt')(keyId, message, signature)).toBe('ok');
  });

  it('do not pass by a foreign key filed under our key id', () => {
    const forged = strangerKeys.publicKeys().keys.map((jwk) => ({ ...jwk, kid: keyId }));
    const byStranger = signWith(strangerKeys.receipt, message);
    const check = createSignatureVerifier({ keys: forged }, 'receipt');
    expect(check(keyId, message, byStranger)).toBe('unknown_key');
  });

  it('of the receipt key never pass for those of a checkpoint, under whatever key id', () => {
    const keyIdAsCheckpoint = signingKeyId('checkpoint', keys.receipt.publicKey);
    const check = crypto.verifyCheckpointSignature(keyIdAsCheckpoint, message, signature);
    expect(check).toBe('unknown_key');
  });

  it('do not depend on unreadable keys of a published set', () => {
    const broken = keys.publicKeys().keys.map((jwk) => ({ ...jwk, x: 'AA' }));
    const check = createSignatureVerifier({ keys: broken }, 'receipt');
    expect(check(keyId, message, signature)).toBe('unknown_key');
  });

  it('of a checkpoint stand in its note under the product name and the note key hash', () => {
    const note = crypto.signCheckpoint({
      origin: 'countersign/acme',
      size: 3,
      root: Buffer.alloc(32, 1),
      timeMs: 1_700_000_000_000,
    });
    const parsed = parseCheckpointNote(note);
    if (!parsed.ok) throw new Error(parsed.reason);
    const [signed] = parsed.signatures;
    if (signed === undefined) throw new Error('no signature');
    const text = Buffer.from(parsed.text);
    expect(crypto.verifyCheckpointSignature(signed.keyId, text, signed.signature)).toBe('ok');
    const x = keys.publicKeys().keys[0]?.x ?? '';
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, text, key, signed.signature)).toBe(true);
    const noteKey = Buffer.concat([
      Buffer.from('countersign\n\u0001'),
      Buffer.from(x, 'base64url'),
    ]);
    expect(signed).toMatchObject({
      name: 'countersign',
      keyId: hexOf(crypto.sha256(noteKey)).slice(0, 8),
    });
  });
});
