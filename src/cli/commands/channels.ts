import type { Command } from 'commander';
import type { CommandContext, Run } from '../command-context';
import { EXIT } from '../exit-codes';
import { inert } from '../inert-text';
import type { Output } from '../output';
import type { SlackIdentity } from '../resources';
import { listenOptions, processAction } from './start';

export function registerChannels(program: Command, run: Run): void {
  const group = listenOptions(
    program
      .command('channels')
      .description('run only the process that speaks with chats; or one of the commands below'),
  ).action(processAction(program, run, 'channels'));
  group
    .command('status')
    .description('messages that wait and messages that were given up')
    .action(run(status));
  const slack = group.command('slack').description('your own Slack account');
  slack
    .command('redeem <code>')
    .description('link the Slack account that was shown this code to you')
    .action(
      run(async ({ api, out }, code: string) => {
        const identity = await api().redeemSlackLink(code);
        out.result(identity, () => describeIdentity(out, identity));
        out.note(inert`Votes of this account now count as yours. Not your account? Unlink it.`);
        return EXIT.ok;
      }),
    );
}

/** `users slack …`: accounts as an admin sees them. */
export function registerUserSlack(users: Command, run: Run): void {
  const slack = users.command('slack').description('Slack accounts of a user');
  slack
    .command('link <user> <team-id> <user-id>')
    .description('link a Slack account to a user')
    .action(
      run(async ({ api, out }, user: string, teamId: string, userId: string) => {
        const identity = await api().linkSlackIdentity(user, { teamId, userId });
        out.result(identity, () => describeIdentity(out, identity));
        return EXIT.ok;
      }),
    );
  slack
    .command('list <user>')
    .description('list linked Slack accounts')
    .action(
      run(async ({ api, out }, user: string) => {
        const page = await api().listSlackIdentities(user);
        out.result(page, () =>
          page.items.length === 0
            ? 'No Slack account is linked.'
            : out.table(
                ['LINK', 'TEAM', 'ACCOUNT', 'ASSURANCE', 'BY', 'SINCE'],
                page.items.map((item) => [
                  item.id,
                  item.teamId,
                  item.userId,
                  item.assurance,
                  item.enrolledBy,
                  item.linkedAt,
                ]),
              ),
        );
        return EXIT.ok;
      }),
    );
  slack
    .command('unlink <user> <link-id>')
    .description('unlink a Slack account, at once')
    .action(
      run(async ({ api, out }, user: string, linkId: string) => {
        const identity = await api().unlinkSlackIdentity(user, linkId);
        out.result(identity, () => describeIdentity(out, identity));
        return EXIT.ok;
      }),
    );
}

const describeIdentity = (out: Output, identity: SlackIdentity): string =>
  out.fields([
    ['link', identity.id],
    ['account', `${identity.teamId}/${identity.userId}`],
    ['votes as', identity.principal],
    ['assurance', identity.assurance],
    ['linked', `${identity.linkedAt} by ${identity.enrolledBy}`],
  ]);

async function status({ api, out }: CommandContext): Promise<number> {
  const slack = await api().slackStatus();
  out.result(slack, () => {
    const summary = out.fields([
      ['waiting', String(slack.behind)],
      [
        'oldest',
        slack.behind === 0 ? undefined : `${String(Math.round(slack.oldestMs / 1_000))} s`,
      ],
      ['given up', String(slack.givenUp)],
      ['linked accounts', String(slack.linkedAccounts)],
    ]);
    if (slack.troubled.length === 0) return summary;
    const troubled = out.table(
      ['EXECUTION', 'MESSAGE', 'STATE', 'TRIES', 'FAILURE'],
      slack.troubled.map((each) => [
        each.execution,
        each.purpose,
        each.givenUp ? { text: 'given up', paint: out.colors.red } : 'waiting',
        String(each.attempts),
        each.failure,
      ]),
    );
    return `${summary}\n${troubled}`;
  });
  return EXIT.ok;
}
