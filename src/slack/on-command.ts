import type { SlackCommand } from '../contract/slack-payloads';
import { messageOf, within } from './bounded-wait';
import { ACK_WITHIN_MS, GIVE_UP_MS, type Ack, type IngressDeps } from './ingress';
import { answerBody } from './private-answers';
import { COMMANDS_NOTE, linkNote, NO_CODE_NOTE, type PrivateNote } from './private-notes';

/** Answers `/approvals …`, always to the person alone. */
export async function onCommand(
  deps: IngressDeps,
  command: SlackCommand,
  ack: Ack,
): Promise<unknown> {
  const [word = ''] = command.text.trim().toLowerCase().split(/\s+/);
  if (word !== 'link') return ack(answerBody(COMMANDS_NOTE));

  const account = { teamId: command.team_id, userId: command.user_id };
  const making = deps.inbox.linkCode(account).then(linkNote);
  const outcome = await within(making, ACK_WITHIN_MS);
  if (outcome.kind === 'done') return ack(answerBody(outcome.value));
  await ack();
  const late = outcome.kind === 'late' ? await within(making, GIVE_UP_MS) : outcome;
  let note: PrivateNote = NO_CODE_NOTE;
  if (late.kind === 'done') note = late.value;
  if (late.kind === 'failed')
    deps.logger.error({ error: messageOf(late.error) }, 'Slack: a link code could not be made');
  return deps.answer(
    {
      userId: command.user_id,
      channelId: command.channel_id,
      responseUrl: command.response_url,
    },
    note,
  );
}
