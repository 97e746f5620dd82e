import { randomBytes } from 'node:crypto';
import { remember } from './bounded-list';
import type { FakeClock } from './clock';
import { MEMORY } from './limits';

/** Tokens of an app, and what each of them answers. */
export interface Tokens {
  readonly appToken: string;
  botScopes: readonly string[];
  /** What every bot token answers instead of doing the work. */
  botError: string | undefined;
  kindOf(token: string): 'bot' | 'app' | undefined;
  /** Slack's error code for a bot token that no longer counts. */
  faultOf(token: string): string | undefined;
  /** A new bot token; with a lifetime it comes with a refresh token. */
  issue(): IssuedToken;
  /** Ends the refresh token and the access token it came with. */
  refresh(refreshToken: string): IssuedToken | undefined;
  revoke(token: string): void;
}

export interface IssuedToken {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly expiresInS?: number;
}

interface BotToken {
  readonly expiresAtMs: number;
  revoked: boolean;
}

/** Life of a token under rotation (docs.slack.dev/authentication/using-token-rotation). */
const ROTATION_S = 43_200;

export function createTokens(deps: {
  readonly botToken: string;
  readonly appToken: string;
  readonly botScopes: readonly string[];
  readonly rotation: boolean;
  readonly clock: FakeClock;
}): Tokens {
  const { appToken, clock, rotation } = deps;
  /** Apart from the others, as it must not be forgotten for them. */
  const readyMade: BotToken = { expiresAtMs: Infinity, revoked: false };
  const bots = new Map<string, BotToken>();
  const botOf = (token: string): BotToken | undefined =>
    token === deps.botToken ? readyMade : bots.get(token);
  /** Access token by refresh token. */
  const refreshes = new Map<string, string>();
  const revoke = (token: string): void => {
    const bot = botOf(token);
    if (bot !== undefined) bot.revoked = true;
  };
  const issue = (): IssuedToken => {
    const prefix = rotation ? 'xoxe.xoxb' : 'xoxb';
    const accessToken = `${prefix}-local-${randomBytes(16).toString('hex')}`;
    const expiresAtMs = rotation ? clock.nowMs() + ROTATION_S * 1000 : Infinity;
    remember(bots, accessToken, { expiresAtMs, revoked: false }, MEMORY.tokens);
    if (!rotation) return { accessToken };
    const refreshToken = `xoxe-local-${randomBytes(16).toString('hex')}`;
    remember(refreshes, refreshToken, accessToken, MEMORY.tokens);
    return { accessToken, refreshToken, expiresInS: ROTATION_S };
  };
  return {
    appToken,
    botScopes: deps.botScopes,
    botError: undefined,
    kindOf: (token) =>
      token === appToken ? 'app' : botOf(token) !== undefined ? 'bot' : undefined,
    faultOf: (token) => {
      const bot = botOf(token);
      if (bot?.revoked === true) return 'token_revoked';
      return bot !== undefined && clock.nowMs() >= bot.expiresAtMs ? 'token_expired' : undefined;
    },
    issue,
    refresh: (refreshToken) => {
      const old = refreshes.get(refreshToken);
      if (old === undefined) return undefined;
      refreshes.delete(refreshToken);
      revoke(old);
      return issue();
    },
    revoke,
  };
}
