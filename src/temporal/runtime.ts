import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import type { Logger } from '../app/ports';

/**
 * Sets the SDK's one runtime of this process: its log goes to ours, and signals are ours, for the
 * composition root stops the parts in order. It comes before any connection; while a runtime lives, a
 * further call changes nothing. The runtime ends with its last connection.
 */
export function installTemporalRuntime(logger: Logger): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('WARN', (entry) => {
        forward(logger, entry);
      }),
      telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
      shutdownSignals: [],
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

function forward(logger: Logger, { level, message, meta }: LogEntry): void {
  const fields: Record<string, unknown> = { component: 'temporal', ...meta };
  switch (level) {
    case 'ERROR':
      logger.error(fields, message);
      return;
    case 'WARN':
      logger.warn(fields, message);
      return;
    case 'INFO':
    case 'DEBUG':
    case 'TRACE':
      logger.info(fields, message);
  }
}
