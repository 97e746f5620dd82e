import { answered, type ApiMethods, TIER } from './web-api-method';
import type { Workspace } from './workspace';

/** auth.test and apps.connections.open. */
export function appMethods(
  { identity }: Workspace,
  origin: () => string,
  issueSocketUrl: () => string,
): ApiMethods {
  const { teamId, domain, botUserId, botId, botName } = identity;
  return {
    'auth.test': {
      token: 'bot',
      perMinute: 600,
      run: () =>
        answered({
          url: `${origin()}/`,
          team: domain,
          user: botName.toLowerCase(),
          team_id: teamId,
          user_id: botUserId,
          bot_id: botId,
          is_enterprise_install: false,
        }),
    },
    'apps.connections.open': {
      token: 'app',
      scope: 'connections:write',
      // Slack's pages disagree on the tier; clients that reconnect would not live with one a minute.
      perMinute: TIER.three,
      run: () => answered({ url: issueSocketUrl() }),
    },
  };
}
