import { childEnvironment } from './child-environment';
import { runCommand } from './run-command';
import { EmbeddedStartError, messageOf } from './service';
import { LOOPBACK, type TemporalPorts } from './temporal-ports';

export type SearchAttributeType =
  'Text' | 'Keyword' | 'KeywordList' | 'Int' | 'Double' | 'Bool' | 'Datetime';

/** Name → type, for example `{ CsTenant: 'Keyword' }`. */
export type SearchAttributes = Readonly<Record<string, SearchAttributeType>>;

async function registeredNames(namespaceUrl: string): Promise<ReadonlySet<string>> {
  const response = await fetch(`${namespaceUrl}/search-attributes`, {
    signal: AbortSignal.timeout(5_000),
  });
  const body: unknown = await response.json();
  const custom: unknown =
    typeof body === 'object' && body !== null && 'customAttributes' in body
      ? body.customAttributes
      : undefined;
  return new Set(typeof custom === 'object' && custom !== null ? Object.keys(custom) : []);
}

/**
 * Registers the attributes that the namespace lacks. The server applies its start-up flags only to a
 * namespace it creates, so data made by an older release needs this.
 */
export async function addMissingSearchAttributes(input: {
  readonly executable: string;
  readonly ports: TemporalPorts;
  readonly namespace: string;
  readonly attributes: SearchAttributes;
}): Promise<readonly string[]> {
  const { executable, ports, namespace, attributes } = input;
  const url = `http://${LOOPBACK}:${ports.uiBackend}/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const present = await registeredNames(url).catch((error: unknown) => {
    throw new EmbeddedStartError(`Temporal does not list search attributes: ${messageOf(error)}`);
  });
  const missing = Object.entries(attributes).filter(([name]) => !present.has(name));
  if (missing.length === 0) return [];
  const args = ['operator', 'search-attribute', 'create', '--namespace', namespace]
    .concat('--address', `${LOOPBACK}:${ports.grpc}`)
    .concat(missing.flatMap(([name, type]) => ['--name', name, '--type', type]));
  const { ok, output } = await runCommand(executable, args, {
    // The user's own profile may point the tool at another cluster, with TLS.
    env: { ...childEnvironment(), TEMPORAL_CONFIG_FILE: '/dev/null' },
    cwd: '/',
    limitMs: 30_000,
  });
  const names = missing.map(([name]) => name);
  if (!ok) {
    throw new EmbeddedStartError(
      `Temporal refused the search attributes ${names.join(', ')}: ${output}`,
    );
  }
  return names;
}
