import { createHmac, generateKeyPairSync } from 'node:crypto';
import { receiptBody } from '../../../src/contract/receipts';
import { textOf, utf8 } from '../../../src/core/audit/bytes';
import { base64UrlOf, bytesOfBase64Url } from '../../../src/core/audit/receipt-jws';
import {
  PROOF_PENDING,
  verifyReceipt,
  type ReceiptFile,
} from '../../../src/core/audit/verify-receipt';
import type { Json } from '../../../src/core/json';
import { createCrypto } from '../../../src/evidence/crypto';
import { createReceiptVerifier } from '../../../src/evidence/receipt-verifier';
import {
  publicJwkOf,
  signingKeyId,
  signWith,
  type PublicJwk,
  type SigningKey,
} from '../../../src/evidence/signing';
import {
  SAMPLE_ARGS,
  sampleKeys,
  sampleProof,
  sampleReceipt,
  withoutMembers,
} from './sample-receipt';

const keys = sampleKeys();
const strangers = sampleKeys();
const good = sampleReceipt(keys);

const readBody = (value: Json) => {
  const body = receiptBody.safeParse(value);
  return body.success ? body.data : undefined;
};

function judge(
  file: ReceiptFile,
  {
    published = keys.publicKeys().keys,
    args,
  }: { published?: readonly PublicJwk[]; args?: Json } = {},
) {
  const verifier = createReceiptVerifier(JSON.stringify({ keys: published }));
  if (verifier === undefined) throw new Error('no keys');
  return verifyReceipt(file, { ...verifier, readBody, ...(args === undefined ? {} : { args }) });
}

const summary = (judged: ReturnType<typeof judge>) => [
  judged.state,
  ...judged.checks
    .filter(({ result }) => result !== 'ok')
    .map(({ name, result }) => `${name} ${result}`),
];

const [header = '', payload = '', signature = ''] = good.receipt.split('.');
const encoded = (value: object | string): string =>
  base64UrlOf(utf8(typeof value === 'string' ? value : JSON.stringify(value)));
const HEADER = { alg: 'EdDSA', kid: keys.receipt.keyId, typ: 'countersign-receipt+jws' };

/** A JWS whose signature is right for its own header and payload. */
function signedBy(key: SigningKey, head: object | string, body: string = payload): string {
  const input = `${encoded(head)}.${body}`;
  return `${input}.${base64UrlOf(signWith(key, utf8(input)))}`;
}

function hs256(secret: Uint8Array): string {
  const input = `${encoded({ ...HEADER, alg: 'HS256' })}.${payload}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const rawPublicKey = Buffer.from(publicJwkOf(keys.receipt).x, 'base64url');
const asPem = keys.receipt.publicKey.export({ type: 'spki', format: 'pem' }).toString();

describe('verifyReceipt', () => {
  it('finds every part of a good receipt right', () => {
    const judged = judge(good, { args: SAMPLE_ARGS });
    expect(summary(judged)).toEqual(['VALID']);
    expect(judged.checks.map(({ name }) => name)).toEqual([
      ...['signature', 'body', 'salt', 'arguments', 'checkpoint', 'inclusion'],
    ]);
    expect(judged.body?.decidedBy).toBe('user:bea');
  });

  it.each([
    ['a JWS alone', { receipt: good.receipt }, ['VALID', 'body absent']],
    [
      'a proof that is still to come',
      { receipt: good.receipt, body: good.body, proofPending: { why: PROOF_PENDING } },
      ['VALID', 'inclusion absent'],
    ],
    [
      'a checkpoint taken right after the verdict',
      { ...good, proof: sampleProof(keys, 7) },
      ['VALID'],
    ],
  ])('takes %s', (_name, file, expected) => {
    expect(summary(judge(file))).toEqual(expected);
  });

  describe('refuses confusion about algorithm and key', () => {
    it.each([
      ['alg none, unsigned', `${encoded({ ...HEADER, alg: 'none' })}.${payload}.`],
      [
        'alg none with the old signature',
        `${encoded({ ...HEADER, alg: 'none' })}.${payload}.${signature}`,
      ],
      ['HS256 with the public key as secret', hs256(rawPublicKey)],
      ['HS256 with the public key in PEM', hs256(utf8(asPem))],
      ['alg Ed25519 by the right key', signedBy(keys.receipt, { ...HEADER, alg: 'Ed25519' })],
      [
        'a crit header by the right key',
        signedBy(keys.receipt, { ...HEADER, crit: ['exp'], exp: 1 }),
      ],
      [
        'an embedded key',
        signedBy(strangers.receipt, { ...HEADER, jwk: publicJwkOf(strangers.receipt) }),
      ],
      [
        'an address of keys',
        signedBy(strangers.receipt, { ...HEADER, jku: 'https://evil.example' }),
      ],
      ['an unencoded payload', signedBy(keys.receipt, { ...HEADER, b64: false, crit: ['b64'] })],
      ['another typ', signedBy(keys.receipt, { ...HEADER, typ: 'JWT' })],
      ['no typ', signedBy(keys.receipt, { alg: 'EdDSA', kid: keys.receipt.keyId })],
      ['no kid', signedBy(keys.receipt, { alg: 'EdDSA', typ: HEADER.typ })],
      [
        'a kid twice',
        signedBy(
          keys.receipt,
          `{"alg":"EdDSA","kid":"${HEADER.kid}","kid":"00000000","typ":"${HEADER.typ}"}`,
        ),
      ],
      [
        'members in another order',
        signedBy(keys.receipt, { typ: HEADER.typ, alg: 'EdDSA', kid: HEADER.kid }),
      ],
      ['another known kid', signedBy(keys.receipt, { ...HEADER, kid: strangers.receipt.keyId })],
      ['our kid over a stranger’s signature', signedBy(strangers.receipt, HEADER)],
      ['no signature', `${header}.${payload}.`],
      ['two parts', `${header}.${payload}`],
      ['four parts', `${good.receipt}.${signature}`],
      ['JSON serialization', JSON.stringify({ payload, signatures: [] })],
      ['padding', `${header}.${payload}.${signature}==`],
      ['white space', `${header}.${payload}.${signature} `],
      [
        'another spelling of the last character',
        good.receipt.slice(0, -1) + spelledOtherwise(signature),
      ],
      ['nothing', ''],
    ])('%s', (_name, receipt) => {
      const published = [...keys.publicKeys().keys, ...strangers.publicKeys().keys];
      expect(summary(judge({ ...good, receipt }, { published }))).toContain('signature bad');
    });
  });

  /** The bits of the last character that no byte uses set otherwise. */
  function spelledOtherwise(text: string): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(text.slice(-1));
    return alphabet[last ^ 1] ?? '';
  }

  it.each([
    ['another body', { ...good, body: { ...(good.body as object), status: 'rejected' } }],
    ['a body with one member more', { ...good, body: { ...(good.body as object), note: 'x' } }],
    ['a body that is none', { ...good, body: null }],
  ])('refuses %s beside the signed one', (_name, file) => {
    expect(summary(judge(file))).toEqual(['INVALID', 'body bad']);
  });

  it('refuses a payload that is not canonical, and one that only the header says who signed', () => {
    const text = textOf(bytesOfBase64Url(payload) ?? new Uint8Array());
    const spaced = signedBy(keys.receipt, HEADER, encoded(text.replace('{', '{ ')));
    const unnamed = signedBy(keys.receipt, HEADER, encoded('{"version":1}'));
    for (const receipt of [spaced, unnamed]) {
      expect(summary(judge({ receipt }))).toContain('signature bad');
    }
  });

  it('is UNVERIFIABLE by keys that do not include the signer', () => {
    const published = strangers.publicKeys().keys;
    expect(summary(judge(good, { published }))).toEqual([
      ...['UNVERIFIABLE', 'signature unknown', 'checkpoint unknown'],
    ]);
    const body = { ...(good.body as object), status: 'rejected' } as Json;
    expect(judge({ ...good, body }, { published }).state).toBe('INVALID');
  });

  it('takes no key of another purpose, under whatever name', () => {
    const { privateKey, publicKey } = keys.checkpoint;
    const kid = signingKeyId('receipt', publicKey);
    const key = { purpose: 'receipt', keyId: kid, privateKey, publicKey } as const;
    const misused = sampleReceipt({ ...keys, receipt: key });
    expect(judge(misused).state).toBe('UNVERIFIABLE');
    const renamed = keys.publicKeys().keys.map((jwk) => ({ ...jwk, kid }));
    expect(judge(misused, { published: renamed }).state).toBe('UNVERIFIABLE');
  });

  it('takes a retired key as long as it is published', () => {
    const published = [
      ...strangers.publicKeys().keys,
      publicJwkOf(keys.receipt),
      publicJwkOf(keys.checkpoint),
    ];
    expect(judge(good, { published }).state).toBe('VALID');
  });

  it('does not judge a format it does not know', () => {
    const body = {
      ...(JSON.parse(textOf(bytesOfBase64Url(payload) ?? new Uint8Array())) as object),
      version: 2,
    };
    const receipt = signedBy(keys.receipt, HEADER, encoded(body));
    expect(summary(judge({ receipt }))).toEqual(['UNVERIFIABLE', 'body unknown']);
  });

  describe('arguments', () => {
    it.each([
      ['others', { amount: 451, currency: 'USD', order_id: '4711' }, ['INVALID', 'arguments bad']],
      ['the same in other order', { order_id: '4711', currency: 'USD', amount: 450 }, ['VALID']],
    ])('%s', (_name, args, expected) => {
      expect(summary(judge(good, { args }))).toEqual(expected);
    });

    it('cannot be proven without the salt', () => {
      const auditors = withoutMembers(good, 'argsSalt', 'argsSaltCheck');
      expect(summary(judge(auditors))).toEqual(['VALID']);
      expect(summary(judge(auditors, { args: SAMPLE_ARGS }))).toEqual([
        ...['UNVERIFIABLE', 'arguments unknown'],
      ]);
    });

    it.each([
      ['another salt', { argsSalt: base64UrlOf(new Uint8Array(32).fill(8)) }],
      ['a short salt', { argsSalt: 'AAAA' }],
      ['another check', { argsSaltCheck: '00'.repeat(32) }],
    ])('%s is noticed without the arguments', (_name, change) => {
      expect(summary(judge({ ...good, ...change }))).toEqual(['INVALID', 'salt bad']);
    });
  });

  describe('refuses a proof', () => {
    const { proof } = good;
    const other = sampleProof(strangers);
    const witnessed = `${proof.checkpoint}\u2014 witness AAAAAAAA\n`;
    it.each([
      ['of another leaf', { leafHash: '00'.repeat(32) }, 'inclusion'],
      ['with another header', { header: proof.header.replace('"seq":7', '"seq":8') }, 'inclusion'],
      ['at another place', { index: 5 }, 'inclusion'],
      ['with a shorter path', { path: proof.path.slice(1) }, 'inclusion'],
      ['with a longer path', { path: [...proof.path, '00'.repeat(32)] }, 'inclusion'],
      [
        'with upper-case hashes',
        { path: proof.path.map((hash) => hash.toUpperCase()) },
        'inclusion',
      ],
      [
        'by a checkpoint of another size',
        { checkpoint: proof.checkpoint.replace('\n11\n', '\n12\n') },
        'checkpoint',
      ],
      ['by a malformed checkpoint', { checkpoint: 'x' }, 'checkpoint'],
      [
        'by a stranger’s checkpoint under our key id',
        { checkpoint: other.checkpoint },
        'checkpoint',
      ],
      ['that names another key', { checkpointKeyId: '00000000' }, 'checkpoint'],
      ['with a further signature', { checkpoint: witnessed }, 'checkpoint'],
      [
        'signed under another name',
        { checkpoint: proof.checkpoint.replace('\u2014 countersign', '\u2014 countersigm') },
        'checkpoint',
      ],
    ])('%s', (_name, change, check) => {
      expect(summary(judge({ ...good, proof: { ...proof, ...change } }))).toEqual([
        ...['INVALID', `${check} bad`],
      ]);
    });

    it('of another log, by the right key', () => {
      const checkpoint = createCrypto(keys).signCheckpoint({
        ...{ origin: 'countersign/other', size: 11, root: new Uint8Array(32), timeMs: 0 },
      });
      expect(summary(judge({ ...good, proof: { ...proof, checkpoint } }))).toContain(
        'checkpoint bad',
      );
    });

    it('that is there and pending, or pending for a reason nobody gave', () => {
      const pending = { ...good, proofPending: { why: PROOF_PENDING } };
      expect(judge(pending).state).toBe('INVALID');
      const without = withoutMembers(good, 'proof');
      expect(judge({ ...without, proofPending: { why: 'Trust me.' } }).state).toBe('INVALID');
    });
  });
});

describe('createReceiptVerifier', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  it.each([
    ['no JSON', 'x'],
    ['no set', '[]'],
    ['null', 'null'],
    ['no keys', '{"keys":[]}'],
    ['keys of other kinds only', '{"keys":[{"kty":"RSA","n":"x","e":"AQAB"}]}'],
    [
      'private keys only',
      JSON.stringify({
        keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'x', purpose: 'receipt' }],
      }),
    ],
  ])('finds nothing to verify with in %s', (_name, text) => {
    expect(createReceiptVerifier(text)).toBeUndefined();
  });
});
