import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface InterruptibleProxy {
  readonly address: string;
  /** Cuts every connection and refuses new ones, as a server that is down does. */
  cut(): void;
  restore(): void;
  close(): Promise<void>;
}

/** Stands before a server, so that a test can take it away without stopping it for other suites. */
export async function startProxy(target: string): Promise<InterruptibleProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let up = true;
  const server = createServer((incoming) => {
    if (!up) {
      incoming.destroy();
      return;
    }
    const outgoing = connect(Number(port), host);
    const pairs = [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const;
    for (const [from, to] of pairs) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    up = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    restore: () => {
      up = true;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
