import {
  requestOf,
  RESERVED_EXECUTION_FIELDS,
  submitExecutionBody,
} from '../../contract/execution-requests';
import { submitReply } from '../../contract/execution-views';
import { awaitOrReadNow, isPending, pendingStatus } from '../long-poll';
import { defineRoute } from '../route';

export const submitExecutionRoute = defineRoute({
  operationId: 'submitExecution',
  method: 'post',
  path: '/v1/executions',
  permission: 'executions:submit',
  tag: 'Executions',
  summary: 'Ask whether an action may run',
  description:
    'Answers with the committed decision. Run the action only while `mayRun` is true. With `waitMs` ' +
    'the call waits for the approval; with mode `dry_run` nothing is stored but an audit row.',
  body: { kind: 'json', schema: submitExecutionBody, reserved: RESERVED_EXECUTION_FIELDS },
  replies: {
    200: { description: 'Decided (or evaluated).', schema: submitReply },
    202: { description: 'A human decides; wait with `waitMs`.', schema: submitReply },
  },
  errors: ['agent_not_found', 'idempotency_conflict'],
  handle: async ({ caller, body, signal }, useCases) => {
    const input = requestOf(body);
    if (input.mode === 'dry_run') {
      return { status: 200, body: await useCases.evaluateRequest(caller, input) };
    }
    const view = await useCases.submitExecution(caller, input);
    if (body.waitMs === 0 || !isPending(view)) return { status: pendingStatus(view), body: view };
    const { executionId, attemptId } = view;
    const wait = {
      executionId,
      waitMs: body.waitMs,
      ...(attemptId === undefined ? {} : { attemptId }),
    };
    const waited = await awaitOrReadNow(useCases, caller, wait, signal);
    return { status: pendingStatus(waited), body: waited };
  },
});
