import { auditEventPage, listAuditEventsQuery } from '../../contract/audit';
import { defineRoute } from '../route';

export const listAuditEventsRoute = defineRoute({
  operationId: 'listAuditEvents',
  method: 'get',
  path: '/v1/audit/events',
  permission: 'audit:read',
  tag: 'Audit',
  summary: 'Search the audit chain',
  query: listAuditEventsQuery,
  replies: { 200: { description: 'One page.', schema: auditEventPage } },
  errors: [],
  handle: async ({ caller, query }, useCases) => ({
    status: 200,
    body: await useCases.listAuditEvents(caller, query),
  }),
});
