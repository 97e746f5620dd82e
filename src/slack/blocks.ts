import type {
  ConfirmationDialog,
  ContextBlock,
  ContextBlockElement,
  HeaderBlock,
  MrkdwnElement,
  PlainTextElement,
  RichTextBlock,
  SectionBlock,
} from '@slack/types';
import { clip } from './visible-text';

/**
 * Slack's limits for one element, in characters
 * (https://docs.slack.dev/reference/block-kit/blocks, and the composition objects beside it).
 */
export const LIMITS = {
  header: 150,
  sectionText: 3_000,
  field: 2_000,
  fields: 10,
  contextElements: 10,
  buttonText: 75,
  url: 3_000,
  optionText: 75,
  optionValue: 150,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  accessibilityLabel: 75,
  viewTitle: 24,
  viewBlocks: 100,
  privateMetadata: 3_000,
} as const;

/** Slack refuses an empty text, also one of blanks only. */
const filled = (text: string): string => (text.trim() === '' ? '–' : text);

/** The only element for text of unknown origin beside `preformatted`: Slack shows it as it stands. */
export const plain = (text: string, maxLength: number): PlainTextElement => ({
  type: 'plain_text',
  text: filled(clip(text, maxLength).text),
  emoji: false,
});

/** Only for text of our own: mentions of accounts and dates. */
export const mrkdwn = (text: string): MrkdwnElement => ({ type: 'mrkdwn', text, verbatim: true });

export const header = (text: string): HeaderBlock => ({
  type: 'header',
  text: plain(text, LIMITS.header),
});

export const section = (text: string, maxLength: number = LIMITS.sectionText): SectionBlock => ({
  type: 'section',
  text: plain(text, Math.min(maxLength, LIMITS.sectionText)),
});

export const context = (elements: readonly ContextBlockElement[]): ContextBlock => ({
  type: 'context',
  elements: elements.slice(0, LIMITS.contextElements),
});

export const preformatted = (text: string): RichTextBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: filled(text) }] }],
});

export const confirmation = (
  title: string,
  text: string,
  button: string,
  style: 'primary' | 'danger',
): ConfirmationDialog => ({
  title: plain(title, LIMITS.confirmTitle),
  text: plain(text, LIMITS.confirmText),
  confirm: plain(button, LIMITS.confirmButton),
  deny: plain('Cancel', LIMITS.confirmButton),
  style,
});
