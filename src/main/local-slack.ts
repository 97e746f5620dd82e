import { randomBytes } from 'node:crypto';

import type { NewUser } from '../app/commit-ports';
import type { Config } from '../contract/config';
import type { SlackSettings } from '../contract/slack-config';
import type { Mount } from '../http/server';
import { createLocalSlackPage } from '../slack-local/local-slack-page';
import { startFakeSlack } from '../slack-local/fake-slack';
import type { FakeSlack } from '../slack-local/surface';

const PATH = '/dev/slack';
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/** The stand-in for Slack that a laptop without a Slack account gets. */
export interface LocalSlack {
  readonly slack: FakeSlack;
  readonly settings: SlackSettings;
  readonly mount: Mount;
  /** Address of the page, with the ticket that signs in. */
  readonly pageUrl: () => string;
  stop(): Promise<void>;
}

/**
 * Starts the local workspace where no Slack is set up; only in development and only on this machine, because
 * whoever opens its page acts as any of its people.
 */
export async function startLocalSlack(
  config: Config,
  apiUrl: () => string | undefined,
  people: () => Promise<readonly NewUser[]>,
): Promise<LocalSlack | undefined> {
  const here = config.host === '127.0.0.1' || config.host === 'localhost' || config.host === '::1';
  if (config.slack !== undefined || config.environment !== 'development' || !here) return undefined;
  const slack = await startFakeSlack();
  slack.addChannel({ name: config.slackChannel });
  // Somebody to look at the page as, whose clicks show what a person without a linked account is told.
  slack.addUser({ name: 'visitor', realName: 'Visitor' });
  // Whoever is a user of the installation is a member of its workspace; the account is still to be linked.
  const joinAll = async (): Promise<readonly never[]> => {
    const members = new Set(slack.users().map(({ name }) => name));
    for (const { id, name, email } of await people())
      if (!members.has(id)) slack.addUser({ name: id, realName: name, email });
    return [];
  };
  const ticket = randomBytes(24).toString('base64url');
  const allowedHosts = (): string[] => {
    const url = apiUrl();
    return url === undefined
      ? []
      : LOOPBACK_HOSTS.map((host) => `${host}:${new URL(url).port || '80'}`);
  };
  const { botToken, appToken, apiUrl: slackApiUrl } = slack;
  return {
    slack,
    settings: { botToken, appToken, apiUrl: slackApiUrl },
    mount: {
      path: PATH,
      handler: createLocalSlackPage({ slack, ticket, allowedHosts, people: joinAll }),
    },
    pageUrl: () => `${apiUrl() ?? ''}${PATH}/login?ticket=${ticket}`,
    stop: () => slack.close(),
  };
}
