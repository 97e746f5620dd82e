import { toFakeEphemeral, toFakeMessage } from './show-message';
import { toFakeView } from './show-view';
import type { FakeChannel, FakeSlack } from './surface';
import type { ViewStore } from './view-store';
import type { StoredChannel } from './stored';
import type { Workspace } from './workspace';

type WorkspaceSurface = Pick<
  FakeSlack,
  | 'addUser'
  | 'addChannel'
  | 'addUserGroup'
  | 'users'
  | 'userGroups'
  | 'channels'
  | 'messages'
  | 'latest'
  | 'ephemerals'
  | 'views'
  | 'home'
  | 'deleteMessage'
  | 'violations'
  | 'onChange'
>;

/** The part of the fake that fills the workspace and shows what is in it. */
export function workspaceSurface(workspace: Workspace, store: ViewStore): WorkspaceSurface {
  return {
    addUser: (user) => {
      const { id, teamId } = workspace.addUser(user);
      return { id, teamId };
    },
    addChannel: (channel) => ({ id: workspace.addChannel(channel).id }),
    addUserGroup: (group) => ({ id: workspace.addUserGroup(group).id }),
    userGroups: () => [...workspace.groups.values()].map(({ id, handle }) => ({ id, handle })),
    users: () => [...workspace.users.values()],
    channels: () => [...workspace.channels.values()].map(toFakeChannel),
    messages: (channel) =>
      (workspace.channels.get(channel)?.messages ?? []).map((message) =>
        toFakeMessage(message, workspace),
      ),
    latest: (channel) => workspace.channels.get(channel)?.messages.at(-1)?.ts,
    ephemerals: (user) =>
      (workspace.ephemerals.get(user) ?? []).map((message) => toFakeEphemeral(message, workspace)),
    views: (user) => store.stackOf(user).map((view) => toFakeView(view, workspace)),
    home: (user) => {
      const home = store.homeOf(user);
      return home === undefined ? undefined : toFakeView(home, workspace);
    },
    deleteMessage: (channel, ts) => {
      if (!workspace.remove(channel, ts)) throw new Error(`No message ${ts} in ${channel}.`);
    },
    violations: () => workspace.violations,
    onChange: workspace.onChange,
  };
}

const toFakeChannel = (channel: StoredChannel): FakeChannel => ({
  id: channel.id,
  name: channel.name,
  ...(channel.directWith === undefined ? {} : { directWith: channel.directWith }),
  members: channel.members === 'everyone' ? 'everyone' : [...channel.members],
  isArchived: channel.isArchived,
});
