import { createApiClient } from '../../../src/cli/api-client';
import { playStory, type StoryParts } from '../../../src/cli/demo/story';
import { createReceiptVerifier } from '../../../src/evidence/receipt-verifier';
import { contractProblems } from '../route-contract';
import { createStorySlack } from './story-slack';
import type { Defect } from './defect';
import { startStoryServer } from './story-server';

const tampered: StoryParts['tamperOneByte'] = () =>
  Promise.resolve({
    state: 'TAMPERED',
    size: 40,
    checkpointSize: 40,
    breaks: [{ seq: 17, kind: 'body_digest', message: 'the body is not the one chained' }],
  });

async function play(defect?: Defect, parts: Partial<StoryParts> = {}) {
  const server = await startStoryServer(defect);
  let told = '';
  try {
    const exitCode = await playStory(
      createApiClient({ baseUrl: server.url, apiKey: 'cs_admin', fetch }),
      { sink: { write: (text) => (told += text) }, color: false },
      {
        policyText: '{"rules":[]}',
        tamperOneByte: tampered,
        temporalUiUrl: 'http://ui.test',
        publishedKeys: () => Promise.resolve(server.keysText),
        receiptVerifier: createReceiptVerifier,
        slack: server.slack,
        ...parts,
      },
    );
    return { exitCode, told, seen: server.seen };
  } finally {
    await server.close();
  }
}

describe('the demo story', () => {
  it('tells every step and ends with 0 when each went as expected', async () => {
    const { exitCode, told, seen } = await play();
    expect(exitCode).toBe(0);
    const objections = seen.flatMap((request) => contractProblems(request, {}));
    expect(objections.filter((each) => !each.startsWith('answer'))).toEqual([]);
    const steps = [
      'refund of 45',
      'delete the customer',
      'refund of 450',
      'L1 is silent',
      'Mallory presses',
      'Carol approves',
      'wakes and pays',
      'second time',
      'The receipt',
      'kill switch for one agent',
      'kill switch for everything',
      'evidence',
    ];
    const places = steps.map((step) => told.indexOf(step));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(told).toContain('All 13 steps went as expected');
    expect(told).toContain('3 (540 USD)');
    expect(told).toContain('http://ui.test');
  });

  it.each<readonly [Defect, string]>([
    ['allows_delete', 'Expected verdict to be DENY'],
    ['allows_large_refund', 'Expected verdict to be REQUIRE_APPROVAL'],
    ['other_arguments', 'Expected the card to say ""amount": 450"'],
    ['no_reminder', 'the note "Reminder" in the thread in vain'],
    ['stays_at_l1', 'the card of L2 and a copy for who is on call in vain'],
    ['calls_nobody', 'Expected whether Carol is called to be true'],
    ['serves_strangers', 'a private answer to Mallory in vain'],
    ['takes_short_reasons', 'an error in it in vain'],
    ['copy_keeps_buttons', 'Expected whether a copy still has buttons to be false'],
    ['approves_nothing', 'Expected status after the vote to be approved, but it is rejected'],
    ['releases_twice', 'expected to be refused'],
    ['forges_receipts', 'Expected the state of the receipt to be VALID, but it is INVALID'],
    ['card_stays_open', 'the card to close in vain'],
    ['spares_what_waits', 'Expected status of what waited to be killed'],
    ['ignores_kill', 'Expected verdict to be DENY'],
    ['stays_killed', 'Expected verdict after lifting to be ALLOW'],
    ['chain_broken', 'Expected the state of the audit chain to be VALID, but it is GAP'],
  ])('notices a server that %s and ends with 1', async (defect, expected) => {
    const { exitCode, told } = await play(defect);
    expect(exitCode).toBe(1);
    expect(told).toContain(expected);
    expect(told).not.toContain('steps went as expected');
  });

  it('notices when the changed byte is not found', async () => {
    const { exitCode } = await play(undefined, {
      tamperOneByte: () =>
        Promise.resolve({ state: 'VALID', size: 40, checkpointSize: 40, breaks: [] }),
    });
    expect(exitCode).toBe(1);
  });

  it('tells how to fix it when nobody answers', async () => {
    let told = '';
    const exitCode = await playStory(
      createApiClient({ baseUrl: 'http://127.0.0.1:1', fetch }),
      { sink: { write: (text) => (told += text) }, color: false },
      {
        ...{ policyText: '', tamperOneByte: tampered, slack: createStorySlack(() => undefined) },
        ...{ publishedKeys: () => Promise.resolve(''), receiptVerifier: () => undefined },
      },
    );
    expect(exitCode).toBe(1);
    expect(told).toContain('No answer from http://127.0.0.1:1');
  });
});
