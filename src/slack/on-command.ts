import type { SlackCommand } from '../contract/slack-payloads';
import { isDomainError } from '../core/errors';
import { messageOf, within } from './bounded-wait';
import { GIVE_UP_MS, type Ack, type IngressDeps } from './ingress';
import { answerBody } from './private-answers';
import {
  codeRefusedNote,
  COMMANDS_NOTE,
  linkNote,
  NO_CODE_NOTE,
  type PrivateNote,
} from './private-notes';

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
  const outcome = await within(making, ack.leftMs());
  if (outcome.kind === 'done') return ack(answerBody(outcome.value));
  await ack();
  const late = outcome.kind === 'late' ? await within(making, GIVE_UP_MS) : outcome;
  return deps.answer(
    {
      userId: command.user_id,
      channelId: command.channel_id,
      responseUrl: command.response_url,
    },
    late.kind === 'done' ? late.value : noCodeNote(deps, late),
  );
}

function noCodeNote(
  { logger }: IngressDeps,
  outcome: { readonly kind: 'late' } | { readonly kind: 'failed'; readonly error: unknown },
): PrivateNote {
  if (outcome.kind === 'late') return NO_CODE_NOTE;
  const { error } = outcome;
  if (isDomainError(error))
    return codeRefusedNote(
      error.details.what ?? NO_CODE_NOTE.title,
      [error.details.why ?? '', error.details.howToFix ?? ''].join(' ').trim(),
    );
  logger.error({ error: messageOf(error) }, 'Slack: a link code could not be made');
  return NO_CODE_NOTE;
}
