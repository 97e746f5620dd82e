import type { JsonRecord } from './json-shape';

/** What the app is told of: an interaction, a command or an event. */
export interface Dispatch {
  readonly type: 'interactive' | 'slash_commands' | 'events_api';
  readonly payload: JsonRecord;
  readonly acceptsResponse: boolean;
}

export interface Delivered {
  readonly acked: boolean;
  readonly ackMs: number;
  readonly error?: string;
  /** What the acknowledgement carried, undefined when it was empty. */
  readonly response?: unknown;
}

/** How one dispatch goes out. `attempt` above 0 is Slack's own repetition of an event. */
export type Transport = (dispatch: Dispatch, attempt: number) => Promise<Delivered>;
