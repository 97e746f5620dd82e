import {
  all,
  anything,
  type BlockProblem,
  byType,
  type Check,
  list,
  may,
  must,
  oneOf,
  problemsOf,
  rule,
  shape,
  text,
  yesOrNo,
} from './block-checks';
import {
  accessory,
  actionsElement,
  anyText,
  contextElement,
  httpUrl,
  identifier,
  inputElement,
  plainTextOnly,
} from './element-rules';
import { isRecord, type JsonRecord, listOf, recordOf, recordsOf, textOf } from './json-shape';
import { LIMITS } from './limits';
import { richTextPart } from './rich-text-rules';

/** Where blocks stand: inputs need a view, alerts and tables a message. */
export type Surface = 'message' | 'modal' | 'home';

const block_id = may(identifier);

const uniqueActions = rule((block) => {
  const ids = [...recordsOf(block['elements']), recordOf(block['accessory'])]
    .map((element) => textOf(element['action_id']))
    .filter((id) => id !== '');
  return new Set(ids).size === ids.length;
}, 'action_id must be unique within its block');

const section = all(
  shape({
    block_id,
    text: may(anyText(LIMITS.sectionText)),
    fields: may(list(anyText(LIMITS.sectionField), 1, LIMITS.sectionFields)),
    accessory: may(accessory),
    expand: may(yesOrNo),
  }),
  rule(
    (block) => block['text'] !== undefined || block['fields'] !== undefined,
    'one of text and fields must be given',
  ),
);
const cell = byType('a table cell', {
  raw_text: shape({ text: must(text(LIMITS.sectionText, 1)) }),
  raw_number: shape({ value: must(anything), text: must(text(LIMITS.sectionText, 1)) }),
  rich_text: shape({ elements: must(list(richTextPart, 0, 100)), block_id }),
});

const EVERYWHERE: Readonly<Record<string, Check>> = {
  actions: all(
    shape({ block_id, elements: must(list(actionsElement, 1, LIMITS.actionsElements)) }),
    uniqueActions,
  ),
  context: shape({ block_id, elements: must(list(contextElement, 1, LIMITS.contextElements)) }),
  divider: shape({ block_id }),
  header: shape({ block_id, text: must(plainTextOnly(LIMITS.header)) }),
  image: all(
    shape({
      block_id,
      image_url: may(httpUrl),
      slack_file: may(anything),
      alt_text: must(text(LIMITS.altText, 1)),
      title: may(plainTextOnly(LIMITS.altText)),
    }),
    rule(
      (block) => (block['image_url'] === undefined) !== (block['slack_file'] === undefined),
      'exactly one of image_url and slack_file must be given',
    ),
  ),
  input: shape({
    block_id,
    label: must(plainTextOnly(LIMITS.inputLabel)),
    element: must(inputElement),
    hint: may(plainTextOnly(LIMITS.inputHint)),
    optional: may(yesOrNo),
    dispatch_action: may(yesOrNo),
  }),
  rich_text: shape({ block_id, elements: must(list(richTextPart, 1, Number.MAX_SAFE_INTEGER)) }),
  section,
};
const MESSAGE_ONLY: Readonly<Record<string, Check>> = {
  alert: shape({
    block_id,
    text: must(anyText(LIMITS.alertText)),
    level: may(oneOf('default', 'info', 'warning', 'error', 'success')),
  }),
  markdown: shape({ block_id, text: must(text(LIMITS.markdownTotal, 1)) }),
  table: shape({
    block_id,
    rows: must(list(list(cell, 1, LIMITS.tableCells), 1, LIMITS.tableRows)),
    column_settings: may(list(anything, 0, LIMITS.tableCells)),
  }),
};

const MESSAGE_BLOCK = byType('a message', { ...EVERYWHERE, ...MESSAGE_ONLY });
const VIEW_BLOCK = byType('a view', EVERYWHERE);

const distinctBlockIds: Check = (value, pointer, report) => {
  const seen = new Set<string>();
  recordsOf(value).forEach((block, index) => {
    const id = textOf(block['block_id']);
    if (id !== '' && seen.has(id))
      report(`${pointer}/${String(index)}`, `block_id already exists: ${id}`);
    seen.add(id);
  });
};

/** Only one element of a view may take the focus. */
const oneFocus: Check = (value, pointer, report) => {
  const focused = recordsOf(value).filter(
    (block) => recordOf(block['element'])['focus_on_load'] === true,
  );
  if (focused.length > 1) report(pointer, 'only one element may have focus_on_load');
};

const blocksOf = (surface: Surface): Check =>
  surface === 'message'
    ? all(list(MESSAGE_BLOCK, 0, LIMITS.messageBlocks), distinctBlockIds)
    : all(list(VIEW_BLOCK, 0, LIMITS.viewBlocks), distinctBlockIds, oneFocus);

/**
 * What Slack would refuse in these blocks; empty when it would take them. Knows the blocks an approval
 * needs; newer ones (card, carousel, container, plan, video …) are refused as unsupported.
 */
export function validateBlocks(blocks: unknown, surface: Surface): readonly BlockProblem[] {
  return problemsOf(blocksOf(surface), blocks, '/blocks');
}

const common = {
  callback_id: may(text(LIMITS.identifier)),
  private_metadata: may(text(LIMITS.privateMetadata)),
  external_id: may(text(LIMITS.externalId)),
};
const modal = all(
  shape({
    ...common,
    blocks: must(blocksOf('modal')),
    title: must(plainTextOnly(LIMITS.viewTitle)),
    submit: may(plainTextOnly(LIMITS.viewButton)),
    close: may(plainTextOnly(LIMITS.viewButton)),
    clear_on_close: may(yesOrNo),
    notify_on_close: may(yesOrNo),
    submit_disabled: may(yesOrNo),
  }),
  rule(
    (view) =>
      view['submit'] !== undefined ||
      recordsOf(view['blocks']).every((block) => block['type'] !== 'input'),
    'submit is required when blocks hold an input',
  ),
);
const home = shape({ ...common, blocks: must(blocksOf('home')) });
const VIEW = byType('a view', { modal, home });

/** What Slack would refuse in a view given to views.open, push, update or publish. */
export function validateView(view: unknown): readonly BlockProblem[] {
  return problemsOf(VIEW, view, '/view');
}

/** @returns the error code with which Slack refuses this message metadata, or undefined */
export function metadataProblem(
  metadata: unknown,
): 'invalid_metadata_format' | 'metadata_too_large' | undefined {
  if (!isRecord(metadata)) return 'invalid_metadata_format';
  const { event_type: type, event_payload: payload, ...others } = metadata;
  if (Object.keys(others).length > 0) return 'invalid_metadata_format';
  if (typeof type !== 'string' || !/^\w+$/.test(type)) return 'invalid_metadata_format';
  if (!isRecord(payload) || !Object.values(payload).every(isMetadataValue))
    return 'invalid_metadata_format';
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  return bytes > LIMITS.metadataBytes ? 'metadata_too_large' : undefined;
}

const isScalar = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
const isFlat = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isScalar);
const isMetadataValue = (value: unknown): boolean =>
  isScalar(value) || isFlat(value) || (Array.isArray(value) && value.every(isFlat));

/** Characters of all texts a person would see in the blocks, confirm dialogs and options included. */
export function blocksCharacters(blocks: unknown): number {
  if (Array.isArray(blocks))
    return blocks.reduce<number>((sum, item) => sum + blocksCharacters(item), 0);
  if (!isRecord(blocks)) return 0;
  return Object.entries(blocks).reduce((sum, [key, value]) => {
    if (typeof value === 'string')
      return sum + (key === 'text' || key === 'alt_text' ? value.length : 0);
    return sum + blocksCharacters(value);
  }, 0);
}

/** Markdown blocks share one budget. */
export const markdownCharacters = (blocks: unknown): number =>
  listOf(blocks)
    .filter((block): block is JsonRecord => isRecord(block) && block['type'] === 'markdown')
    .reduce((sum, block) => sum + textOf(block['text']).length, 0);
