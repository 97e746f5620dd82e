import { createVirtualClock } from '../../src/slack-local/clock';
import { MEMORY } from '../../src/slack-local/limits';
import { createWorkspace } from '../../src/slack-local/workspace';

const newWorkspace = () =>
  createWorkspace(
    { teamId: 'T1', domain: 'd', appId: 'A1', botUserId: 'U0', botId: 'B1', botName: 'Bot' },
    createVirtualClock(),
  );

describe('a workspace', () => {
  it('gives the same ids to the same names after a restart, and none twice', () => {
    const [one, two] = [newWorkspace(), newWorkspace()];
    expect(one.addUser({ name: 'alice' }).id).toBe(two.addUser({ name: 'alice' }).id);
    expect(one.addChannel({ name: 'general' }).id).toBe(two.addChannel({ name: 'general' }).id);
    expect(one.addUser({ name: 'alice' }).id).not.toBe(two.users.keys().next().value);
    expect(() => one.addUser({ id: 'U1', name: 'a' })).not.toThrow();
    expect(() => one.addUser({ id: 'U1', name: 'b' })).toThrow(/already has U1/);
  });

  it('forgets its oldest messages, and their stamps never repeat', () => {
    const workspace = newWorkspace();
    const channel = workspace.addChannel({ name: 'general' });
    const stamps = Array.from({ length: MEMORY.messagesPerChannel + 5 }, () => {
      const ts = workspace.nextTs(channel);
      const reactions = new Map<string, Set<string>>();
      workspace.store({
        channel: channel.id,
        ts,
        user: 'U0',
        text: 'a',
        textIsMrkdwn: true,
        blocks: [],
        reactions,
      });
      return ts;
    });
    expect(new Set(stamps).size).toBe(stamps.length);
    expect(stamps).toEqual([...stamps].sort());
    expect(channel.messages.map(({ ts }) => ts)).toEqual(stamps.slice(5));
  });

  it('forgets the oldest violations', () => {
    const workspace = newWorkspace();
    for (let count = 0; count <= MEMORY.violations; count += 1) workspace.violation(String(count));
    expect(workspace.violations).toHaveLength(MEMORY.violations);
    expect(workspace.violations[0]).toBe('1');
  });

  it('refuses more people than it holds', () => {
    const workspace = newWorkspace();
    for (let count = 0; count < MEMORY.users; count += 1)
      workspace.addUser({ id: `U${String(count + 1)}`, name: 'a' });
    expect(() => workspace.addUser({ name: 'one more' })).toThrow(/2000 users at most/);
  });
});
