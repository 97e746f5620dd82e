import { governedView } from '../../activities/governed-view';
import type { RunView } from '../../activities/ports';

const VIEW: RunView = {
  executionId: '01890000-0000-7000-8000-000000000001',
  verdict: 'REQUIRE_APPROVAL',
  status: 'pending_approval',
  version: 1,
  waitingFor: 'approval',
  level: {
    index: 1,
    name: 'L1',
    of: 2,
    approvers: 'role:support-manager',
    deadline: '2026-01-01T00:00:00.000Z',
  },
  remainingMs: 3_599_900,
  summary: {
    agent: 'support-bot',
    action: 'refund',
    environment: 'prod',
    reason: 'Refunds over 100 need a manager.',
    policy: 'support',
    rule: 'refund-limit',
    argsDigest: 'a'.repeat(64),
    chain: 'standard',
  },
};
const DECIDED: RunView = Object.fromEntries(
  Object.entries(VIEW).filter(([key]) => key !== 'level'),
) as unknown as RunView;

describe('governedView', () => {
  it.each<[string, RunView, string]>([
    ['an open level', VIEW, 'L1 · role:support-manager · 60 min'],
    [
      'a reminder',
      { ...VIEW, remainingMs: 900_000, next: 'reminder' },
      'L1 · role:support-manager · reminder in 15 min',
    ],
    ['a release', { ...DECIDED, waitingFor: 'release' }, 'Waiting for release · 60 min'],
    [
      'an outcome',
      { ...DECIDED, waitingFor: 'outcome', remainingMs: 900_000 },
      'Waiting for the outcome · 15 min',
    ],
    [
      'a short wait',
      { ...DECIDED, waitingFor: 'release', remainingMs: 4_200 },
      'Waiting for release · 5 s',
    ],
  ])('names the timer of %s', (_, view, label) => {
    expect(governedView(view).label).toBe(label);
  });

  it('names no time where there is no timer', () => {
    const parked = Object.fromEntries(
      Object.entries(VIEW).filter(([key]) => key !== 'remainingMs'),
    ) as unknown as RunView;
    expect(governedView(parked).label).toBe('L1 · role:support-manager');
  });

  it('keeps a label within what the timeline shows', () => {
    const level = { ...VIEW.level, approvers: 'role:x and '.repeat(40) } as NonNullable<
      RunView['level']
    >;
    expect([...governedView({ ...VIEW, level }).label].length).toBeLessThanOrEqual(120);
  });

  it('shows where the run stands, with a link back', () => {
    expect(governedView(VIEW, 'https://cs.example').details).toBe(
      [
        '**pending approval** · Waiting for approval',
        '',
        '- Action `refund` by agent `support-bot` in `prod`',
        '- REQUIRE_APPROVAL by rule `refund-limit` of policy `support`',
        '- Why it stands so: `Refunds over 100 need a manager.`',
        '- Level 1 of 2, `L1`: `role:support-manager` until `2026-01-01T00:00:00.000Z`',
        '- Chain `standard`',
        `- Arguments digest \`${'a'.repeat(64)}\``,
        '',
        '[Open in Countersign](https://cs.example/v1/executions/01890000-0000-7000-8000-000000000001)',
      ].join('\n'),
    );
  });

  it('lets no text of an agent become markup (I-13)', () => {
    const evil = '`](https://evil.example)\n\n# <b>@all</b> ![x](y) https://evil.example `';
    const summary = { ...VIEW.summary, agent: evil, action: evil, reason: evil };
    const { details } = governedView({ ...VIEW, summary });
    expect(details.replace(/`[^`\n]*`/g, '')).not.toMatch(/evil|<b>|@all|!\[|# /);
  });
});
