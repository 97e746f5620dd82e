import { GRPC } from './grpc-code';

interface WithDeadline {
  withDeadline<R>(deadline: number, call: () => Promise<R>): Promise<R>;
}

/**
 * Calls Temporal and waits no longer than `timeoutMs`. A deadline alone bounds one attempt, and the native
 * client makes several while a server is away. The call may still take effect after this gave up.
 * @throws an error of gRPC code DEADLINE_EXCEEDED when the time is over
 */
export async function boundedCall<R>(
  connection: WithDeadline,
  timeoutMs: number,
  call: () => Promise<R>,
): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`Temporal gave no answer within ${timeoutMs} ms`);
      reject(Object.assign(error, { code: GRPC.deadlineExceeded }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([connection.withDeadline(Date.now() + timeoutMs, call), late]);
  } finally {
    clearTimeout(timer);
  }
}
