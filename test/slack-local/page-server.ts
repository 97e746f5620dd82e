import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createLocalSlackPage } from '../../src/slack-local/local-slack-page';
import type { LocalPerson } from '../../src/slack-local/page-state';
import type { FakeSlack } from '../../src/slack-local/surface';

export interface PageServer {
  /** http://127.0.0.1:PORT/dev/slack */
  readonly url: string;
  readonly host: string;
  readonly ticket: string;
  close(): Promise<void>;
}

/** The page on a server of its own, mounted as the product mounts it. */
export async function startPageServer(
  slack: FakeSlack,
  people: readonly LocalPerson[] = [],
): Promise<PageServer> {
  const app = express();
  const server = createServer(app);
  const ticket = 'ticket-of-this-start';
  let host = '';
  app.use(
    '/dev/slack',
    createLocalSlackPage({
      slack,
      ticket,
      allowedHosts: () => [host],
      people: async () => people,
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    url: `http://${host}/dev/slack`,
    host,
    ticket,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
