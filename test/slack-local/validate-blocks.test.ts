import {
  blocksCharacters,
  metadataProblem,
  validateBlocks,
  validateView,
} from '../../src/slack-local/validate-blocks';
import { approvalCard, rationaleModal } from './sample-blocks';

type Json = Readonly<Record<string, unknown>>;

const x = (count: number): string => 'x'.repeat(count);
const plain = (text: string): Json => ({ type: 'plain_text', text });
const mrkdwn = (text: string): Json => ({ type: 'mrkdwn', text });
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const section = (more: Json): Json => ({ type: 'section', ...more });
const actions = (...elements: Json[]): Json => ({ type: 'actions', elements });
const button = (more: Json = {}): Json => ({
  type: 'button',
  action_id: 'a',
  text: plain('Go'),
  ...more,
});
const option = (index: number, more: Json = {}): Json => ({
  text: plain(`Option ${String(index)}`),
  value: `v${String(index)}`,
  ...more,
});
const choice = (type: string, count: number): Json => ({
  type,
  action_id: 'a',
  options: many(count, option),
});
const confirm = (more: Json): Json => ({ text: plain('Sure?'), ...more });
const input = (element: Json, more: Json = {}): Json => ({
  type: 'input',
  label: plain('Label'),
  element,
  ...more,
});
const textInput = (more: Json = {}): Json => ({
  type: 'plain_text_input',
  action_id: 'a',
  ...more,
});

/** What stands at a limit, and its size there: taken at the limit and refused one beyond it. */
const MESSAGE_LIMITS: readonly (readonly [string, number, (size: number) => unknown[]])[] = [
  ['blocks of a message', 50, (n) => many(n, () => ({ type: 'divider' }))],
  ['text of a section', 3000, (n) => [section({ text: plain(x(n)) })]],
  ['mrkdwn of a section', 3000, (n) => [section({ text: mrkdwn(x(n)) })]],
  ['field of a section', 2000, (n) => [section({ fields: [plain(x(n))] })]],
  ['fields of a section', 10, (n) => [section({ fields: many(n, () => plain('f')) })]],
  ['header', 150, (n) => [{ type: 'header', text: plain(x(n)) }]],
  ['elements of a context', 10, (n) => [{ type: 'context', elements: many(n, () => plain('c')) }]],
  [
    'elements of an actions block',
    25,
    (n) => [actions(...many(n, (i) => button({ action_id: `a${String(i)}` })))],
  ],
  ['text of a button', 75, (n) => [actions(button({ text: plain(x(n)) }))]],
  ['value of a button', 2000, (n) => [actions(button({ value: x(n) }))]],
  ['address of a button', 3000, (n) => [actions(button({ url: `https://a/${x(n - 10)}` }))]],
  ['accessibility label', 75, (n) => [actions(button({ accessibility_label: x(n) }))]],
  ['action_id', 255, (n) => [actions(button({ action_id: x(n) }))]],
  ['block_id', 255, (n) => [{ type: 'divider', block_id: x(n) }]],
  ['options of an overflow', 5, (n) => [actions(choice('overflow', n))]],
  ['options of a select', 100, (n) => [actions(choice('static_select', n))]],
  ['options of checkboxes', 10, (n) => [actions(choice('checkboxes', n))]],
  ['options of radio buttons', 10, (n) => [actions(choice('radio_buttons', n))]],
  [
    'text of an option',
    75,
    (n) => [
      actions({ ...choice('static_select', 1), options: [option(0, { text: plain(x(n)) })] }),
    ],
  ],
  [
    'value of an option',
    150,
    (n) => [actions({ ...choice('static_select', 1), options: [option(0, { value: x(n) })] })],
  ],
  [
    'title of a confirm dialog',
    100,
    (n) => [actions(button({ confirm: confirm({ title: plain(x(n)) }) }))],
  ],
  [
    'text of a confirm dialog',
    300,
    (n) => [actions(button({ confirm: confirm({ text: plain(x(n)) }) }))],
  ],
  [
    'button of a confirm dialog',
    30,
    (n) => [actions(button({ confirm: confirm({ deny: plain(x(n)) }) }))],
  ],
  ['markdown', 12_000, (n) => [{ type: 'markdown', text: x(n) }]],
  [
    'rows of a table',
    100,
    (n) => [{ type: 'table', rows: many(n, () => [{ type: 'raw_text', text: 'c' }]) }],
  ],
  [
    'cells of a row',
    20,
    (n) => [{ type: 'table', rows: [many(n, () => ({ type: 'raw_text', text: 'c' }))] }],
  ],
];

const view = (more: Json = {}): Json => ({
  type: 'modal',
  title: plain('Title'),
  submit: plain('Send'),
  blocks: [],
  ...more,
});

const VIEW_LIMITS: readonly (readonly [string, number, (size: number) => unknown])[] = [
  ['blocks of a view', 100, (n) => view({ blocks: many(n, () => ({ type: 'divider' })) })],
  ['title', 24, (n) => view({ title: plain(x(n)) })],
  ['submit', 24, (n) => view({ submit: plain(x(n)) })],
  ['close', 24, (n) => view({ close: plain(x(n)) })],
  ['private_metadata', 3000, (n) => view({ private_metadata: x(n) })],
  ['callback_id', 255, (n) => view({ callback_id: x(n) })],
  ['external_id', 255, (n) => view({ external_id: x(n) })],
  [
    'label of an input',
    2000,
    (n) => view({ blocks: [input(textInput(), { label: plain(x(n)) })] }),
  ],
  ['hint of an input', 2000, (n) => view({ blocks: [input(textInput(), { hint: plain(x(n)) })] })],
  ['placeholder', 150, (n) => view({ blocks: [input(textInput({ placeholder: plain(x(n)) }))] })],
  ['length of an input', 3000, (n) => view({ blocks: [input(textInput({ max_length: n }))] })],
];

/** Rules that are not a number: what breaks them, and where it is told. */
const REFUSED: readonly (readonly [string, unknown[], string])[] = [
  ['an empty text', [section({ text: plain('') })], '/blocks/0/text/text'],
  ['a section with nothing in it', [section({})], '/blocks/0'],
  ['mrkdwn in a header', [{ type: 'header', text: mrkdwn('*bold*') }], '/blocks/0/text'],
  ['mrkdwn on a button', [actions(button({ text: mrkdwn('go') }))], '/blocks/0/elements/0/text'],
  [
    'verbatim on plain_text',
    [section({ text: { ...plain('a'), verbatim: true } })],
    '/blocks/0/text',
  ],
  ['emoji on mrkdwn', [section({ text: { ...mrkdwn('a'), emoji: false } })], '/blocks/0/text'],
  ['a property Slack does not know', [section({ text: plain('a'), color: 'red' })], '/blocks/0'],
  ['an unknown block', [{ type: 'marquee' }], '/blocks/0'],
  ['an unknown element', [actions({ type: 'lever' })], '/blocks/0/elements/0'],
  ['a text input among actions', [actions(textInput())], '/blocks/0/elements/0'],
  [
    'a style Slack does not know',
    [actions(button({ style: 'warning' }))],
    '/blocks/0/elements/0/style',
  ],
  ['a script as address', [actions(button({ url: 'javascript:x' }))], '/blocks/0/elements/0/url'],
  ['an overflow of one', [actions(choice('overflow', 1))], '/blocks/0/elements/0/options'],
  ['no actions', [actions()], '/blocks/0/elements'],
  ['the same action_id twice in a block', [actions(button(), button())], '/blocks/0'],
  [
    'the same block_id twice',
    [
      { type: 'divider', block_id: 'b' },
      { type: 'divider', block_id: 'b' },
    ],
    '/blocks/1',
  ],
  [
    'two options of the same value',
    [actions({ ...choice('radio_buttons', 1), options: [option(1), option(1)] })],
    '/blocks/0/elements/0',
  ],
  [
    'an initial option that is not offered',
    [actions({ ...choice('radio_buttons', 2), initial_option: option(7) })],
    '/blocks/0/elements/0',
  ],
  [
    'a mention in preformatted text',
    [
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'user', user_id: 'U1' }] }],
      },
    ],
    '/blocks/0/elements/0/elements/0',
  ],
];

describe('blocks of a message', () => {
  it.each(MESSAGE_LIMITS)('%s: %i at most', (_name, limit, make) => {
    expect(validateBlocks(make(limit), 'message')).toEqual([]);
    expect(validateBlocks(make(limit + 1), 'message')).not.toEqual([]);
  });

  it.each(REFUSED)('refuse %s', (_name, blocks, pointer) => {
    expect(validateBlocks(blocks, 'message').map((problem) => problem.pointer)).toContain(pointer);
  });

  it('take the same action_id in two blocks', () => {
    expect(validateBlocks([actions(button()), actions(button())], 'message')).toEqual([]);
  });

  it('take the sample card', () => {
    expect(validateBlocks(approvalCard(), 'message')).toEqual([]);
    expect(blocksCharacters(approvalCard())).toBeGreaterThan(300);
  });
});

describe('views', () => {
  it.each(VIEW_LIMITS)('%s: %i at most', (_name, limit, make) => {
    expect(validateView(make(limit))).toEqual([]);
    expect(validateView(make(limit + 1))).not.toEqual([]);
  });

  it.each([
    ['an input without submit', { ...view({ blocks: [input(textInput())] }), submit: undefined }],
    ['a modal without title', { ...view(), title: undefined }],
    ['a message-only block', view({ blocks: [{ type: 'markdown', text: 'a' }] })],
    ['a title in mrkdwn', view({ title: mrkdwn('t') })],
    ['an unknown type', { ...view(), type: 'dialog' }],
    ['a button as input', view({ blocks: [input(button())] })],
    [
      'two elements that take the focus',
      view({
        blocks: [
          input(textInput({ focus_on_load: true })),
          input(textInput({ focus_on_load: true })),
        ],
      }),
    ],
    [
      'a min_length above max_length',
      view({ blocks: [input(textInput({ min_length: 9, max_length: 8 }))] }),
    ],
  ])('refuse %s', (_name, broken) => {
    expect(validateView(JSON.parse(JSON.stringify(broken)))).not.toEqual([]);
  });

  it('take the sample modal', () => {
    expect(validateView(rationaleModal())).toEqual([]);
  });
});

describe('metadata', () => {
  it.each([
    ['ids', { event_type: 'cs_card', event_payload: { id: 'x', n: 1, yes: true } }, undefined],
    ['one level of objects', { event_type: 'e', event_payload: { o: { a: 1 } } }, undefined],
    [
      'two levels',
      { event_type: 'e', event_payload: { o: { a: { b: 1 } } } },
      'invalid_metadata_format',
    ],
    ['null', { event_type: 'e', event_payload: { a: null } }, 'invalid_metadata_format'],
    ['no payload', { event_type: 'e' }, 'invalid_metadata_format'],
    [
      'a sentence as type',
      { event_type: 'an event', event_payload: {} },
      'invalid_metadata_format',
    ],
    ['no object', 'cs_card', 'invalid_metadata_format'],
    ['too much', { event_type: 'e', event_payload: { a: x(8000) } }, 'metadata_too_large'],
  ])('with %s', (_name, metadata, error) => {
    expect(metadataProblem(metadata)).toBe(error);
  });
});
