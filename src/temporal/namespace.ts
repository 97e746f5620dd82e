import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { msToTs } from '@temporalio/common/lib/time';
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/messages';
import type { Logger } from '../app/ports';
import { DomainError } from '../core/errors';
import { GRPC, grpcCodeOf } from './grpc-code';

const DAY_MS = 86_400_000;
/** A namespace and its search attributes reach every frontend of a cluster within its cache's refresh. */
const VISIBLE_WITHIN_MS = 30_000;
const RETRY_MS = 200;

export interface NamespaceOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** 7 for the embedded server, 30 else. An operator's longer retention is left alone. */
  readonly retentionDays: number;
  readonly logger: Logger;
}

/**
 * Makes the namespace ready for the workflows: it exists, keeps closed runs long enough, and has the search
 * attributes. Safe to run at every boot and from several processes at once.
 * @throws DomainError `configuration_error` when a search attribute exists with another type
 */
export async function registerNamespaceAndSearchAttributes(
  options: NamespaceOptions,
): Promise<void> {
  await ensureNamespace(options);
  await ensureSearchAttributes(options);
}

async function ensureNamespace(options: NamespaceOptions): Promise<void> {
  const { connection, namespace, logger } = options;
  const wantedMs = options.retentionDays * DAY_MS;
  const workflowExecutionRetentionTtl = msToTs(wantedMs);
  const keptMs = await retentionMsOf(connection, namespace);
  try {
    if (keptMs === undefined) {
      await connection.workflowService.registerNamespace({
        namespace,
        description: 'Governed executions of Countersign',
        workflowExecutionRetentionPeriod: workflowExecutionRetentionTtl,
      });
    } else if (keptMs < wantedMs) {
      await connection.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl },
      });
    }
  } catch (error) {
    const code = grpcCodeOf(error);
    if (code === GRPC.alreadyExists) return waitForNamespace(connection, namespace);
    if (keptMs !== undefined && (code === GRPC.permissionDenied || code === GRPC.unimplemented)) {
      logger.warn({ namespace, err: error }, 'retention of the namespace stays as it is');
      return;
    }
    throw error;
  }
  if (keptMs === undefined) await waitForNamespace(connection, namespace);
}

/** Milliseconds, or undefined when the namespace does not exist. */
async function retentionMsOf(
  connection: NativeConnection,
  namespace: string,
): Promise<number | undefined> {
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1000;
  } catch (error) {
    if (grpcCodeOf(error) === GRPC.notFound) return undefined;
    throw error;
  }
}

const waitForNamespace = (connection: NativeConnection, namespace: string): Promise<void> =>
  until(`namespace ${namespace}`, async () => {
    return (await retentionMsOf(connection, namespace)) !== undefined;
  });

async function ensureSearchAttributes({ connection, namespace }: NamespaceOptions): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (Object.keys(missing).length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: missing });
  } catch (error) {
    if (grpcCodeOf(error) !== GRPC.alreadyExists) throw error;
  }
  await until('search attributes', async () => {
    return Object.keys(await missingSearchAttributes(connection, namespace)).length === 0;
  });
}

async function missingSearchAttributes(connection: NativeConnection, namespace: string) {
  const { customAttributes } = await untilFound(() =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const missing: Record<
    string,
    NonNullable<ReturnType<typeof encodeSearchAttributeIndexedValueType>>
  > = {};
  for (const { name, type } of Object.values(SEARCH_ATTRIBUTE_KEYS)) {
    const wanted = encodeSearchAttributeIndexedValueType(type);
    const existing = customAttributes[name];
    if (wanted === undefined || existing === wanted) continue;
    if (existing !== undefined) {
      throw new DomainError('configuration_error', {
        what: `The search attribute ${name} of namespace ${namespace} has another type than ${type}.`,
        howToFix:
          'Remove it with `temporal operator search-attribute remove`, or use another namespace.',
      });
    }
    missing[name] = wanted;
  }
  return missing;
}

/** A namespace just made may be unknown to the next frontend for a moment. */
async function untilFound<R>(read: () => Promise<R>): Promise<R> {
  let found: { readonly value: R } | undefined;
  await until('namespace', async () => {
    try {
      found = { value: await read() };
      return true;
    } catch (error) {
      if (grpcCodeOf(error) === GRPC.notFound) return false;
      throw error;
    }
  });
  if (found === undefined) throw new Error('unreachable');
  return found.value;
}

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  const limitMs = Date.now() + VISIBLE_WITHIN_MS;
  while (!(await done())) {
    if (Date.now() > limitMs) {
      throw new DomainError('unavailable', {
        what: `Temporal does not show the ${what} after ${VISIBLE_WITHIN_MS / 1000} s.`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
