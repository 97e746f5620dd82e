import { chainText, FULL_CHAIN, findings, level, loaded } from './chain-texts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

describe('loadChain', () => {
  it('reads every part', () => {
    expect(loaded(FULL_CHAIN)).toEqual({
      id: 'high-risk',
      levels: [
        {
          name: 'L1',
          number: 1,
          groups: [
            {
              selectors: [
                { kind: 'role', role: 'ops-approver' },
                { kind: 'user', user: 'eve@acme.com' },
                { kind: 'on_call', schedule: 'payments' },
              ],
              quorum: 1,
            },
          ],
          timeoutMs: 30 * MINUTE_MS,
          remindersMs: [15 * MINUTE_MS, 24 * MINUTE_MS],
          onTimeout: 'escalate',
        },
        {
          name: 'L2',
          number: 2,
          groups: [
            { selectors: [{ kind: 'group', group: 'finance' }], quorum: 2 },
            { selectors: [{ kind: 'manager_of', of: 'requester' }], quorum: 1 },
          ],
          timeoutMs: 90 * MINUTE_MS,
          remindersMs: [],
          onTimeout: 'escalate',
          when: {
            kind: 'field',
            field: 'args.amount',
            test: { operator: 'greater_than', value: 10_000 },
            optional: false,
          },
        },
      ],
      advance: 'on_escalation',
      onFinalTimeout: 'reject',
      escalateAtRisk: 81,
      rejectionsAtLeast: 2,
      startLevels: [{ riskAtLeast: 61, level: 2 }],
      rejection: { kind: 'escalate' },
      rationale: { approve: 'required', reject: 'required', minLength: 10 },
      separation: { requester: 'exclude', agentOwner: 'exclude', distinctAcrossLevels: true },
      assurance: [{ riskAtLeast: 61, require: 'linked' }],
      auto: [
        {
          when: {
            outside: {
              startMinute: 540,
              endMinute: 1020,
              weekdays: [],
              zone: 'America/New_York',
              text: '09:00-17:00 America/New_York',
            },
          },
          outcome: 'reject',
        },
      ],
      businessHours: {
        startMinute: 540,
        endMinute: 1080,
        weekdays: [1, 2, 3, 4, 5],
        zone: 'Europe/Berlin',
        text: 'mon-fri 09:00-18:00 Europe/Berlin',
      },
      notifyOn: {
        approved: [{ kind: 'people', selector: { kind: 'group', group: 'finance' } }],
        rejected: [{ kind: 'people', selector: { kind: 'owner_of', of: 'agent' } }],
        expired: [{ kind: 'channel', channel: 'ops' }],
      },
      validForMs: 2 * HOUR_MS,
    });
    expect(findings(FULL_CHAIN)).toEqual([]);
  });

  it('fills in what a chain leaves out', () => {
    expect(loaded(chainText([level()]))).toEqual({
      id: 'c',
      levels: [
        {
          name: 'L1',
          number: 1,
          groups: [{ selectors: [{ kind: 'role', role: 'approver' }], quorum: 1 }],
          timeoutMs: HOUR_MS,
          remindersMs: [],
          onTimeout: 'escalate',
        },
      ],
      advance: 'on_escalation',
      onFinalTimeout: 'reject',
      startLevels: [],
      rejection: { kind: 'veto' },
      rationale: { approve: 'required', reject: 'required', minLength: 1 },
      separation: { requester: 'exclude', agentOwner: 'exclude', distinctAcrossLevels: true },
      assurance: [],
      auto: [],
      notifyOn: { approved: [], rejected: [], expired: [] },
      validForMs: HOUR_MS,
    });
  });

  it('reads JSON as it reads YAML', () => {
    const json = JSON.stringify(
      {
        apiVersion: 'countersign/v1',
        kind: 'ApprovalChain',
        metadata: { id: 'c' },
        levels: [{ approvers: { any_of: [{ role: 'approver' }] }, timeout: '1h' }],
      },
      null,
      '\t',
    );
    expect(loaded(json)).toEqual(loaded(chainText([level()])));
  });

  it('reports all problems at once, with line, column and the nearest name', () => {
    const text = `apiVersion: countersign/v2
kind: ApprovalChain
metadata: { id: "a b", onwer: bob }
levels:
  - name: L1
    approvers: { any_of: [ { roll: ops } ] }
    timeout: 30
    remainders: [50%]
  - name: L1
    approvers: { any_of: [ { role: ops, group: ops } ], all_of: [ { role: ops } ] }
    timeout: 30m
    reminders: [45m, 100%, 50%]
    on_timeout: aprove
escalate_when: { rejections_at_least: 2, start_level: [ { risk_at_least: 161, level: L3 } ] }
rejektion: veto
`;
    expect(findings(text)).toEqual([
      'error unknown_value 1:13 apiVersion',
      'error wrong_type 3:17 metadata.id',
      'error unknown_field 3:24 metadata.onwer',
      'error unknown_field 6:30 levels[0].approvers.any_of[0].roll',
      'error wrong_type 7:14 levels[0].timeout',
      'error unknown_field 8:5 levels[0].remainders',
      'error wrong_type 10:16 levels[1].approvers',
      'error reminder_too_late 12:17 levels[1].reminders[0]',
      'error reminder_too_late 12:22 levels[1].reminders[1]',
      'error unknown_value 13:17 levels[1].on_timeout',
      'error needs_rejection_rule 14:39 escalate_when.rejections_at_least',
      'error wrong_type 14:74 escalate_when.start_level[0].risk_at_least',
      'error unknown_level 14:86 escalate_when.start_level[0].level',
      'error unknown_field 15:1 rejektion',
    ]);
  });
});
