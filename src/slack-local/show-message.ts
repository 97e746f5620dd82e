import { decodeEntities, type Names, parseMrkdwn, type TextNode } from './mrkdwn';
import { blocksText, entitiesOf, nodeText } from './rendered-text';
import { showBlocks } from './shown-blocks';
import type { FakeEphemeral, FakeMessage } from './surface';
import type { StoredMessage } from './stored';
import type { Workspace } from './workspace';

/** The top-level text, which is mrkdwn unless it was sent with `mrkdwn: false`. */
export function topLevelNodes(
  { text, textIsMrkdwn }: Pick<StoredMessage, 'text' | 'textIsMrkdwn'>,
  names: Names,
): readonly TextNode[] {
  if (textIsMrkdwn) return parseMrkdwn(text, { verbatim: false, names });
  // That turns off formatting, not mentions: angle brackets keep their meaning.
  return text.split(/(<[^<>\n]+>)/).flatMap((part): readonly TextNode[] => {
    if (part === '') return [];
    if (/^<.*>$/.test(part)) return parseMrkdwn(part, { verbatim: true, names });
    return [{ kind: 'text', text: decodeEntities(part) }];
  });
}

export function toFakeEphemeral(message: StoredMessage, workspace: Workspace): FakeEphemeral {
  const nodes = topLevelNodes(message, workspace.names);
  const blocks = showBlocks(message.blocks, workspace.names);
  const reading = { nowMs: workspace.clock.nowMs(), timeZone: 'UTC' };
  return {
    channel: message.channel,
    ts: message.ts,
    ...(message.threadTs === undefined ? {} : { threadTs: message.threadTs }),
    user: message.user,
    text: message.text,
    textIsMrkdwn: message.textIsMrkdwn,
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
