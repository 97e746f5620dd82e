import {
  killSwitch,
  killSwitchParams,
  liftKillSwitchBody,
  liftKillSwitchQuery,
} from '../../contract/kill-switches';
import { DomainError } from '../../core/errors';
import { defineRoute } from '../route';

export const liftKillSwitchRoute = defineRoute({
  operationId: 'liftKillSwitch',
  method: 'delete',
  path: '/v1/kill-switches/{killSwitchId}',
  permission: 'kill:lift',
  tag: 'Controls',
  summary: 'Lift a kill switch',
  description:
    'New requests are decided again; what the switch voided stays void. A global one also needs ' +
    '`kill:engage_global` in tenant `default`.',
  params: killSwitchParams,
  query: liftKillSwitchQuery,
  body: { kind: 'json', schema: liftKillSwitchBody },
  replies: { 200: { description: 'Lifted.', schema: killSwitch } },
  errors: ['not_found'],
  handle: async ({ caller, params, query, body }, useCases) => {
    const reason = body.reason ?? query.reason;
    if (reason === undefined) {
      throw new DomainError('validation_failed', {
        what: 'Lifting a kill switch needs a reason.',
        howToFix: 'Send {"reason":"…"} as the body, or ?reason=… in the address.',
        problems: [{ path: 'reason', message: 'is required' }],
      });
    }
    return {
      status: 200,
      body: await useCases.liftKillSwitch(caller, { id: params.killSwitchId, reason }),
    };
  },
});
