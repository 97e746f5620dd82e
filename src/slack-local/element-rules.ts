import {
  all,
  anything,
  byType,
  type Check,
  type Field,
  integer,
  list,
  may,
  must,
  oneOf,
  rule,
  shape,
  text,
  yesOrNo,
} from './block-checks';
import { isRecord, recordsOf, textOf } from './json-shape';
import { LIMITS } from './limits';
import { optionsOf } from './shown-blocks';

/** Text objects: each kind has its own second property and refuses the other's. */
const plainText = (most: number): Check =>
  shape({ text: must(text(most, 1)), emoji: may(yesOrNo) });
const mrkdwn = (most: number): Check =>
  shape({ text: must(text(most, 1)), verbatim: may(yesOrNo) });

export const plainTextOnly = (most: number): Check =>
  byType('a plain_text object', { plain_text: plainText(most) });
export const anyText = (most: number): Check =>
  byType('a text object', { plain_text: plainText(most), mrkdwn: mrkdwn(most) });

const confirm = shape({
  title: may(plainTextOnly(LIMITS.confirmTitle)),
  text: must(anyText(LIMITS.confirmText)),
  confirm: may(plainTextOnly(LIMITS.confirmButton)),
  deny: may(plainTextOnly(LIMITS.confirmButton)),
  style: may(oneOf('primary', 'danger')),
});

const identifier = text(LIMITS.identifier, 1);
const httpUrl = all(text(LIMITS.url, 1), (value, pointer, report) => {
  if (typeof value === 'string' && !/^(?:https?|mailto):/i.test(value))
    report(pointer, 'must be a valid URL');
});

const option = (label: Check, withUrl: boolean): Check =>
  shape({
    text: must(label),
    value: must(text(LIMITS.optionValue, 1)),
    description: may(anyText(LIMITS.optionDescription)),
    ...(withUrl ? { url: may(httpUrl) } : {}),
  });
const menuOption = option(plainTextOnly(LIMITS.optionText), false);
const groupOption = option(anyText(LIMITS.optionText), false);
const menuOptions = list(menuOption, 1, LIMITS.selectOptions);
const optionGroups = list(
  shape({ label: must(plainTextOnly(LIMITS.optionText)), options: must(menuOptions) }),
  1,
  LIMITS.selectOptions,
);

const distinctValues = rule((element) => {
  const values = optionsOf(element).map(({ value }) => value);
  return new Set(values).size === values.length;
}, 'option values must be unique');
const initialIsOffered = rule((element) => {
  const values = optionsOf(element).map(({ value }) => value);
  const initial = [element['initial_option'], ...recordsOf(element['initial_options'])];
  return initial.filter(isRecord).every(({ value }) => values.includes(value));
}, 'an initial option must be one of the options');
const optionsOrGroups = rule(
  (element) => (element['options'] === undefined) !== (element['option_groups'] === undefined),
  'exactly one of options and option_groups must be given',
);

const action = { action_id: may(identifier) };
const confirmable = { confirm: may(confirm) };
const focusable = { focus_on_load: may(yesOrNo) };
const placeholdable = { placeholder: may(plainTextOnly(LIMITS.placeholder)) };
const manySelected = { max_selected_items: may(integer(1, LIMITS.selectOptions)) };

const button = shape({
  ...action,
  ...confirmable,
  text: must(plainTextOnly(LIMITS.buttonText)),
  value: may(text(LIMITS.buttonValue)),
  url: may(httpUrl),
  style: may(oneOf('primary', 'danger')),
  accessibility_label: may(text(LIMITS.accessibilityLabel)),
});
const overflow = all(
  shape({
    ...action,
    ...confirmable,
    options: must(
      list(
        option(plainTextOnly(LIMITS.optionText), true),
        LIMITS.overflowMin,
        LIMITS.overflowOptions,
      ),
    ),
  }),
  distinctValues,
);
const group = (initial: Readonly<Record<string, Field>>): Check =>
  all(
    shape({
      ...action,
      ...confirmable,
      ...focusable,
      ...initial,
      options: must(list(groupOption, 1, LIMITS.groupOptions)),
    }),
    distinctValues,
    initialIsOffered,
  );
const select = (fields: Readonly<Record<string, Field>>): Check =>
  shape({ ...action, ...confirmable, ...focusable, ...placeholdable, ...fields });
const staticSelect = (fields: Readonly<Record<string, Field>>): Check =>
  all(
    select({ options: may(menuOptions), option_groups: may(optionGroups), ...fields }),
    optionsOrGroups,
    distinctValues,
    initialIsOffered,
  );
const userId = text(LIMITS.identifier, 1);
const conversationFields = {
  default_to_current_conversation: may(yesOrNo),
  filter: may(anything),
};
const typed =
  (pattern: RegExp, what: string): Check =>
  (value, pointer, report) => {
    if (!pattern.test(textOf(value))) report(pointer, `must be ${what}`);
  };

/** Choices and pickers, allowed in actions, as accessories and in inputs. */
const CHOICES: Readonly<Record<string, Check>> = {
  checkboxes: group({ initial_options: may(list(groupOption, 1, LIMITS.groupOptions)) }),
  radio_buttons: group({ initial_option: may(groupOption) }),
  static_select: staticSelect({ initial_option: may(menuOption) }),
  multi_static_select: staticSelect({ initial_options: may(menuOptions), ...manySelected }),
  users_select: select({ initial_user: may(userId) }),
  multi_users_select: select({ initial_users: may(list(userId, 1, 100)), ...manySelected }),
  conversations_select: select({
    ...conversationFields,
    initial_conversation: may(userId),
    response_url_enabled: may(yesOrNo),
  }),
  channels_select: select({ initial_channel: may(userId), response_url_enabled: may(yesOrNo) }),
  datepicker: select({ initial_date: may(typed(/^\d{4}-\d{2}-\d{2}$/, 'a date YYYY-MM-DD')) }),
  timepicker: select({
    initial_time: may(typed(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time HH:mm')),
    timezone: may(text(LIMITS.identifier)),
  }),
};

const dispatch = {
  dispatch_action_config: may(
    shape({
      trigger_actions_on: may(list(oneOf('on_enter_pressed', 'on_character_entered'), 1, 2)),
    }),
  ),
};
const textField = { ...action, ...focusable, ...placeholdable, ...dispatch };
const plainTextInput = all(
  shape({
    ...textField,
    initial_value: may(text(LIMITS.inputLength)),
    multiline: may(yesOrNo),
    min_length: may(integer(0, LIMITS.inputLength)),
    max_length: may(integer(1, LIMITS.inputLength)),
  }),
  rule(
    ({ min_length: least, max_length: most }) =>
      typeof least !== 'number' || typeof most !== 'number' || least <= most,
    'min_length must not exceed max_length',
  ),
);
const numberInput = shape({
  ...textField,
  is_decimal_allowed: must(yesOrNo),
  initial_value: may(text(LIMITS.inputLength)),
  min_value: may(text(LIMITS.inputLength)),
  max_value: may(text(LIMITS.inputLength)),
});
const lineInput = shape({ ...textField, initial_value: may(text(LIMITS.inputLength)) });

const image = all(
  shape({
    image_url: may(httpUrl),
    slack_file: may(anything),
    alt_text: must(text(LIMITS.altText, 1)),
  }),
  rule(
    (element) => (element['image_url'] === undefined) !== (element['slack_file'] === undefined),
    'exactly one of image_url and slack_file must be given',
  ),
);

export const actionsElement = byType('an actions block', { button, overflow, ...CHOICES });
export const accessory = byType('a section accessory', { button, overflow, image, ...CHOICES });
export const contextElement = byType('a context block', {
  image,
  plain_text: plainText(LIMITS.contextText),
  mrkdwn: mrkdwn(LIMITS.contextText),
});
export const inputElement = byType('an input block', {
  ...CHOICES,
  plain_text_input: plainTextInput,
  number_input: numberInput,
  email_text_input: lineInput,
  url_text_input: lineInput,
});
export { identifier, httpUrl };
