import type { ChainDefinition } from '../../../src/core/escalation/chain';
import { describeChain, durationText, joined } from '../../../src/core/escalation/describe-chain';
import {
  CRITICAL_CHAIN,
  HIGH_RISK_CHAIN,
  STANDARD_CHAIN,
} from '../../../src/core/escalation/predefined-chains';
import type { TimeWindow } from '../../../src/core/policy/time-window';

const [L1, L2] = HIGH_RISK_CHAIN.levels;
if (L1 === undefined || L2 === undefined) throw new Error('high-risk has two levels');
const window = (text: string): TimeWindow => ({
  startMinute: 540,
  endMinute: 1020,
  weekdays: [],
  zone: 'UTC',
  text,
});
const chain = (changes: Partial<ChainDefinition>): ChainDefinition => ({
  ...HIGH_RISK_CHAIN,
  advance: 'on_escalation',
  ...changes,
});

describe('describeChain', () => {
  it('tells the predefined chains', () => {
    expect(describeChain(STANDARD_CHAIN)).toBe(
      "L1 asks one person of role approver for 1 h, reminds after 30 min and 48 min, then rejects. One rejection ends it. Approving and rejecting need a written reason. Kept out: the requester and the agent's owner. Nobody decides at two levels. An approval may be used for 1 h.",
    );
    expect(describeChain(HIGH_RISK_CHAIN)).toBe(
      "L1 asks one person of role approver for 30 min, reminds after 15 min and 24 min, then asks L2. L2 asks one person of role senior-approver for 30 min, reminds after 15 min and 24 min, then rejects. Every level approves in order. One rejection ends it. Only votes of assurance linked or better count. Approving and rejecting need a written reason of at least 10 characters. Kept out: the requester and the agent's owner. Nobody decides at two levels. An approval may be used for 1 h.",
    );
    expect(describeChain(CRITICAL_CHAIN)).toContain(
      'L3 asks 2 people of role executive for 15 min, reminds after 7 min 30 s and 12 min, then asks L4. L4 asks one person of group board for 15 min',
    );
  });

  it.each<[Partial<ChainDefinition>, string]>([
    [{}, 'The approval of one level decides.'],
    [
      { levels: [{ ...L1, onTimeout: 'approve' }] },
      'L1 asks one person of role approver for 30 min, reminds after 15 min and 24 min, then approves by silence.',
    ],
    [
      { levels: [{ ...L1, remindersMs: [], onTimeout: 'park' }] },
      '30 min, then parks the request.',
    ],
    [
      { levels: [{ ...L1, remindersMs: [] }], onFinalTimeout: 'approve' },
      'for 30 min, then approves by silence.',
    ],
    [
      {
        levels: [
          {
            ...L1,
            when: { kind: 'all', of: [] },
            groups: [
              { selectors: [{ kind: 'manager_of', of: 'requester' }], quorum: 1 },
              {
                selectors: [
                  { kind: 'on_call', schedule: 'night' },
                  { kind: 'owner_of', of: 'agent' },
                  { kind: 'user', user: 'eve' },
                ],
                quorum: 1,
              },
            ],
          },
        ],
      },
      "L1, where its condition holds, asks the requester's manager and whoever is on call by night, the agent's owner or user eve for 30 min",
    ],
    [{ rejection: { kind: 'quorum', count: 2 } }, ' 2 rejections end it. '],
    [
      { rejection: { kind: 'quorum', count: 3 }, rejectionsAtLeast: 2 },
      '3 rejections end it. 2 rejections pass the request to the next level.',
    ],
    [
      { rejection: { kind: 'escalate' } },
      'One rejection passes the request to the next level; at the last one it ends it.',
    ],
    [
      { rejection: { kind: 'escalate' }, rejectionsAtLeast: 2 },
      '2 rejections pass the request to the next level; at the last one they end it.',
    ],
    [
      { rejection: { kind: 'escalate' }, rejectionsAtLeast: 2, levels: [L1] },
      ' 2 rejections end it. ',
    ],
    [{ escalateAtRisk: 81 }, 'From risk 81 on an approval below the last level asks the next one.'],
    [{ startLevels: [{ riskAtLeast: 61, level: 2 }] }, 'From risk 61 on it starts at L2.'],
    [
      { assurance: [{ riskAtLeast: 81, require: 'webauthn', surface: 'dashboard' }] },
      'From risk 81 on only votes of assurance webauthn or better and votes on the dashboard count.',
    ],
    [
      { auto: [{ when: { riskAtMost: 30, within: window('9am-5pm') }, outcome: 'approve' }] },
      'Nobody is asked up to risk 30 and within 9am-5pm: the request is approved.',
    ],
    [
      { auto: [{ when: { riskAtLeast: 90, outside: window('9am-5pm') }, outcome: 'reject' }] },
      'Nobody is asked from risk 90 on and outside 9am-5pm: the request is rejected.',
    ],
    [
      { rationale: { approve: 'optional', reject: 'required', minLength: 1 } },
      ' Rejecting needs a written reason. ',
    ],
    [
      { rationale: { approve: 'optional', reject: 'optional', minLength: 1 } },
      ' Votes need no reason. ',
    ],
    [
      {
        separation: { requester: 'exclude', agentOwner: 'allow', distinctAcrossLevels: false },
      },
      'Kept out: the requester. An approval',
    ],
    [
      { businessHours: window('mon-fri 9am-5pm UTC') },
      'for 30 min of business time, reminds after 15 min and 24 min, then asks L2.',
    ],
    [{ businessHours: window('mon-fri 9am-5pm UTC') }, 'Business time is mon-fri 9am-5pm UTC.'],
    [{ validForMs: 90_000 }, 'An approval may be used for 1 min 30 s.'],
  ])('tells %j', (changes, sentence) => {
    expect(describeChain(chain(changes))).toContain(sentence);
  });
});

describe('durationText', () => {
  it.each([
    [0, '0 s'],
    [90_000, '1 min 30 s'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
    [176_461_000, '2 d 1 h'],
  ])('says %s ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe('joined', () => {
  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b'], 'a and b'],
    [['a', 'b', 'c'], 'a, b and c'],
  ])('joins %j as %j', (words, text) => {
    expect(joined(words)).toBe(text);
  });
});
