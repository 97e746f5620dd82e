import { performance } from 'node:perf_hooks';

import { createChannelInbox } from '../app/channel-inbox';
import { createChannelTrouble } from '../app/channel-trouble';
import { createMakeLinkCode } from '../app/link-codes';
import type { Cryptography, Logger } from '../app/ports';
import { createReadCard, createReadContent } from '../app/read-card';
import { createResolveChatAccount } from '../app/resolve-chat-account';
import { processClock } from '../channels/clock';
import { createDelivery, type Delivery } from '../channels/delivery';
import type { SlackSettings } from '../contract/slack-config';
import { createCardRefresh } from '../db/card-refresh';
import { createChatAccountLookup } from '../db/channel-identity-reads';
import { createChannelMessageStore } from '../db/channel-message-store';
import { createSignatureStore } from '../db/channel-signatures';
import { createLinkCodeStore } from '../db/link-code-store';
import { createPeopleReads } from '../db/people-reads';
import type { Database } from '../db/pool';
import { createSlackGateway } from '../slack/gateway';
import { createSlackApp, type SlackApp } from '../slack/slack-app';
import type { CoreParts } from './core-parts';

const encoder = new TextEncoder();

export interface ChannelsPartsInput {
  readonly core: Pick<CoreParts, 'reads' | 'committer' | 'hub' | 'useCases'>;
  readonly database: Database;
  readonly crypto: Cryptography;
  readonly logger: Logger;
  readonly slack: SlackSettings;
  /** Where cards go. */
  readonly channel: string;
  /** Address people open in a browser. */
  readonly publicUrl?: string;
}

export interface ChannelsParts {
  /** For signed HTTP: mounted at /slack/events, before anything that parses bodies. */
  readonly httpHandler: SlackApp['httpHandler'];
  readonly state: () => { readonly connected: boolean } & ReturnType<Delivery['state']>;
  stop(): Promise<void>;
}

/** The only part of the system that calls a chat: shows what is owed, and brings in what people press. */
export function startChannels(input: ChannelsPartsInput): ChannelsParts {
  const { core, database, crypto, logger, slack } = input;
  const store = createChannelMessageStore(database.system);
  const people = createPeopleReads(database.app);
  const cards = {
    reads: core.reads,
    people,
    store,
    crypto,
    ...(input.publicUrl === undefined
      ? {}
      : { approvalUrl: () => `${input.publicUrl ?? ''}/pending` }),
  };
  const signatures = createSignatureStore(database.system, () => performance.now());
  const inbox = createChannelInbox({
    store,
    logger,
    committer: core.committer,
    resolveAccount: createResolveChatAccount({ lookup: createChatAccountLookup(database.system) }),
    castVote: core.useCases.castVote,
    readCard: createReadCard(cards),
    makeLinkCode: createMakeLinkCode({ codes: createLinkCodeStore(database.system), crypto }),
    firstSight: (signature) => signatures.firstSight(crypto.sha256(encoder.encode(signature))),
    touch: createCardRefresh(database.system),
  });
  const { botToken, apiUrl } = slack;
  const gateway = createSlackGateway({
    settings: { botToken, channel: input.channel, ...(apiUrl === undefined ? {} : { apiUrl }) },
    logger,
  });
  const trouble = createChannelTrouble({ committer: core.committer, people, logger });
  const delivery = createDelivery({
    store,
    gateway,
    logger,
    read: createReadContent(cards),
    alarm: trouble,
    clock: processClock,
    random: Math.random,
    holder: crypto.uuidv7(),
  });
  const app = createSlackApp({
    inbox,
    logger,
    settings: slack,
    mode: slack.appToken === undefined ? 'http' : 'socket',
    stateKey: (text) => crypto.macOf(`slack form\0${text}`),
    onAlarm: (alarm) => {
      if (alarm.down) logger.error({ why: alarm.why }, 'Slack cannot reach this process');
      else logger.info({}, 'Slack reaches this process again');
    },
  });
  core.hub.onChange(() => {
    delivery.wake();
  });
  delivery.start();
  void app.start();
  return {
    httpHandler: app.httpHandler,
    state: () => ({ connected: app.connected(), ...delivery.state() }),
    stop: async () => {
      await app.stop();
      await delivery.stop();
    },
  };
}
