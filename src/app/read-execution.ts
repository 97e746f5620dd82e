import { DomainError } from '../core/errors';
import { executionId } from '../core/ids';
import type { Caller } from './caller';
import type { ExecutionReads, ReadExecution } from './read-ports';

/** Absent and not yours look the same, so that nobody learns what exists. */
const executionNotFound = (id: string): DomainError =>
  new DomainError('execution_not_found', {
    what: `No execution ${id} exists for this credential.`,
  });

export async function readOwn(
  reads: Pick<ExecutionReads, 'execution'>,
  caller: Caller,
  id: string,
): Promise<ReadExecution> {
  const found = await reads.execution(caller.tenant, executionId(id));
  const visible =
    found !== undefined &&
    (caller.agent === undefined
      ? caller.permissions.has('executions:read_all')
      : caller.agent === found.row.agent);
  if (found === undefined || !visible) throw executionNotFound(id);
  return found;
}
