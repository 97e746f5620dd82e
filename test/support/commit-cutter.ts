import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';

/** When a connection dies relative to the COMMIT that travels over it. */
export type Cut = 'before_commit' | 'after_commit' | 'never';

export interface CommitCutter {
  /** The database's URL through this proxy. */
  readonly databaseUrl: string;
  /** Decides for each COMMIT of a transaction that took a tenant's head; reads pass. */
  cutWith(decide: () => Cut): void;
  /** Refuses new connections and breaks the open ones, as a database that is down does. */
  goDown(): void;
  comeBack(): void;
  readonly cuts: number;
  close(): Promise<void>;
}

/** A simple-protocol message holding just COMMIT: type, length 11, text, NUL. */
const HEAD_LOCK = 'UPDATE tenant_heads SET last_ts';
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1');

/**
 * A TCP door in front of the test cluster's unix socket. `after_commit` hands the COMMIT on and breaks the
 * client's side at once, so the server commits and nobody hears of it; `before_commit` breaks both.
 */
export async function startCommitCutter(adminUrl: string): Promise<CommitCutter> {
  const target = new URL(adminUrl);
  const folder = target.searchParams.get('host') ?? '';
  const path = join(folder, `.s.PGSQL.${target.port === '' ? '5432' : target.port}`);
  const clients = new Set<Socket>();
  let decide = (): Cut => 'never';
  let down = false;
  let cuts = 0;

  const server = createServer((client) => {
    if (down) {
      client.destroy();
      return;
    }
    const upstream = connect(path);
    clients.add(client);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('close', () => {
      clients.delete(client);
      // What was handed on still arrives: the server may commit what nobody waits for any more.
      upstream.end();
    });
    upstream.on('close', () => client.destroy());
    upstream.on('data', (chunk: Buffer) => {
      if (!client.destroyed) client.write(chunk);
    });
    let writes = false;
    client.on('data', (chunk: Buffer) => {
      if (chunk.includes('ROLLBACK')) writes = false;
      writes ||= chunk.includes(HEAD_LOCK);
      const commits = writes && chunk.includes(COMMIT);
      if (commits) writes = false;
      const cut = commits ? decide() : 'never';
      if (cut === 'never') {
        upstream.write(chunk);
        return;
      }
      cuts += 1;
      if (cut === 'after_commit') upstream.write(chunk, () => client.destroy());
      else {
        upstream.write(chunk.subarray(0, chunk.indexOf(COMMIT)), () => {
          client.destroy();
          upstream.destroy();
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(adminUrl);
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const breakAll = (): void => {
    for (const client of clients) client.destroy();
  };
  return {
    databaseUrl: url.href,
    cutWith: (next) => {
      decide = next;
    },
    goDown: () => {
      down = true;
      breakAll();
    },
    comeBack: () => {
      down = false;
    },
    get cuts() {
      return cuts;
    },
    close: async () => {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
