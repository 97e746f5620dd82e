import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePorts, rememberedPorts } from '../../src/embedded/temporal-ports';
import { removeScratchFolders, scratchFolder } from './scratch-folder';

afterAll(removeScratchFolders);

const portsFile = (): string => join(scratchFolder(), 'ports.json');

describe('ports of the embedded Temporal', () => {
  it('are three different ones outside the range of outgoing connections', async () => {
    const ports = Object.values(await choosePorts(portsFile(), {}));
    expect(new Set(ports).size).toBe(3);
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(32_768);
    }
  });

  it('stay the same while they are free', async () => {
    const file = portsFile();
    const first = await choosePorts(file, {});
    expect(await choosePorts(file, {})).toEqual(first);
    expect(rememberedPorts(file)).toEqual(first);
  });

  it('change only where another program took one', async () => {
    const file = portsFile();
    const first = await choosePorts(file, {});
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(first.ui, '127.0.0.1', resolve));
    const second = await choosePorts(file, {});
    await new Promise((resolve) => other.close(resolve));
    expect(second).toEqual({ ...first, ui: second.ui });
    expect(second.ui).not.toBe(first.ui);
  });

  it('are those asked for, and no other is chosen equal to them', async () => {
    const file = portsFile();
    const first = await choosePorts(file, {});
    const second = await choosePorts(file, { ui: first.grpc });
    expect(second.ui).toBe(first.grpc);
    expect(new Set(Object.values(second)).size).toBe(3);
  });

  it('are chosen anew when the file was cut off', async () => {
    const file = portsFile();
    writeFileSync(file, '{"grpc":2');
    expect(rememberedPorts(file)).toBeUndefined();
    expect(await choosePorts(file, {})).toEqual(rememberedPorts(file));
  });
});
