import {
  anything,
  byType,
  type Check,
  integer,
  list,
  may,
  must,
  oneOf,
  shape,
  text,
  yesOrNo,
} from './block-checks';
import { LIMITS } from './limits';

const style = may(
  shape({
    bold: may(yesOrNo),
    italic: may(yesOrNo),
    strike: may(yesOrNo),
    code: may(yesOrNo),
    underline: may(yesOrNo),
    highlight: may(yesOrNo),
    client_highlight: may(yesOrNo),
    unlink: may(yesOrNo),
  }),
);
const id = must(text(LIMITS.identifier, 1));
const anyLength = Number.MAX_SAFE_INTEGER;

const textElement = shape({ text: must(text(anyLength, 1)), style });
const link = shape({
  url: must(text(LIMITS.url, 1)),
  text: may(text(anyLength)),
  unsafe: may(yesOrNo),
  style,
});
const inline = byType('a rich text section', {
  text: textElement,
  link,
  user: shape({ user_id: id, style }),
  usergroup: shape({ usergroup_id: id, style }),
  channel: shape({ channel_id: id, style }),
  team: shape({ team_id: id, style }),
  broadcast: shape({ range: must(oneOf('here', 'channel', 'everyone')), style }),
  emoji: shape({ name: id, unicode: may(anything), url: may(anything), style }),
  color: shape({ value: id, style }),
  date: shape({
    timestamp: must(integer(0, anyLength)),
    format: id,
    url: may(text(LIMITS.url)),
    fallback: may(text(LIMITS.sectionText)),
    style,
  }),
});
const many = (item: Check): Check => list(item, 0, anyLength);
const border = may(oneOf(0, 1));
const section = shape({ elements: must(many(inline)) });

/** The parts of a rich_text block; preformatted text holds text and links alone. */
export const richTextPart = byType('a rich text block', {
  rich_text_section: section,
  rich_text_quote: shape({ elements: must(many(inline)), border }),
  rich_text_preformatted: shape({
    elements: must(many(byType('preformatted text', { text: textElement, link }))),
    border,
    language: may(text(LIMITS.identifier)),
  }),
  rich_text_list: shape({
    elements: must(many(byType('a rich text list', { rich_text_section: section }))),
    style: must(oneOf('bullet', 'ordered')),
    indent: may(integer(0, 8)),
    offset: may(integer(0, anyLength)),
    border,
  }),
});
