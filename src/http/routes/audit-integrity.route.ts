import { auditIntegrity } from '../../contract/audit';
import { defineRoute } from '../route';

export const auditIntegrityRoute = defineRoute({
  operationId: 'auditIntegrity',
  method: 'get',
  path: '/v1/audit/integrity',
  permission: 'audit:verify',
  tag: 'Audit',
  summary: 'Verify the audit chain',
  replies: { 200: { description: 'State of the chain, and each break.', schema: auditIntegrity } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.auditIntegrity(caller),
  }),
});
