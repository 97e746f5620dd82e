import { type JsonRecord, listOf, optionalText, recordOf, recordsOf, textOf } from './json-shape';
import { type Names, parseMrkdwn, type TextNode, type TextStyle } from './mrkdwn';

export interface ShownOption {
  readonly value: string;
  readonly text: readonly TextNode[];
  readonly description?: readonly TextNode[];
  readonly url?: string;
}

export interface ShownConfirm {
  readonly title: string;
  readonly text: readonly TextNode[];
  readonly confirm: string;
  readonly deny: string;
  readonly style: string;
}

/** Something a person can press, choose or fill in. */
export interface ShownElement {
  readonly type: string;
  readonly actionId: string;
  readonly blockId: string;
  readonly label: string;
  readonly style?: string;
  readonly accessibilityLabel?: string;
  readonly url?: string;
  readonly confirm?: ShownConfirm;
  readonly placeholder?: string;
  readonly options: readonly ShownOption[];
  readonly multiline: boolean;
  /** What stands there before a person touches it. */
  readonly initial: readonly string[];
}

/** A block as a person sees it. */
export type ShownBlock =
  | { readonly kind: 'header'; readonly nodes: readonly TextNode[] }
  | {
      readonly kind: 'section';
      readonly nodes: readonly TextNode[];
      readonly fields: readonly (readonly TextNode[])[];
      readonly accessory?: ShownElement;
    }
  | { readonly kind: 'context'; readonly items: readonly (readonly TextNode[])[] }
  | { readonly kind: 'divider' }
  | {
      readonly kind: 'text';
      readonly nodes: readonly TextNode[];
      readonly tone?: 'quote' | 'item' | 'alert';
      readonly level?: string;
    }
  | { readonly kind: 'actions'; readonly elements: readonly ShownElement[] }
  | {
      readonly kind: 'input';
      readonly blockId: string;
      readonly label: string;
      readonly hint?: string;
      readonly optional: boolean;
      readonly element: ShownElement;
    }
  | { readonly kind: 'table'; readonly rows: readonly (readonly (readonly TextNode[])[])[] };

/** Text of a mrkdwn or plain_text object, taken apart; plain text has no markup. */
function textNodes(value: unknown, names: Names): readonly TextNode[] {
  const { type, text, verbatim } = recordOf(value);
  if (typeof text !== 'string') return [];
  if (type !== 'mrkdwn') return [{ kind: 'text', text }];
  return parseMrkdwn(text, { verbatim: verbatim === true, names });
}

/** Blocks in the order a person reads them; what Slack would refuse is left out. */
export function showBlocks(blocks: readonly unknown[], names: Names): readonly ShownBlock[] {
  return blocks.flatMap((block) => showBlock(recordOf(block), names));
}

function showBlock(block: JsonRecord, names: Names): readonly ShownBlock[] {
  const blockId = textOf(block['block_id']);
  switch (block['type']) {
    case 'header':
      return [{ kind: 'header', nodes: textNodes(block['text'], names) }];
    case 'divider':
      return [{ kind: 'divider' }];
    case 'section':
      return [showSection(block, blockId, names)];
    case 'context':
      return [
        {
          kind: 'context',
          items: recordsOf(block['elements']).map((item) =>
            item['type'] === 'image' ? imageNodes(item) : textNodes(item, names),
          ),
        },
      ];
    case 'rich_text':
      return recordsOf(block['elements']).flatMap((part) => showRichText(part));
    case 'actions':
      return [
        {
          kind: 'actions',
          elements: recordsOf(block['elements']).map((item) => showElement(item, blockId, names)),
        },
      ];
    case 'input':
      return [showInput(block, blockId, names)];
    case 'image':
      return [{ kind: 'text', nodes: imageNodes(block) }];
    case 'alert': {
      const level = optionalText(block['level']) ?? 'default';
      return [{ kind: 'text', tone: 'alert', level, nodes: textNodes(block['text'], names) }];
    }
    case 'markdown':
      // Standard Markdown is shown unformatted; its mentions and links count all the same.
      return [
        { kind: 'text', nodes: parseMrkdwn(textOf(block['text']), { verbatim: false, names }) },
      ];
    case 'table':
      return [{ kind: 'table', rows: listOf(block['rows']).map(showRow) }];
    default:
      return [];
  }
}

function showSection(block: JsonRecord, blockId: string, names: Names): ShownBlock {
  const accessory = recordOf(block['accessory']);
  return {
    kind: 'section',
    nodes: textNodes(block['text'], names),
    fields: recordsOf(block['fields']).map((field) => textNodes(field, names)),
    ...(typeof accessory['type'] === 'string' && accessory['type'] !== 'image'
      ? { accessory: showElement(accessory, blockId, names) }
      : {}),
  };
}

function showInput(block: JsonRecord, blockId: string, names: Names): ShownBlock {
  const hint = optionalText(recordOf(block['hint'])['text']);
  return {
    kind: 'input',
    blockId,
    label: textOf(recordOf(block['label'])['text']),
    ...(hint === undefined ? {} : { hint }),
    optional: block['optional'] === true,
    element: showElement(recordOf(block['element']), blockId, names),
  };
}

const imageNodes = (image: JsonRecord): readonly TextNode[] => [
  { kind: 'text', text: `[image: ${textOf(image['alt_text'])}]` },
];

const showRow = (row: unknown): readonly (readonly TextNode[])[] =>
  recordsOf(row).map((cell) =>
    cell['type'] === 'rich_text'
      ? recordsOf(cell['elements']).flatMap((part) => richNodes(part))
      : [{ kind: 'text', text: textOf(cell['text']) } as const],
  );

function showRichText(part: JsonRecord): readonly ShownBlock[] {
  switch (part['type']) {
    case 'rich_text_list':
      return recordsOf(part['elements']).map((item) => ({
        kind: 'text' as const,
        tone: 'item' as const,
        nodes: richNodes(item),
      }));
    case 'rich_text_preformatted':
      return [{ kind: 'text', nodes: [{ kind: 'preformatted', nodes: richNodes(part) }] }];
    case 'rich_text_quote':
      return [{ kind: 'text', tone: 'quote', nodes: richNodes(part) }];
    default:
      return [{ kind: 'text', nodes: richNodes(part) }];
  }
}

/** Rich text says what is a mention or a link; its text elements never become one. */
function richNodes(part: JsonRecord): readonly TextNode[] {
  return recordsOf(part['elements']).flatMap((item): readonly TextNode[] => {
    switch (item['type']) {
      case 'text':
        return [{ kind: 'text', text: textOf(item['text']), style: styleOf(item['style']) }];
      case 'user':
        return [{ kind: 'user', id: textOf(item['user_id']) }];
      case 'usergroup':
        return [{ kind: 'group', id: textOf(item['usergroup_id']) }];
      case 'channel':
        return [{ kind: 'channel', id: textOf(item['channel_id']) }];
      case 'broadcast':
        return [{ kind: 'special', range: textOf(item['range']) }];
      case 'emoji':
        return [{ kind: 'text', text: `:${textOf(item['name'])}:` }];
      case 'color':
        return [{ kind: 'text', text: textOf(item['value']) }];
      case 'link': {
        const url = textOf(item['url']);
        return [{ kind: 'link', url, label: optionalText(item['text']) ?? url }];
      }
      case 'date': {
        const url = optionalText(item['url']);
        return [
          {
            kind: 'date',
            timestampS: Number(item['timestamp']),
            format: textOf(item['format']),
            fallback: textOf(item['fallback']),
            ...(url === undefined ? {} : { url }),
          },
        ];
      }
      default:
        return [];
    }
  });
}

function styleOf(value: unknown): TextStyle {
  const { bold, italic, strike, code } = recordOf(value);
  return {
    ...(bold === true ? { bold } : {}),
    ...(italic === true ? { italic } : {}),
    ...(strike === true ? { strike } : {}),
    ...(code === true ? { code } : {}),
  };
}

/** The options of a choice, those within groups included. */
export const optionsOf = (element: JsonRecord): readonly JsonRecord[] => [
  ...recordsOf(element['options']),
  ...recordsOf(element['option_groups']).flatMap((group) => recordsOf(group['options'])),
];

function showElement(element: JsonRecord, blockId: string, names: Names): ShownElement {
  const text = (key: string): string | undefined =>
    optionalText(recordOf(element[key])['text']) ?? optionalText(element[key]);
  const optional = {
    style: text('style'),
    accessibilityLabel: text('accessibility_label'),
    url: text('url'),
    placeholder: text('placeholder'),
  };
  return {
    type: textOf(element['type']),
    actionId: textOf(element['action_id']),
    blockId,
    label: text('text') ?? '',
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<Record<keyof typeof optional, string>>),
    ...(element['confirm'] === undefined
      ? {}
      : { confirm: showConfirm(element['confirm'], names) }),
    options: optionsOf(element).map((option) => showOption(option, names)),
    multiline: element['multiline'] === true,
    initial: initialOf(element),
  };
}

function showOption(option: JsonRecord, names: Names): ShownOption {
  const url = optionalText(option['url']);
  return {
    value: textOf(option['value']),
    text: textNodes(option['text'], names),
    ...(option['description'] === undefined
      ? {}
      : { description: textNodes(option['description'], names) }),
    ...(url === undefined ? {} : { url }),
  };
}

function showConfirm(value: unknown, names: Names): ShownConfirm {
  const confirm = recordOf(value);
  const text = (key: string, otherwise: string): string =>
    optionalText(recordOf(confirm[key])['text']) ?? otherwise;
  return {
    title: text('title', 'Are you sure?'),
    text: textNodes(confirm['text'], names),
    confirm: text('confirm', 'Yes'),
    deny: text('deny', 'Cancel'),
    style: optionalText(confirm['style']) ?? 'primary',
  };
}

function initialOf(element: JsonRecord): readonly string[] {
  const single = optionalText(recordOf(element['initial_option'])['value']);
  const given =
    optionalText(element['initial_value']) ??
    optionalText(element['initial_user']) ??
    optionalText(element['initial_conversation']) ??
    optionalText(element['initial_channel']) ??
    optionalText(element['initial_date']) ??
    optionalText(element['initial_time']) ??
    single;
  if (given !== undefined) return [given];
  const many = listOf(element['initial_users']).filter((id) => typeof id === 'string');
  return [...many, ...recordsOf(element['initial_options']).map(({ value }) => textOf(value))];
}
