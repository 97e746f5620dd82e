import { randomBytes } from 'node:crypto';
import { remember } from './bounded-list';
import { isYes, type JsonRecord, textOf } from './json-shape';
import { LIMITS, MEMORY } from './limits';
import { readContent } from './message-content';
import type { StoredMessage } from './stored';
import type { Workspace } from './workspace';

interface ResponseAddress {
  readonly channel: string;
  readonly user: string;
  /** The message that was acted on, absent for commands. */
  readonly source?: StoredMessage;
  readonly isEphemeral: boolean;
  readonly expiresAtMs: number;
  uses: number;
}

export interface ResponseUrls {
  issue(address: {
    readonly channel: string;
    readonly user: string;
    readonly source?: StoredMessage;
    readonly isEphemeral: boolean;
  }): string;
  /** Handles a POST to such an address. */
  respond(path: string, body: unknown): { readonly status: number; readonly error?: string };
}

/** Addresses for answers to an interaction: five uses within half an hour. */
export function createResponseUrls(workspace: Workspace, origin: () => string): ResponseUrls {
  const addresses = new Map<string, ResponseAddress>();
  const { clock, identity } = workspace;
  return {
    issue: (address) => {
      const path = `/actions/${identity.teamId}/${randomBytes(16).toString('hex')}`;
      const expiresAtMs = clock.nowMs() + LIMITS.responseMs;
      remember(addresses, path, { ...address, expiresAtMs, uses: 0 }, MEMORY.responseUrls);
      return `${origin()}${path}`;
    },
    respond: (path, body) => {
      const address = addresses.get(path);
      if (address === undefined) return { status: 404, error: 'no_such_url' };
      if (clock.nowMs() > address.expiresAtMs) return { status: 404, error: 'expired_url' };
      if (address.uses >= LIMITS.responseUses) {
        workspace.violation(`response_url used more than ${String(LIMITS.responseUses)} times`);
        return { status: 404, error: 'used_url' };
      }
      address.uses += 1;
      const error = apply(workspace, address, body as JsonRecord);
      return error === undefined ? { status: 200 } : { status: 400, error };
    },
  };
}

/** @returns the error code of a refusal */
function apply(
  workspace: Workspace,
  address: ResponseAddress,
  body: JsonRecord,
): string | undefined {
  const { source } = address;
  if (isYes(body['delete_original'])) {
    if (source === undefined) return 'message_not_found';
    removeOriginal(workspace, address, source);
    return undefined;
  }
  const read = readContent(body);
  if (!read.ok) return read.answer.error;
  const { text, blocks, metadata } = read.content;
  if (text === undefined && blocks === undefined) return 'no_text';
  const channel = workspace.channels.get(address.channel);
  if (channel === undefined) return 'channel_not_found';
  if (isYes(body['replace_original']) && source !== undefined) {
    source.text = text ?? '';
    source.blocks = blocks ?? [];
    if (metadata !== undefined) source.metadata = metadata;
    source.edited = { user: workspace.identity.botUserId, ts: workspace.nextTs(channel) };
    workspace.changed();
    return undefined;
  }
  const threadTs = textOf(body['thread_ts']) || source?.threadTs;
  const message: StoredMessage = {
    channel: address.channel,
    ts: workspace.nextTs(channel),
    user: workspace.identity.botUserId,
    botId: workspace.identity.botId,
    text: text ?? '',
    textIsMrkdwn: body['mrkdwn'] === undefined || isYes(body['mrkdwn']),
    blocks: blocks ?? [],
    ...(threadTs === undefined ? {} : { threadTs }),
    ...(metadata === undefined ? {} : { metadata }),
    reactions: new Map(),
  };
  if (body['response_type'] === 'in_channel') workspace.store(message);
  else workspace.storeEphemeral(address.user, message);
  return undefined;
}

function removeOriginal(
  workspace: Workspace,
  address: ResponseAddress,
  source: StoredMessage,
): void {
  if (!address.isEphemeral) {
    workspace.remove(address.channel, source.ts);
    return;
  }
  const rest = (workspace.ephemerals.get(address.user) ?? []).filter((one) => one !== source);
  workspace.ephemerals.set(address.user, rest);
  workspace.changed();
}
