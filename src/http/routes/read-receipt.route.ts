import { executionParams } from '../../contract/execution-requests';
import { readReceiptQuery, receiptView } from '../../contract/receipts';
import { defineRoute } from '../route';

const PROOF_WAIT_MS = 10_000;

export const readReceiptRoute = defineRoute({
  operationId: 'readReceipt',
  method: 'get',
  path: '/v1/executions/{executionId}/receipt',
  permission: 'executions:read',
  tag: 'Executions',
  summary: 'Read the signed receipt of a verdict',
  description:
    'A receipt proves a verdict; only a release authorises a run. It is the same on every read. ' +
    'The proof that the verdict stands in the audit log comes with the next signed checkpoint.',
  params: executionParams,
  unknownId: 'execution_not_found',
  query: readReceiptQuery,
  replies: { 200: { description: 'The receipt.', schema: receiptView } },
  errors: ['execution_not_found', 'approval_pending'],
  handle: async ({ caller, params, query, signal }, useCases) => {
    const waitMs = query.wait === 'proof' ? (query.waitMs ?? PROOF_WAIT_MS) : 0;
    const body = await useCases.readReceipt(caller, { ...params, waitMs, signal });
    return { status: 200, body };
  },
});
