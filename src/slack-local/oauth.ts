import { randomBytes } from 'node:crypto';
import { remember } from './bounded-list';
import type { FakeClock } from './clock';
import { optionalText, textOf } from './json-shape';
import { MEMORY } from './limits';
import type { IssuedToken, Tokens } from './tokens';
import { answered, type ApiAnswer, type ApiMethods, refused, TIER } from './web-api-method';
import type { Identity } from './stored';

interface Code {
  readonly redirectUri: string | undefined;
  readonly expiresAtMs: number;
  used: boolean;
}

export interface OAuth {
  readonly methods: ApiMethods;
  /**
   * Where the browser is sent by /oauth/v2/authorize: back to the app, as if the person had pressed Allow.
   * @returns undefined for a request Slack would show an error page for
   */
  authorize(query: URLSearchParams): string | undefined;
}

/** Life of a code that a person's consent gave. */
const CODE_MS = 10 * 60_000;

/** Installing the app: consent, code, token; and its renewal where tokens rotate. */
export function createOAuth(deps: {
  readonly identity: Identity;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tokens: Tokens;
  readonly clock: FakeClock;
}): OAuth {
  const { tokens, clock, clientId, identity } = deps;
  const codes = new Map<string, Code>();
  const redeem = (code: Code | undefined, redirectUri: string | undefined): ApiAnswer => {
    if (code === undefined || clock.nowMs() > code.expiresAtMs) return refused('invalid_code');
    if (code.used) return refused('code_already_used');
    if (code.redirectUri !== redirectUri) return refused('bad_redirect_uri');
    code.used = true;
    return installed(identity, tokens, tokens.issue());
  };
  return {
    authorize: (query) => {
      const redirectUri = query.get('redirect_uri') ?? undefined;
      if (query.get('client_id') !== clientId || redirectUri === undefined) return undefined;
      const code = randomBytes(16).toString('hex');
      const expiresAtMs = clock.nowMs() + CODE_MS;
      remember(codes, code, { redirectUri, expiresAtMs, used: false }, MEMORY.triggers);
      const target = new URL(redirectUri);
      target.searchParams.set('code', code);
      target.searchParams.set('state', query.get('state') ?? '');
      return target.toString();
    },
    methods: {
      'oauth.v2.access': {
        token: 'none',
        perMinute: TIER.four,
        run: (args) => {
          if (textOf(args['client_id']) !== clientId) return refused('invalid_client_id');
          if (textOf(args['client_secret']) !== deps.clientSecret)
            return refused('bad_client_secret');
          if (args['grant_type'] === 'refresh_token') {
            const renewed = tokens.refresh(textOf(args['refresh_token']));
            return renewed === undefined
              ? refused('invalid_refresh_token')
              : installed(identity, tokens, renewed);
          }
          return redeem(codes.get(textOf(args['code'])), optionalText(args['redirect_uri']));
        },
      },
      'auth.revoke': {
        token: 'bot',
        perMinute: TIER.three,
        run: (_args, token) => {
          tokens.revoke(token);
          return answered({ revoked: true });
        },
      },
    },
  };
}

function installed(identity: Identity, tokens: Tokens, issued: IssuedToken): ApiAnswer {
  return answered({
    app_id: identity.appId,
    authed_user: { id: 'U0INSTALLER' },
    scope: tokens.botScopes.join(','),
    token_type: 'bot',
    access_token: issued.accessToken,
    bot_user_id: identity.botUserId,
    team: { id: identity.teamId, name: identity.domain },
    enterprise: null,
    is_enterprise_install: false,
    ...(issued.refreshToken === undefined
      ? {}
      : { refresh_token: issued.refreshToken, expires_in: issued.expiresInS }),
  });
}
