import { textOf } from './json-shape';
import type { FakeUser } from './surface';
import { answered, type ApiMethods, refused, TIER } from './web-api-method';
import type { Workspace } from './workspace';

/** users.* and usergroups.*; `hasScope` decides whether an address is shown. */
export function userMethods(
  workspace: Workspace,
  hasScope: (scope: string) => boolean,
): ApiMethods {
  const view = (user: FakeUser): Record<string, unknown> =>
    userView(user, hasScope('users:read.email'));
  return {
    'users.info': {
      token: 'bot',
      scope: 'users:read',
      perMinute: TIER.four,
      run: (args) => {
        const user = workspace.users.get(textOf(args['user']));
        return user === undefined ? refused('user_not_found') : answered({ user: view(user) });
      },
    },
    'users.list': {
      token: 'bot',
      scope: 'users:read',
      perMinute: TIER.two,
      run: () =>
        answered({
          members: [...workspace.users.values()].map(view),
          response_metadata: { next_cursor: '' },
        }),
    },
    'users.lookupByEmail': {
      token: 'bot',
      scope: 'users:read.email',
      perMinute: TIER.three,
      run: (args) => {
        const email = textOf(args['email']).toLowerCase();
        const user = [...workspace.users.values()].find(
          (one) => email !== '' && one.email?.toLowerCase() === email && !one.deleted,
        );
        return user === undefined ? refused('users_not_found') : answered({ user: view(user) });
      },
    },
    'usergroups.users.list': {
      token: 'bot',
      scope: 'usergroups:read',
      perMinute: TIER.two,
      run: (args) => {
        const group = workspace.groups.get(textOf(args['usergroup']));
        return group === undefined ? refused('no_such_subteam') : answered({ users: group.users });
      },
    },
    'usergroups.list': {
      token: 'bot',
      scope: 'usergroups:read',
      perMinute: TIER.two,
      run: () =>
        answered({
          usergroups: [...workspace.groups.values()].map(({ id, handle, users }) => ({
            id,
            handle,
            name: handle,
            user_count: users.length,
          })),
        }),
    },
  };
}

function userView(user: FakeUser, withEmail: boolean): Record<string, unknown> {
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    real_name: user.realName,
    deleted: user.deleted,
    is_bot: user.isBot,
    is_app_user: false,
    is_admin: false,
    is_owner: false,
    is_restricted: user.isRestricted,
    is_ultra_restricted: user.isUltraRestricted,
    is_stranger: user.isStranger,
    is_email_confirmed: user.emailConfirmed,
    tz: 'Etc/UTC',
    tz_offset: 0,
    profile: {
      display_name: user.name,
      real_name: user.realName,
      team: user.teamId,
      ...(withEmail && user.email !== undefined ? { email: user.email } : {}),
    },
  };
}
