/** The gRPC status codes that are told apart here; any other means "try again". */
export const GRPC = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
} as const;

/** Status code of a failed call, also where the client wraps the failure of the service. */
export function grpcCodeOf(error: unknown): number | undefined {
  for (let at: unknown = error, depth = 0; depth < 4 && isObject(at); depth += 1) {
    if (typeof at['code'] === 'number') return at['code'];
    at = at['cause'];
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
