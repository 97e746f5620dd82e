import { dateText, type Reading } from './date-text';
import type { TextNode } from './mrkdwn';
import type { ShownBlock, ShownElement } from './shown-blocks';
import type { FakeEntities } from './surface';

/** How ids are called in what a person reads. */
export interface Labels {
  readonly user: (id: string) => string;
  readonly group: (id: string) => string;
  readonly channel: (id: string) => string;
}

export function nodeText(node: TextNode, labels: Labels, reading: Reading): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'preformatted':
      return node.nodes.map((inner) => nodeText(inner, labels, reading)).join('');
    case 'user':
      return `@${labels.user(node.id)}`;
    case 'group':
      return `@${labels.group(node.id)}`;
    case 'channel':
      return `#${labels.channel(node.id)}`;
    case 'special':
      return `@${node.range}`;
    case 'link':
      return node.label;
    case 'date':
      return dateText(node, reading);
  }
}

/** Lines as a person reads them from top to bottom; controls stand in brackets. */
export function blocksText(
  blocks: readonly ShownBlock[],
  labels: Labels,
  reading: Reading,
): string {
  const say = (nodes: readonly TextNode[]): string =>
    nodes.map((node) => nodeText(node, labels, reading)).join('');
  const lines = blocks.flatMap((block): readonly string[] => {
    switch (block.kind) {
      case 'header':
        return [say(block.nodes)];
      case 'section':
        return [
          ...(block.nodes.length === 0 ? [] : [say(block.nodes)]),
          ...block.fields.map(say),
          ...(block.accessory === undefined ? [] : [elementText(block.accessory, say)]),
        ];
      case 'context':
        return [block.items.map(say).join('  ')];
      case 'divider':
        return ['———'];
      case 'text':
        return [`${block.tone === 'item' ? '• ' : ''}${say(block.nodes)}`];
      case 'actions':
        return [block.elements.map((element) => elementText(element, say)).join(' ')];
      case 'input':
        return [`${block.label}: ${elementText(block.element, say)}`];
      case 'table':
        return block.rows.map((row) => row.map(say).join(' | '));
    }
  });
  return lines.join('\n');
}

function elementText(element: ShownElement, say: (nodes: readonly TextNode[]) => string): string {
  if (element.label !== '') return `[${element.label}]`;
  const options = element.options.map(({ text }) => say(text)).join(' / ');
  return element.type === 'overflow' ? `[⋯ ${options}]` : `[${options}]`;
}

const every = (blocks: readonly ShownBlock[]): readonly TextNode[] =>
  blocks.flatMap((block): readonly TextNode[] => {
    switch (block.kind) {
      case 'header':
      case 'text':
        return block.nodes;
      case 'section':
        return [...block.nodes, ...block.fields.flat(), ...elementNodes(block.accessory)];
      case 'context':
        return block.items.flat();
      case 'actions':
        return block.elements.flatMap(elementNodes);
      case 'input':
        return elementNodes(block.element);
      case 'table':
        return block.rows.flat(2);
      case 'divider':
        return [];
    }
  });

const elementNodes = (element: ShownElement | undefined): readonly TextNode[] =>
  element === undefined
    ? []
    : [
        ...element.options.flatMap(({ text, description = [] }) => [...text, ...description]),
        ...(element.confirm?.text ?? []),
        ...addressNodes([element.url, ...element.options.map(({ url }) => url)]),
      ];

const addressNodes = (urls: readonly (string | undefined)[]): readonly TextNode[] =>
  urls.flatMap((url) => (url === undefined ? [] : [{ kind: 'link', url, label: url } as const]));

/** Whom the blocks and the texts beside them notify and where they lead, each once. */
export function entitiesOf(
  blocks: readonly ShownBlock[],
  texts: readonly TextNode[],
): FakeEntities {
  const users = new Set<string>();
  const groups = new Set<string>();
  const special = new Set<string>();
  const links = new Set<string>();
  const visit = (node: TextNode): void => {
    if (node.kind === 'user') users.add(node.id);
    if (node.kind === 'group') groups.add(node.id);
    if (node.kind === 'special') special.add(node.range);
    if (node.kind === 'link') links.add(node.url);
    if (node.kind === 'date' && node.url !== undefined) links.add(node.url);
    if (node.kind === 'preformatted') node.nodes.forEach(visit);
  };
  [...every(blocks), ...texts].forEach(visit);
  return { users: [...users], groups: [...groups], special: [...special], links: [...links] };
}
