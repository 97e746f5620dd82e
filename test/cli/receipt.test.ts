import * as fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeReceiptBytes, receiptText } from '../../src/cli/receipt-file';
import { createReceiptVerifier } from '../../src/evidence/receipt-verifier';
import type { ReceiptFile, ReceiptVerifier } from '../../src/core/audit/verify-receipt';
import {
  SAMPLE_ARGS,
  sampleKeys,
  sampleReceipt,
  withoutMembers,
} from '../core/audit/sample-receipt';
import { ok, useCannedServer } from './run-against';
import { runCaptured } from './run-captured';

const against = useCannedServer();
const folder = mkdtempSync(join(tmpdir(), 'cs-receipt-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keys = sampleKeys();
const good = sampleReceipt(keys);
const pending = {
  ...withoutMembers(good, 'proof'),
  proofPending: { why: 'No signed checkpoint covers the verdict yet.' },
};
const KEYS_TEXT = JSON.stringify(keys.publicKeys());

function verifierOf(text: string): ReceiptVerifier {
  const verifier = createReceiptVerifier(text);
  if (verifier === undefined) throw new Error('no keys');
  return verifier;
}
const verifier = verifierOf(KEYS_TEXT);

const fileOf = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const keysFile = fileOf('keys.json', KEYS_TEXT);
const goodFile = fileOf('good.json', receiptText(good));

const verify = (file: string, ...more: readonly string[]) =>
  runCaptured(['receipt', 'verify', file, '--keys', keysFile, ...more]);

describe('receipt verify', () => {
  it('prints who approved what, when, with what assurance, and last the state', async () => {
    const run = await verify(goodFile, '--args', JSON.stringify(SAMPLE_ARGS));
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(/^user:ann +approve +2 +2023-11-14T22:13:23.000Z +linked +slack$/m);
    expect(run.stdout).toMatch(/^user:bea +approve +2 +2023-11-14T22:13:25.000Z +webauthn +web$/m);
    expect(run.stdout).toContain('issue_refund by support-bot in prod');
    expect(run.stdout).toContain('high-risk v2, decided on level 2 of 3');
    expect(run.stdout).toMatch(/\nVALID\n$/);
  });

  const strangers = fileOf('strangers.json', JSON.stringify(sampleKeys().publicKeys()));
  it.each([
    ['VALID', goodFile, keysFile, 0],
    ['VALID', fileOf('sent.json', JSON.stringify(good)), keysFile, 0],
    ['VALID', fileOf('bare.jws', good.receipt), keysFile, 0],
    ['VALID', fileOf('bare-line.jws', `${good.receipt}\n`), keysFile, 0],
    ['VALID', fileOf('pending.json', receiptText(pending)), keysFile, 0],
    ['INVALID', fileOf('bad.json', receiptText({ ...good, receipt: 'x.y.z' })), keysFile, 10],
    ['UNVERIFIABLE', goodFile, strangers, 20],
  ])('exits by the state %s of %s', async (state, file, trusted, exitCode) => {
    const argv = ['receipt', 'verify', file, '--keys', trusted];
    const run = await runCaptured(argv);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stdout.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^${state}`));
    const json = await runCaptured([...argv, '--json']);
    expect(json.exitCode).toBe(exitCode);
    expect(JSON.parse(json.stdout)).toMatchObject({ state });
  });

  it('needs no server, no network and no state', async () => {
    const run = await runCaptured(['receipt', 'verify', goodFile, '--keys', keysFile], {
      env: {},
      fetch: () => Promise.reject(new Error('the network was asked')),
    });
    expect(run.exitCode).toBe(0);
  });

  it('shows nothing of a receipt that a terminal could act on', async () => {
    const evil = sampleReceipt(keys, { action: 'pay\u001b[2J\u202e', reasonCode: 'a\nVALID' });
    const run = await verify(fileOf('evil.json', receiptText(evil)));
    expect(run.exitCode).toBe(0);
    expect(run.stdout).not.toContain('\u001b');
    expect(run.stdout).not.toContain('\u202e');
    expect(run.stdout.match(/^VALID$/gm)).toHaveLength(1);
  });

  it.each([
    ['a file that is not there', [join(folder, 'none'), '--keys', keysFile]],
    ['keys that are not there', [goodFile, '--keys', join(folder, 'none')]],
    ['keys without a key', [goodFile, '--keys', fileOf('none.json', '{"keys":[]}')]],
    ['keys over an open network', [goodFile, '--keys', 'http://keys.example/keys.json']],
    ['no keys', [goodFile]],
    ['arguments that are no JSON', [goodFile, '--keys', keysFile, '--args', '{']],
  ])('exits 2 for %s', async (_name, argv) => {
    const run = await runCaptured(['receipt', 'verify', ...argv], {
      fetch: () => Promise.reject(new Error('the network was asked')),
    });
    expect([run.exitCode, run.stdout]).toEqual([2, '']);
    expect(run.stderr).not.toContain('the network was asked');
  });

  it('reads keys from an address of this machine or by https, following nobody elsewhere', async () => {
    const seen: unknown[] = [];
    const fetchKeys = ((url: URL, init: RequestInit) => {
      seen.push([url.href, init.redirect]);
      return Promise.resolve(new Response(KEYS_TEXT));
    }) as typeof fetch;
    for (const address of ['http://127.0.0.1:1/keys.json', 'https://keys.example/keys.json']) {
      const argv = ['receipt', 'verify', goodFile, '--keys', address];
      expect((await runCaptured(argv, { fetch: fetchKeys })).exitCode).toBe(0);
    }
    expect(seen).toEqual([
      ['http://127.0.0.1:1/keys.json', 'error'],
      ['https://keys.example/keys.json', 'error'],
    ]);
  });
});

describe('one changed byte', () => {
  const encoder = new TextEncoder();
  const holders = ['the copy of its holder', receiptText(good), 900] as const;
  const compact = ['as the API sends it', JSON.stringify(good), 500] as const;
  const auditors = ['without a proof', receiptText(pending), 300] as const;
  const bare = ['the JWS alone', good.receipt, 500] as const;

  it.each([holders, compact, auditors, bare])(
    'anywhere makes it INVALID: %s',
    (_name, text, runs) => {
      const bytes = encoder.encode(text);
      expect(judgeReceiptBytes(bytes, verifier).state).toBe('VALID');
      const withByte = (at: number, byte: number) =>
        judgeReceiptBytes(
          bytes.map((old, index) => (index === at ? byte : old)),
          verifier,
        );
      fc.assert(
        fc.property(
          fc.nat({ max: bytes.length - 1 }),
          fc.integer({ min: 0, max: 255 }),
          (at, byte) => {
            fc.pre(bytes[at] !== byte);
            const { state, checks } = withByte(at, byte);
            return state === 'INVALID' && checks.some(({ result }) => result === 'bad');
          },
        ),
        { numRuns: runs },
      );
    },
  );

  it('too many or too few makes it INVALID', () => {
    const bytes = encoder.encode(receiptText(good));
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.length - 2 }),
        fc.integer({ min: 0, max: 255 }),
        (at, byte) => {
          const without = Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + 1)]);
          const more = Uint8Array.from([...bytes.slice(0, at), byte, ...bytes.slice(at)]);
          return [without, more].every(
            (each) => judgeReceiptBytes(each, verifier).state === 'INVALID',
          );
        },
      ),
      { numRuns: 250 },
    );
  });

  it.each([
    ['a member twice', receiptText(good).replace('{', '{"receipt":"x",')],
    ['a member nobody knows', receiptText({ ...good, note: 'x' })],
    ['no receipt', receiptText({ body: good.body })],
    ['other indentation', JSON.stringify(good, null, 4)],
    ['escapes for characters', receiptText(good).replace('support-bot', 'support\\u002dbot')],
    ['a byte order mark', `\ufeff${receiptText(good)}`],
    ['two receipts', receiptText(good).repeat(2)],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a very deep value', `{"receipt":"x","body":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ])('as does %s', (_name, text) => {
    expect(judgeReceiptBytes(encoder.encode(text), verifier).state).toBe('INVALID');
  });

  it('does not depend on who is right: the body is the signed one', () => {
    const file: ReceiptFile = { ...good, body: { ...(good.body as object), status: 'rejected' } };
    const judged = judgeReceiptBytes(encoder.encode(receiptText(file)), verifier);
    expect([judged.state, judged.body?.status]).toEqual(['INVALID', 'approved']);
  });
});

describe('receipt get', () => {
  const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

  it('prints exactly what verifies', async () => {
    const run = await against(ok(good), ['receipt', 'get', ID]);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toBe(receiptText(good));
    expect(run.requests.map(({ path }) => path)).toEqual([`/v1/executions/${ID}/receipt`]);
  });

  it('writes it for its owner alone, and tells what it says', async () => {
    const output = join(folder, 'out.json');
    const run = await against(ok(good), ['receipt', 'get', ID, '--output', output]);
    expect(run.exitCode).toBe(0);
    expect(readFileSync(output, 'utf8')).toBe(receiptText(good));
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(run.stdout).toContain('user:bea');
    expect((await verify(output)).exitCode).toBe(0);
  });

  it('waits for the proof, and exits 8 without it in time, the receipt given', async () => {
    const waited = await against(ok(good), ['receipt', 'get', ID, '--wait', 'proof']);
    expect(waited.exitCode).toBe(0);
    expect(waited.requests[0]?.query).toMatchObject({ wait: 'proof', waitMs: '50000' });
    const late = await against(ok(pending), [
      'receipt',
      'get',
      ID,
      '--wait',
      'proof',
      '--timeout',
      '0s',
    ]);
    expect([late.exitCode, late.stdout]).toEqual([8, receiptText(pending)]);
    expect(late.stderr).toContain('No signed checkpoint covers');
  });

  it('exits 8 while there is no verdict', async () => {
    const problem = { code: 'approval_pending', status: 409, title: 'x', what: 'No verdict yet.' };
    const run = await against(ok(problem, 409), ['receipt', 'get', ID]);
    expect([run.exitCode, run.stdout]).toEqual([8, '']);
  });

  it('exits 2 when it cannot write', async () => {
    const run = await against(ok(good), [
      'receipt',
      'get',
      ID,
      '--output',
      join(folder, 'no', 'x'),
    ]);
    expect(run.exitCode).toBe(2);
  });
});
