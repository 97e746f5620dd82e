import { type JsonRecord, isRecord, recordsOf, textOf } from './json-shape';
import { LIMITS } from './limits';
import {
  blocksCharacters,
  markdownCharacters,
  metadataProblem,
  validateBlocks,
} from './validate-blocks';
import { type ApiAnswer, refused, refusedWith } from './web-api-method';

/** What of a message was given; an absent part stays as it is in an update. */
export interface MessageContent {
  readonly text?: string;
  readonly blocks?: readonly JsonRecord[];
  readonly metadata?: JsonRecord;
}

export type ReadContent =
  | { readonly ok: true; readonly content: MessageContent }
  | { readonly ok: false; readonly answer: ApiAnswer };

/** Reads text, blocks and metadata of a call and checks them as Slack would. */
export function readContent(args: JsonRecord): ReadContent {
  const { blocks, metadata } = args;
  const no = (answer: ApiAnswer): ReadContent => ({ ok: false, answer });
  if (blocks !== undefined && !Array.isArray(blocks)) return no(refused('invalid_blocks_format'));
  const problems = blocks === undefined ? [] : validateBlocks(blocks, 'message');
  if (problems.length > 0) return no(refusedWith('invalid_blocks', problems));
  if (blocksCharacters(blocks) > LIMITS.messageBlocksTotal)
    return no(refused('msg_blocks_too_long'));
  if (markdownCharacters(blocks) > LIMITS.markdownTotal) return no(refused('msg_blocks_too_long'));
  if (metadata !== undefined) {
    const error = metadataProblem(metadata);
    if (error !== undefined) return no(refused(error));
  }
  return {
    ok: true,
    content: {
      ...(args['text'] === undefined ? {} : { text: textOf(args['text']) }),
      ...(blocks === undefined ? {} : { blocks: withBlockIds(recordsOf(blocks)) }),
      ...(isRecord(metadata) ? { metadata } : {}),
    },
  };
}

/** Slack names every block and interactive element that comes without an id. */
export function withBlockIds(blocks: readonly JsonRecord[]): readonly JsonRecord[] {
  const taken = new Set(blocks.map((block) => textOf(block['block_id'])));
  const fresh = (prefix: string): string => {
    for (let n = 0; ; n += 1) {
      const id = `${prefix}${String(n)}`;
      if (taken.has(id)) continue;
      taken.add(id);
      return id;
    }
  };
  const named = (element: unknown): unknown =>
    isRecord(element) && needsActionId(element) && textOf(element['action_id']) === ''
      ? { ...element, action_id: fresh('a') }
      : element;
  return blocks.map((block) => ({
    ...block,
    block_id: textOf(block['block_id']) || fresh('b'),
    ...(Array.isArray(block['elements']) && block['type'] === 'actions'
      ? { elements: block['elements'].map(named) }
      : {}),
    ...(block['accessory'] === undefined ? {} : { accessory: named(block['accessory']) }),
    ...(block['element'] === undefined ? {} : { element: named(block['element']) }),
  }));
}

const needsActionId = ({ type }: JsonRecord): boolean => type !== 'image';
