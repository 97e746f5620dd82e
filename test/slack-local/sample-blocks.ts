import type { KnownBlock, ModalView } from '@slack/types';

/** A card like those of the product: every kind of block it uses. */
export const approvalCard = (): KnownBlock[] => [
  {
    type: 'header',
    text: { type: 'plain_text', text: 'L2 approval needed · payments.refund', emoji: false },
  },
  {
    type: 'context',
    elements: [
      {
        type: 'mrkdwn',
        text: '*Risk 82/100 HIGH* · policy `pay-07@v14` · production · refund-bot (owner Dana)',
        verbatim: true,
      },
    ],
  },
  {
    type: 'section',
    fields: [
      { type: 'mrkdwn', text: '*Amount*\nUSD 820.00', verbatim: true },
      { type: 'mrkdwn', text: '*Target*\norder 4711', verbatim: true },
      { type: 'mrkdwn', text: '*Requested by*\nrefund-bot', verbatim: true },
      { type: 'mrkdwn', text: '*Left of the daily cap*\nUSD 4,180.00', verbatim: true },
    ],
  },
  {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_preformatted',
        elements: [
          {
            type: 'text',
            text: '{\n  "amount": 820,\n  "currency": "USD",\n  "order_id": "4711",\n  "note": "<!channel> <https://evil.test|Approve here>"\n}',
          },
        ],
      },
    ],
  },
  {
    type: 'section',
    text: {
      type: 'mrkdwn',
      text: '*Why you:* rule `large-refund` asks the finance lead above USD 500.',
      verbatim: true,
    },
  },
  {
    type: 'context',
    elements: [
      {
        type: 'mrkdwn',
        text: '<!date^1893456000^Expires {time} {date_short_pretty}|Expires 2030-01-01 00:00 UTC>, then it is denied.',
        verbatim: true,
      },
    ],
  },
  {
    type: 'actions',
    block_id: 'cs:exec',
    elements: [
      {
        type: 'button',
        action_id: 'cs:approve',
        style: 'primary',
        text: { type: 'plain_text', text: 'Approve' },
        accessibility_label: 'Approve refund of USD 820 by refund-bot',
        value: 'v1.exec.1',
        confirm: {
          title: { type: 'plain_text', text: 'Approve this refund?' },
          text: { type: 'plain_text', text: 'USD 820.00 goes out at once.' },
          confirm: { type: 'plain_text', text: 'Approve' },
          deny: { type: 'plain_text', text: 'Back' },
        },
      },
      {
        type: 'button',
        action_id: 'cs:reject',
        style: 'danger',
        text: { type: 'plain_text', text: 'Reject' },
        value: 'v1.exec.1',
      },
      {
        type: 'button',
        action_id: 'cs:details',
        text: { type: 'plain_text', text: 'Details' },
        value: 'v1.exec.1',
      },
      {
        type: 'overflow',
        action_id: 'cs:more',
        options: [
          { text: { type: 'plain_text', text: 'Delegate' }, value: 'delegate' },
          { text: { type: 'plain_text', text: 'Snooze reminders' }, value: 'snooze' },
        ],
      },
    ],
  },
];

export const rationaleModal = (): ModalView => ({
  type: 'modal',
  callback_id: 'cs:rationale',
  private_metadata: '{"exec":"exec"}',
  title: { type: 'plain_text', text: 'Approve the refund' },
  submit: { type: 'plain_text', text: 'Approve' },
  close: { type: 'plain_text', text: 'Back' },
  blocks: [
    {
      type: 'section',
      text: { type: 'mrkdwn', text: 'USD 820.00 for *order 4711*', verbatim: true },
    },
    {
      type: 'input',
      block_id: 'reason',
      label: { type: 'plain_text', text: 'Reason' },
      element: {
        type: 'plain_text_input',
        action_id: 'text',
        multiline: true,
        min_length: 10,
        placeholder: { type: 'plain_text', text: 'What convinced you?' },
      },
      hint: { type: 'plain_text', text: 'Kept in the audit log.' },
    },
    {
      type: 'input',
      block_id: 'seen',
      label: { type: 'plain_text', text: 'Confirmation' },
      element: {
        type: 'checkboxes',
        action_id: 'box',
        options: [
          { text: { type: 'plain_text', text: 'I reviewed the full arguments' }, value: 'yes' },
        ],
      },
    },
  ],
});
