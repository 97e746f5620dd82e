import { decodeEntities, parseMrkdwn, type TextNode } from './mrkdwn';
import { blocksText, entitiesOf, nodeText } from './rendered-text';
import { showBlocks, type ShownBlock } from './shown-blocks';
import type { FakeEphemeral, FakeMessage } from './surface';
import type { StoredMessage, Workspace } from './workspace';

/** The top-level text, which is mrkdwn unless it was sent with `mrkdwn: false`. */
export function topLevelNodes(message: StoredMessage, workspace: Workspace): readonly TextNode[] {
  return message.textIsMrkdwn
    ? parseMrkdwn(message.text, { verbatim: false, names: workspace.names })
    : plainTextNodes(message.text, workspace);
}

/** `mrkdwn: false` turns off formatting, not mentions: angle brackets keep their meaning. */
function plainTextNodes(text: string, workspace: Workspace): readonly TextNode[] {
  return text.split(/(<[^<>\n]+>)/).flatMap((part): readonly TextNode[] => {
    if (part === '') return [];
    if (/^<.*>$/.test(part)) return parseMrkdwn(part, { verbatim: true, names: workspace.names });
    return [{ kind: 'text', text: decodeEntities(part) }];
  });
}

interface ShownMessage {
  readonly nodes: readonly TextNode[];
  readonly blocks: readonly ShownBlock[];
}

export function shownMessage(message: StoredMessage, workspace: Workspace): ShownMessage {
  return {
    nodes: topLevelNodes(message, workspace),
    blocks: showBlocks(message.blocks, workspace.names),
  };
}

export function toFakeEphemeral(message: StoredMessage, workspace: Workspace): FakeEphemeral {
  const { nodes, blocks } = shownMessage(message, workspace);
  const reading = { nowMs: workspace.clock.nowMs(), timeZone: 'UTC' };
  return {
    channel: message.channel,
    ts: message.ts,
    ...(message.threadTs === undefined ? {} : { threadTs: message.threadTs }),
    user: message.user,
    text: message.text,
    blocks: message.blocks,
    renderedText:
      blocks.length > 0
        ? blocksText(blocks, workspace.labels, reading)
        : nodes.map((node) => nodeText(node, workspace.labels, reading)).join(''),
    entities: entitiesOf(blocks, nodes),
  };
}

export function toFakeMessage(message: StoredMessage, workspace: Workspace): FakeMessage {
  return {
    ...toFakeEphemeral(message, workspace),
    ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
    ...(message.edited === undefined ? {} : { edited: message.edited }),
    ...(message.replyBroadcast === undefined ? {} : { replyBroadcast: message.replyBroadcast }),
    reactions: [...message.reactions].map(([name, users]) => ({ name, users: [...users] })),
  };
}
