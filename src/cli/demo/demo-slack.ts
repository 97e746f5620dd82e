/** A message as people read it. */
export interface ShownMessage {
  readonly channel: string;
  readonly ts: string;
  readonly text: string;
  /** Accounts that it calls. */
  readonly mentions: readonly string[];
}

export interface ShownForm {
  readonly title: string;
  readonly text: string;
  /** False for a form that only tells something. */
  readonly takesAnswer: boolean;
  readonly errors: readonly string[];
}

/** The workspace of the story, seen and used as its people do. */
export interface DemoSlack {
  readonly teamId: string;
  /** How long it may take until everything that happened is shown. */
  readonly patienceMs: number;
  /** Makes a person; answers their account. */
  join(name: string): string;
  /** Every copy of the card of an execution: that of the channel first. */
  cards(executionId: string): readonly ShownMessage[];
  /** What stands under a card. */
  thread(card: ShownMessage): readonly ShownMessage[];
  /** Presses a button and confirms where Slack asks; answers once Slack has its acknowledgement. */
  press(account: string, card: ShownMessage, button: 'approve' | 'reject'): Promise<void>;
  /** The form that a person has open. */
  form(account: string): ShownForm | undefined;
  /** Sends the open form with this rationale. */
  submit(account: string, rationale: string): Promise<void>;
}
