import { type ApiMethods, TIER } from './web-api-method';
import type { Views } from './views';

/** views.open, push, update and publish; Slack asks no scope of them. */
export function viewMethods(views: Views): ApiMethods {
  const method = (run: ApiMethods[string]['run']): ApiMethods[string] => ({
    token: 'bot',
    perMinute: TIER.four,
    run,
  });
  return {
    'views.open': method(views.open),
    'views.push': method(views.push),
    'views.update': method(views.update),
    'views.publish': method(views.publish),
  };
}
