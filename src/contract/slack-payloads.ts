import { z } from 'zod';

/**
 * What Slack sends, cut down to the fields that are read
 * (https://docs.slack.dev/reference/interaction-payloads). Slack adds fields freely, so unknown ones pass.
 */
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const timestamp = z.string().regex(/^\d{1,16}\.\d{1,9}$/);

const team = z.object({ id }).nullish();

const person = z.object({ id, team_id: id.nullish(), is_stranger: z.boolean().nullish() });

const origin = {
  api_app_id: id,
  team,
  enterprise: z.object({ id }).nullish(),
  user: person,
  is_ext_shared_channel: z.boolean().nullish(),
  trigger_id: z.string().max(300).nullish(),
  response_url: z.string().max(1_000).nullish(),
};

const pressedElement = z.object({
  action_id: z.string().max(255),
  action_ts: z.string().max(40).nullish(),
  value: z.string().max(2_000).nullish(),
  selected_option: z.object({ value: z.string().max(150) }).nullish(),
});

const container = z.object({
  type: z.string().max(40).nullish(),
  message_ts: timestamp.nullish(),
  channel_id: id.nullish(),
  view_id: id.nullish(),
});

const channel = z.object({ id, is_ext_shared: z.boolean().nullish() }).nullish();

const blockActions = z.object({
  type: z.literal('block_actions'),
  ...origin,
  container: container.nullish(),
  channel,
  message: z.object({ ts: timestamp }).nullish(),
  actions: z.array(pressedElement).min(1).max(25),
});

const inputState = z.object({
  value: z.string().max(3_000).nullish(),
  selected_options: z.array(z.object({ value: z.string().max(150) })).nullish(),
});

const view = z.object({
  id,
  callback_id: z.string().max(255),
  hash: z.string().max(200).nullish(),
  private_metadata: z.string().max(3_000).default(''),
  state: z
    .object({ values: z.record(z.string(), z.record(z.string(), inputState)) })
    .default({ values: {} }),
});

const viewSubmission = z.object({ type: z.literal('view_submission'), ...origin, view });

const viewClosed = z.object({ type: z.literal('view_closed'), ...origin });

const slashCommand = z.object({
  command: z.string().max(100),
  text: z.string().max(8_000).default(''),
  team_id: id,
  user_id: id,
  channel_id: id,
  api_app_id: id,
  response_url: z.string().max(1_000).nullish(),
});

export type SlackPress = z.infer<typeof blockActions>;
export type SlackSubmission = z.infer<typeof viewSubmission>;
export type SlackCommand = z.infer<typeof slashCommand>;

export type SlackPayload =
  | { readonly kind: 'press'; readonly press: SlackPress }
  | { readonly kind: 'submission'; readonly submission: SlackSubmission }
  | { readonly kind: 'command'; readonly command: SlackCommand }
  /** Understood, and nothing to do about it. */
  | { readonly kind: 'silent' };

/** Reads one authenticated payload; undefined for what is malformed or of a kind that is not acted upon. */
export function readSlackPayload(body: unknown): SlackPayload | undefined {
  const press = blockActions.safeParse(body);
  if (press.success) return { kind: 'press', press: press.data };
  const submission = viewSubmission.safeParse(body);
  if (submission.success) return { kind: 'submission', submission: submission.data };
  const command = slashCommand.safeParse(body);
  if (command.success) return { kind: 'command', command: command.data };
  return viewClosed.safeParse(body).success ? { kind: 'silent' } : undefined;
}

/** Where an unreadable payload came from, as far as it says so: enough to answer and to log. */
const sender = z.object({
  type: z.string().max(60).nullish(),
  response_url: z.string().max(1_000).nullish(),
});

export const readSlackSender = (
  body: unknown,
): { readonly type?: string; readonly responseUrl?: string } => {
  const read = sender.safeParse(body);
  if (!read.success) return {};
  const { type, response_url: responseUrl } = read.data;
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof responseUrl === 'string' ? { responseUrl } : {}),
  };
};

const formState = z.strictObject({
  verdict: z.enum(['approve', 'reject', 'escalate']),
  execution: z.uuid(),
  level: z.int().min(1).max(99),
  digest: z.string().regex(/^[0-9a-f]{16}$/),
  version: z.int().min(0),
  channelId: id,
  ts: timestamp,
  teamId: id,
  userId: id,
  isExternal: z.boolean(),
  /** Fewest code points of a rationale; 0 where none is asked for. */
  minLength: z.int().min(0).max(3_000),
  mustConfirmReading: z.boolean(),
});

/** What the vote form carries from the press to its submission. */
export type SlackFormState = z.infer<typeof formState>;

/** @returns undefined for anything but the state of a vote form */
export function readSlackFormState(json: string): SlackFormState | undefined {
  try {
    const read = formState.safeParse(JSON.parse(json));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
