/**
 * Slack's documented limits, in characters unless named otherwise. Sources: docs.slack.dev reference of
 * blocks, elements, composition objects and views; docs.slack.dev/apis/web-api/rate-limits.
 */
export const LIMITS = {
  messageBlocks: 50,
  viewBlocks: 100,
  /** Not documented; `msg_blocks_too_long` was seen from about 13,170 on (bolt-js issue 2509). */
  messageBlocksTotal: 13_000,
  messageText: 40_000,
  sectionText: 3000,
  sectionField: 2000,
  sectionFields: 10,
  header: 150,
  contextElements: 10,
  contextText: 3000,
  actionsElements: 25,
  overflowMin: 2,
  overflowOptions: 5,
  selectOptions: 100,
  groupOptions: 10,
  buttonText: 75,
  buttonValue: 2000,
  url: 3000,
  accessibilityLabel: 75,
  identifier: 255,
  optionText: 75,
  optionValue: 150,
  optionDescription: 75,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  placeholder: 150,
  inputLabel: 2000,
  inputHint: 2000,
  inputLength: 3000,
  viewTitle: 24,
  viewButton: 24,
  privateMetadata: 3000,
  externalId: 255,
  modalStack: 3,
  markdownTotal: 12_000,
  tableRows: 100,
  tableCells: 20,
  alertText: 3000,
  altText: 2000,
  /** Bytes of the JSON; Slack names no number, the error exists. */
  metadataBytes: 8000,
  triggerMs: 3000,
  ackMs: 3000,
  responseUses: 5,
  responseMs: 30 * 60_000,
} as const;

/**
 * How much the fake remembers, so that a process that runs for weeks stays small: the oldest goes first.
 * Users, channels and groups are refused beyond their number instead.
 */
export const MEMORY = {
  users: 2000,
  channels: 500,
  groups: 200,
  messagesPerChannel: 2000,
  ephemeralsPerUser: 200,
  calls: 2000,
  tokens: 1000,
  rateBuckets: 5000,
  violations: 1000,
  interactions: 200,
  triggers: 1000,
  responseUrls: 2000,
  requestBytes: 1_000_000,
} as const;
