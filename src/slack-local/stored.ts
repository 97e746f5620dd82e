import type { JsonRecord } from './json-shape';

export interface StoredMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs?: string;
  readonly user: string;
  /** Set on messages of the app. */
  readonly botId?: string;
  text: string;
  /** False when the top-level text was sent with `mrkdwn: false`. */
  readonly textIsMrkdwn: boolean;
  blocks: readonly JsonRecord[];
  metadata?: JsonRecord;
  edited?: { readonly user: string; readonly ts: string };
  readonly replyBroadcast?: boolean;
  readonly reactions: Map<string, Set<string>>;
}

export interface StoredChannel {
  readonly id: string;
  readonly name: string;
  /** The person a direct conversation is with. */
  readonly directWith?: string;
  readonly members: Set<string> | 'everyone';
  readonly isArchived: boolean;
  readonly isExtShared: boolean;
  readonly botIsMember: boolean;
  readonly messages: StoredMessage[];
  lastTsMicros: number;
}

export interface StoredGroup {
  readonly id: string;
  readonly handle: string;
  readonly users: readonly string[];
}

/** Who the workspace and its one app are. */
export interface Identity {
  readonly teamId: string;
  readonly domain: string;
  readonly appId: string;
  readonly botUserId: string;
  readonly botId: string;
  readonly botName: string;
}
