import { createHash } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import { createChannelTrouble } from '../../src/app/channel-trouble';
import { createExecutionSteps } from '../../src/app/execution-steps';
import { createReadContent } from '../../src/app/read-card';
import { processClock } from '../../src/channels/clock';
import { createDelivery, type Delivery } from '../../src/channels/delivery';
import { DEFAULT_TENANT, executionId } from '../../src/core/ids';
import { createChannelMessageStore } from '../../src/db/channel-message-store';
import { createPeopleReads } from '../../src/db/people-reads';
import {
  createScriptedGateway,
  type Fault,
  type ScriptedGateway,
} from '../channels/scripted-gateway';
import { eventually } from '../support/eventually';
import { castVote, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

let place: TestInstallation;
let bot: Caller;
let alice: Caller;
const running: Delivery[] = [];
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

beforeAll(async () => {
  place = await createTestInstallation();
  alice = await place.person('alice', { approverRoles: ['support-manager'] });
  await place.core.useCases.linkSlackIdentity(place.admin, 'alice', {
    ...{ teamId: 'T1', userId: 'UALICE' },
  });
  bot = await place.agent('support-bot');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((delivery) => delivery.stop()));
});
afterAll(() => place.stop());

const gatewayOf = (faults: (Fault | undefined)[]): ScriptedGateway =>
  createScriptedGateway(
    {
      nowMs: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    },
    faults,
  );

function begin(holder: string, gateway: ScriptedGateway): Delivery {
  const store = createChannelMessageStore(place.sessions.system);
  const people = createPeopleReads(place.sessions.app);
  const { reads, committer, hub } = place.core;
  const delivery = createDelivery({
    ...{ store, gateway, holder, logger, clock: processClock },
    random: () => Math.random(),
    read: createReadContent({ reads, people, store, crypto: place.crypto }),
    alarm: createChannelTrouble({ committer, people, logger }),
  });
  hub.onChange(delivery.wake);
  delivery.start();
  running.push(delivery);
  return delivery;
}

/** A refund that waits and whose people were told, as its workflow does it. */
async function asked() {
  const view = await submitRefund(place.core, bot, 450);
  const steps = createExecutionSteps({
    ...{ ...place.core, crypto: place.crypto },
    historyDigest: (history) => createHash('sha256').update(history).digest('hex'),
  });
  const id = executionId(view.executionId);
  const digest = view.argsDigest;
  await steps.notifyApprovers({ tenant: DEFAULT_TENANT, executionId: id, digest, level: 1 });
  return id;
}

const settledBacklog = () =>
  eventually(
    async () => {
      const store = createChannelMessageStore(place.sessions.system);
      expect(await store.backlog()).toMatchObject({ behind: 0, oldestMs: 0 });
      return true;
    },
    { limitMs: 20_000 },
  );

describe('delivery on the real store', () => {
  it('shows each card once and at its newest version, by two processes, whatever fails', async () => {
    const faults: (Fault | undefined)[] = [
      { kind: 'answer_lost' },
      { kind: 'never_arrived' },
      undefined,
      { kind: 'unavailable' },
      { kind: 'rate_limited', retryAfterMs: 300 },
      { kind: 'answer_lost' },
      undefined,
      { kind: 'deleted' },
      { kind: 'answer_lost' },
    ];
    const gateway = gatewayOf(faults);
    begin('one', gateway);
    begin('two', gateway);
    const ids = [];
    for (let n = 0; n < 12; n += 1) ids.push(await asked());
    for (const id of ids.slice(0, 6)) await castVote(place.core, alice, id);
    await settledBacklog();
    expect(gateway.mostLiving()).toBe(1);
    expect(faults).toEqual([]);
    for (const id of ids) {
      const own = gateway.posts.filter(
        ({ content, deleted }) => content.card.display.executionId === id && !deleted,
      );
      const cards = own.filter(({ inThread }) => !inThread);
      expect(cards).toHaveLength(1);
      const { status } = await place.core.useCases.readApproval(place.admin, id);
      expect(cards[0]?.content.card.status).toBe(status);
      const ended = own.filter(
        ({ content }) => content.kind === 'note' && content.note.kind === 'ended',
      );
      expect(ended).toHaveLength(status === 'approved' ? 1 : 0);
    }
  }, 40_000);

  it('goes to people directly when the channel refuses, and back to the channel when it is mended', async () => {
    const gateway = gatewayOf([{ kind: 'refused', code: 'not_in_channel' }]);
    begin('three', gateway);
    const id = await asked();
    await eventually(async () => {
      expect(gateway.posts.map(({ channelId }) => channelId)).toEqual(['D-UALICE']);
      return true;
    });
    expect((await place.core.useCases.readApproval(place.admin, id)).status).toBe(
      'pending_approval',
    );
    await castVote(place.core, alice, id);
    await eventually(async () => {
      const cards = gateway.posts.filter(({ content }) => content.kind === 'card');
      expect(cards.map(({ content }) => content.card.status)).toEqual(['approved', 'approved']);
      expect(cards.map(({ channelId }) => channelId)).toEqual(['D-UALICE', 'C-routed']);
      return true;
    });
    await settledBacklog();
  });

  it('leaves a chain that verifies', async () => {
    expect((await place.verify()).state).toBe('VALID');
  });
});
