import { isRecord, type JsonRecord, listOf, recordOf, recordsOf, textOf } from './json-shape';
import { LIMITS } from './limits';
import { optionsOf } from './shown-blocks';
import type { FormValues } from './surface';

/** What a person left in a form, in the shape of `view.state.values`, or what Slack's client objects to. */
export interface FilledForm {
  readonly values: JsonRecord;
  /** By block_id; a form with one of these is never sent. */
  readonly errors: Readonly<Record<string, string>>;
}

/**
 * Fills a view's inputs and the choices in its actions and sections.
 * @throws Error for a block_id or action_id that the view does not show
 */
export function fillForm(blocks: readonly JsonRecord[], given: FormValues): FilledForm {
  const values: Record<string, Record<string, JsonRecord>> = {};
  const errors: Record<string, string> = {};
  for (const block of blocks) {
    const blockId = textOf(block['block_id']);
    for (const element of statefulElements(block)) {
      const actionId = textOf(element['action_id']);
      const state = stateOf(element, given[blockId]?.[actionId]);
      values[blockId] = { ...values[blockId], [actionId]: state };
      const error = block['type'] === 'input' ? objection(block, element, state) : undefined;
      if (error !== undefined) errors[blockId] = error;
    }
  }
  for (const [blockId, actions] of Object.entries(given)) {
    for (const actionId of Object.keys(actions)) {
      if (values[blockId]?.[actionId] === undefined)
        throw new Error(`The view shows no input ${blockId} / ${actionId}.`);
    }
  }
  return { values, errors };
}

const STATELESS: ReadonlySet<string> = new Set(['button', 'overflow', 'image', '']);

const statefulElements = (block: JsonRecord): readonly JsonRecord[] =>
  [
    recordOf(block['element']),
    recordOf(block['accessory']),
    ...(block['type'] === 'actions' ? recordsOf(block['elements']) : []),
  ].filter((element) => !STATELESS.has(textOf(element['type'])));

/** One element's state, from what was given or else from what stood there at first. */
export function stateOf(element: JsonRecord, given: unknown): JsonRecord {
  const type = textOf(element['type']);
  const pick = (value: unknown, initial: unknown): JsonRecord | null =>
    value === undefined ? nullable(initial) : optionWith(element, value);
  const text = (initial: unknown): unknown =>
    given === undefined ? (initial ?? null) : textOf(given) === '' ? null : given;
  switch (type) {
    case 'static_select':
    case 'radio_buttons':
      return { type, selected_option: pick(given, element['initial_option']) };
    case 'checkboxes':
    case 'multi_static_select':
      return {
        type,
        selected_options:
          given === undefined
            ? recordsOf(element['initial_options'])
            : listOf(given).map((value) => optionWith(element, value)),
      };
    case 'users_select':
      return { type, selected_user: text(element['initial_user']) };
    case 'multi_users_select':
      return { type, selected_users: given ?? element['initial_users'] ?? [] };
    case 'conversations_select':
      return { type, selected_conversation: text(element['initial_conversation']) };
    case 'channels_select':
      return { type, selected_channel: text(element['initial_channel']) };
    case 'datepicker':
      return { type, selected_date: text(element['initial_date']) };
    case 'timepicker':
      return { type, selected_time: text(element['initial_time']) };
    default:
      return { type, value: text(element['initial_value']) };
  }
}

const nullable = (value: unknown): JsonRecord | null => (isRecord(value) ? value : null);

function optionWith(element: JsonRecord, value: unknown): JsonRecord {
  const option = optionsOf(element).find((one) => one['value'] === value);
  if (option === undefined) throw new Error(`There is no option ${String(value)} to choose.`);
  const { text, description } = option;
  return { text, value, ...(description === undefined ? {} : { description }) };
}

const isEmpty = (state: JsonRecord): boolean =>
  Object.entries(state).every(
    ([key, value]) =>
      key === 'type' || value === null || (Array.isArray(value) && value.length === 0),
  );

/** What Slack's client says before it sends anything. */
function objection(block: JsonRecord, element: JsonRecord, state: JsonRecord): string | undefined {
  if (isEmpty(state))
    return block['optional'] === true ? undefined : 'Please complete this required field.';
  const { value } = state;
  if (typeof value !== 'string') return undefined;
  const least = Number(element['min_length'] ?? 0);
  const most = Number(element['max_length'] ?? LIMITS.inputLength);
  if (value.length < least) return `Please enter at least ${String(least)} characters.`;
  if (value.length > most) return `Please enter at most ${String(most)} characters.`;
  return element['type'] === 'number_input' ? numberObjection(element, value) : undefined;
}

function numberObjection(element: JsonRecord, value: string): string | undefined {
  const decimals = element['is_decimal_allowed'] === true;
  if (!(decimals ? /^-?\d+(?:\.\d+)?$/ : /^-?\d+$/).test(value))
    return decimals ? 'Please enter a number.' : 'Please enter a whole number.';
  const { min_value: least, max_value: most } = element;
  if (least !== undefined && Number(value) < Number(least))
    return `Please enter a number of ${textOf(least)} or more.`;
  if (most !== undefined && Number(value) > Number(most))
    return `Please enter a number of ${textOf(most)} or less.`;
  return undefined;
}
