import type { FakeClock } from './clock';
import type { JsonRecord } from './json-shape';

export interface FakeSlackOptions {
  /** 0, the default, takes a free port. The server listens on 127.0.0.1 only. */
  readonly port?: number;
  readonly workspace?: { readonly teamId?: string; readonly domain?: string };
  /** Socket Mode, or the request URL that signed interactions, commands and events are posted to. */
  readonly deliver?: 'socket' | { readonly url: string };
  /** Tokens of an installation expire after 12 hours and are renewed; the ready-made one does not. */
  readonly tokenRotation?: boolean;
  /** Time of rate limits, trigger and response_url expiry; the machine's own unless given. */
  readonly clock?: FakeClock;
}

export interface NewUser {
  readonly id?: string;
  readonly name: string;
  readonly realName?: string;
  readonly email?: string;
  /** Another workspace's id makes the person a Slack Connect guest. */
  readonly teamId?: string;
  readonly isBot?: boolean;
  readonly isRestricted?: boolean;
  readonly isUltraRestricted?: boolean;
  readonly isStranger?: boolean;
  readonly deleted?: boolean;
  /** True unless said otherwise. */
  readonly emailConfirmed?: boolean;
}

export interface NewChannel {
  readonly id?: string;
  readonly name: string;
  /** User ids; absent means the whole workspace. */
  readonly members?: readonly string[];
  readonly isArchived?: boolean;
  readonly isExtShared?: boolean;
  /** True unless said otherwise. */
  readonly botIsMember?: boolean;
}

export interface FakeUser extends Required<Omit<NewUser, 'email'>> {
  readonly email?: string;
}

export interface FakeChannel {
  readonly id: string;
  readonly name: string;
  /** The person whose conversation with the bot it is. */
  readonly directWith?: string;
  /** Ids of people; `everyone` for a channel of the whole workspace. */
  readonly members: readonly string[] | 'everyone';
  readonly isArchived: boolean;
}

/** What a text notifies and links to, whoever wrote it. */
export interface FakeEntities {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** `here`, `channel`, `everyone`. */
  readonly special: readonly string[];
  readonly links: readonly string[];
}

interface Shown {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs?: string;
  readonly text: string;
  /** False when the text was sent with `mrkdwn: false`. */
  readonly textIsMrkdwn: boolean;
  readonly blocks: readonly JsonRecord[];
  /** What a person reads: blocks where there are some, else the text; times in UTC. */
  readonly renderedText: string;
  readonly entities: FakeEntities;
}

export interface FakeMessage extends Shown {
  readonly user: string;
  readonly metadata?: JsonRecord;
  readonly edited?: { readonly user: string; readonly ts: string };
  readonly replyBroadcast?: boolean;
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[];
}

export interface FakeEphemeral extends Shown {
  readonly user: string;
}

export interface FakeView {
  readonly id: string;
  readonly type: 'modal' | 'home';
  readonly hash: string;
  readonly callbackId: string;
  readonly privateMetadata: string;
  readonly externalId?: string;
  readonly title: string;
  readonly submit?: string;
  readonly close: string;
  readonly blocks: readonly JsonRecord[];
  readonly renderedText: string;
  readonly entities: FakeEntities;
  /** Messages of a refused submission, by block_id. */
  readonly errors: Readonly<Record<string, string>>;
}

export interface FakeCall {
  readonly method: string;
  /** Arguments as received, the token left out. */
  readonly args: Record<string, unknown>;
  /** Milliseconds of the fake's clock. */
  readonly at: number;
  readonly status: number;
  readonly error?: string;
}

/** What a person who acted gets to see. */
export interface ActResult {
  readonly acked: boolean;
  /** Milliseconds until the acknowledgement, or until Slack gave up. */
  readonly ackMs: number;
  /** `timeout`, `no_connection`, `http_<status>`, `confirm_denied`, `element_not_found` … */
  readonly error?: string;
}

export type SubmitResult = ActResult & { readonly errors?: Record<string, string> };
export type CommandResult = ActResult & { readonly response?: unknown };

export type ApiFaultKind =
  '429' | '500' | 'slow' | 'drop_after_accept' | 'drop_before' | 'html_503' | 'malformed' | 'error';

export interface ApiFault {
  /** Web API method, or `*` for any. */
  readonly method: string;
  /** The first call to strike, counted from when the fault was added; 1 unless given. */
  readonly nth?: number;
  /** How many calls in a row; 1 unless given. */
  readonly times?: number;
  /** `drop_after_accept` and `malformed` do the work and lose the answer; the others do nothing. */
  readonly kind: ApiFaultKind;
  readonly error?: string;
  readonly retryAfterS?: number;
  readonly delayMs?: number;
}

export type Fault =
  | ApiFault
  | { readonly kind: 'ws_drop' }
  | { readonly kind: 'duplicate_envelope'; readonly times?: number }
  | { readonly kind: 'reorder' }
  | { readonly kind: 'down' };

export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled';

export interface MessageClick {
  readonly user: string;
  readonly channel: string;
  readonly ts: string;
  readonly actionId: string;
  /** Tells blocks apart that hold the same action_id. */
  readonly blockId?: string;
  /** Answers the confirm dialog; true unless given. */
  readonly confirm?: boolean;
  /** The value picked from an overflow menu or a select. */
  readonly option?: string;
}

export interface ViewClick {
  readonly user: string;
  readonly viewId: string;
  readonly actionId: string;
  readonly blockId?: string;
  readonly confirm?: boolean;
  readonly option?: string;
}

/** By block_id, then action_id: text of an input, value of a choice, values of checkboxes. */
export type FormValues = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface FakeSlack {
  /** http://127.0.0.1:PORT/api/ */
  readonly apiUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  /** Of the app, for /oauth/v2/authorize beside /api/ and for oauth.v2.access. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly teamId: string;
  readonly appId: string;
  readonly botUserId: string;
  readonly botId: string;

  addUser(user: NewUser): { readonly id: string; readonly teamId: string };
  addChannel(channel: NewChannel): { readonly id: string };
  addUserGroup(group: {
    readonly id?: string;
    readonly handle: string;
    readonly users: readonly string[];
  }): { readonly id: string };
  users(): readonly FakeUser[];
  userGroups(): readonly { readonly id: string; readonly handle: string }[];
  /** Channels and direct conversations with the bot. */
  channels(): readonly FakeChannel[];

  messages(channel: string): readonly FakeMessage[];
  /** The stamp of a channel's newest message. */
  latest(channel: string): string | undefined;
  ephemerals(user: string): readonly FakeEphemeral[];
  /** The stack of open modals, top last. */
  views(user: string): readonly FakeView[];
  home(user: string): FakeView | undefined;
  calls(): readonly FakeCall[];
  /** Limits broken, dispatches not acknowledged within 3 s, second acknowledgements … */
  violations(): readonly string[];

  click(input: MessageClick): Promise<ActResult>;
  /** A click on a card as it once was: `blocks` are the old ones. */
  clickStale(input: MessageClick & { readonly blocks: readonly unknown[] }): Promise<ActResult>;
  /** A click on an element of an open modal or of App Home. */
  clickView(input: ViewClick): Promise<ActResult>;
  submitView(input: {
    readonly user: string;
    readonly viewId: string;
    readonly values: FormValues;
  }): Promise<SubmitResult>;
  closeView(user: string, viewId: string): Promise<ActResult>;
  /** Opens the App Home tab, which sends `app_home_opened`. */
  openHome(user: string): Promise<ActResult>;
  command(input: {
    readonly user: string;
    readonly channel: string;
    readonly command: string;
    readonly text: string;
  }): Promise<CommandResult>;
  /** A person's own message, in a thread where `threadTs` is given; no event is sent for it. */
  say(input: {
    readonly user: string;
    readonly channel: string;
    readonly text: string;
    readonly threadTs?: string;
  }): { readonly ts: string };
  /** Sends an Events API event such as `user_change`, wrapped in its envelope. */
  sendEvent(event: JsonRecord): Promise<ActResult>;
  deleteMessage(channel: string, ts: string): void;

  /** Posts what an attacker could: nothing is signed or added for the caller. */
  deliverRaw(input: {
    readonly body: string;
    readonly headers?: Record<string, string>;
    readonly url: string;
  }): Promise<{ readonly status: number; readonly body: string }>;
  /** The headers Slack would send with this body, at the given Unix second or now. */
  sign(body: string, timestampS?: number): Record<string, string>;
  /** Sends the last interaction again, or the nth last (1 is the last), with the same payload. */
  redeliver(nth?: number): Promise<ActResult>;

  readonly faults: { add(fault: Fault): void; clear(): void };
  /** What the bot's token answers from now on; undefined makes it valid again. */
  failBotToken(error: 'token_revoked' | 'token_expired' | 'account_inactive' | undefined): void;
  setBotScopes(scopes: readonly string[]): void;
  /** Socket Mode connections that are open now; 0 where deliveries go by HTTP. */
  sockets(): number;
  /** Whether an act would reach the app: a socket is open, or there is a request URL to post to. */
  connected(): boolean;
  disconnectSockets(reason?: DisconnectReason): void;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}
