import { chainText, findings, level, OPTIONS } from './chain-texts';

const two = (first: string, second = '', rest = ''): string =>
  chainText([level(first), level(second)], rest);

describe('lint of chains', () => {
  it.each<[string, string, readonly string[]]>([
    ['a chain with nothing to say about', two('reminders: [50%]'), []],
    [
      'a level whose silence approves',
      chainText([level('on_timeout: approve')]),
      ['warning silent_approve 5:79 levels[0].on_timeout'],
    ],
    [
      'a last level whose silence approves',
      chainText([level()], 'on_final_timeout: approve\n'),
      ['warning silent_approve 6:19 on_final_timeout'],
    ],
    [
      'a rule that approves without asking',
      chainText([level()], 'auto: [ { when: { risk_at_most: 30 }, then: approve } ]\n'),
      ['warning silent_approve 6:45 auto[0].then'],
    ],
    [
      'a rule that rejects without asking',
      chainText([level()], 'auto: [ { when: { risk_at_least: 90 }, then: reject } ]\n'),
      [],
    ],
    [
      'a level that only a person can reach',
      two('on_timeout: reject'),
      ['warning unreachable_level 6:5 levels[1]'],
    ],
    [
      'one reached by an approval in order',
      two('on_timeout: reject', '', 'advance: each_level\n'),
      [],
    ],
    ['one reached by a rejection', two('on_timeout: reject', '', 'rejection: escalate\n'), []],
    [
      'one reached by counted rejections',
      two(
        'on_timeout: reject',
        '',
        'rejection: "quorum: 3"\nescalate_when: { rejections_at_least: 2 }\n',
      ),
      [],
    ],
    [
      'one reached by risk',
      two('on_timeout: reject', '', 'escalate_when: { risk_at_least: 81 }\n'),
      [],
    ],
    [
      'one that is the start from some risk on',
      two(
        'on_timeout: reject',
        '',
        'escalate_when: { start_level: { risk_at_least: 61, level: L2 } }\n',
      ),
      [],
    ],
    [
      'one behind a level that may be skipped',
      two('on_timeout: reject, when: { field: args.amount, greater_than: 5 }'),
      [],
    ],
    [
      'one behind a level that nothing reaches',
      chainText([level('on_timeout: reject'), level(), level()]),
      ['warning unreachable_level 6:5 levels[1]', 'warning unreachable_level 7:5 levels[2]'],
    ],
    [
      'one below a start at every risk',
      two('', '', 'escalate_when: { start_level: [ { risk_at_least: 0, level: L2 } ] }\n'),
      ['warning unreachable_level 5:5 levels[0]'],
    ],
    [
      'a level of over a week',
      chainText(['{ approvers: { any_of: [ { role: a } ] }, timeout: 8d }']),
      ['warning long_timer 5:56 levels[0].timeout'],
    ],
    [
      'a ladder of over a week',
      chainText(Array(3).fill('{ approvers: { any_of: [ { role: a } ] }, timeout: 3d }')),
      ['warning long_timer 5:3 levels'],
    ],
    [
      'more named people asked than there are',
      chainText([
        '{ approvers: { any_of: [ { user: ann }, { user: ann }, { manager_of: requester } ] }, quorum: 3, timeout: 1h }',
      ]),
      ['warning quorum_too_large 5:99 levels[0].quorum'],
    ],
    [
      'as many named people asked as there are',
      chainText([
        '{ approvers: { any_of: [ { user: ann }, { user: bob } ] }, quorum: 2, timeout: 1h }',
      ]),
      [],
    ],
    [
      'a quorum of one entry of several',
      chainText([
        '{ approvers: { all_of: [ { role: a }, { user: ann, quorum: 2 } ] }, timeout: 1h }',
      ]),
      ['warning quorum_too_large 5:64 levels[0].approvers.all_of[1].quorum'],
    ],
    [
      'the owner asked and kept out',
      chainText(['{ approvers: { any_of: [ { role: a }, { owner_of: agent } ] }, timeout: 1h }']),
      ['warning excluded_approver 5:43 levels[0].approvers.any_of[1]'],
    ],
    [
      'the owner asked and let in',
      chainText(
        ['{ approvers: { any_of: [ { owner_of: agent } ] }, timeout: 1h }'],
        'separation: { agent_owner: allow }\n',
      ),
      ['warning weak_separation 6:28 separation.agent_owner'],
    ],
    [
      'votes without a reason',
      chainText([level()], 'rationale: { approve: optional, reject: optional }\n'),
      [
        'warning optional_rationale 6:23 rationale.approve',
        'warning optional_rationale 6:41 rationale.reject',
      ],
    ],
    [
      'logins and surfaces that do not exist',
      chainText(
        [level()],
        'assurance: [ { risk_at_least: 81, require: webauthn }, { require: oidc }, { surface: dashboard }, { require: linked } ]\n',
      ),
      [
        'warning out_of_reach 6:44 assurance[0].require',
        'warning out_of_reach 6:67 assurance[1].require',
        'warning out_of_reach 6:86 assurance[2].surface',
      ],
    ],
    [
      'parts that nothing applies yet',
      chainText(
        [level()],
        'standing_grants: { allowed: true, max_ttl: 8h, max_uses: 20 }\nbreak_glass: { groups: [ic], notify: all_skipped, review_within: 24h }\n',
      ),
      ['warning not_in_force 6:18 standing_grants', 'warning not_in_force 7:14 break_glass'],
    ],
    [
      'a final rule that never comes to count',
      chainText([level('on_timeout: park')], 'on_final_timeout: park\n'),
      ['warning no_effect 6:19 on_final_timeout'],
    ],
    [
      'rejections counted beyond the end',
      two('', '', 'rejection: { quorum: 2 }\nescalate_when: { rejections_at_least: 2 }\n'),
      ['warning no_effect 8:39 escalate_when.rejections_at_least'],
    ],
    [
      'passing upward where there is no upward',
      chainText(
        [level()],
        'rejection: "quorum: 3"\nescalate_when: { risk_at_least: 61, rejections_at_least: 2 }\n',
      ),
      [
        'warning no_effect 7:33 escalate_when.risk_at_least',
        'warning no_effect 7:58 escalate_when.rejections_at_least',
      ],
    ],
    [
      'rejections counted at the only level, where so many end it',
      chainText([level()], 'rejection: escalate\nescalate_when: { rejections_at_least: 2 }\n'),
      [],
    ],
    [
      'risk that opens levels which open anyway',
      two('', '', 'advance: each_level\nescalate_when: { risk_at_least: 61 }\n'),
      ['warning no_effect 8:33 escalate_when.risk_at_least'],
    ],
    [
      'a zone that is one offset all year',
      chainText([level()], 'business_hours: { timezone: EST, clock: "mon-fri 9am-5pm" }\n'),
      ['warning zone_abbreviation 6:29 business_hours.timezone'],
    ],
  ])('says what is to be said of %s', (_name, text, expected) => {
    expect(findings(text)).toEqual(expected);
  });

  it('says when only an empty level leads further, and that on_empty closes that too', () => {
    const text = two('on_timeout: reject', '', 'on_empty_approvers: reject\n');
    expect(findings(text)).toEqual(['warning unreachable_level 6:5 levels[1]']);
  });
});

describe('lint against the people there are', () => {
  const people = new Map<string, readonly string[]>([
    ['role:approver', ['user:ann']],
    ['role:nobody', []],
    ['group:two', ['user:ann', 'user:bob']],
    ['on_call:night', []],
    ['user:gone', []],
  ]);
  const asks = (approvers: string, quorum = 1): string =>
    chainText([
      `{ quorum: ${String(quorum)}, approvers: { any_of: [ ${approvers} ] }, timeout: 1h }`,
    ]);

  it.each<[string, number, readonly string[]]>([
    ['{ role: approver }', 1, []],
    ['{ role: nobody }', 1, ['warning empty_approvers 5:41 levels[0].approvers.any_of[0]']],
    [
      '{ role: approver }, { user: gone }',
      1,
      ['warning empty_approvers 5:61 levels[0].approvers.any_of[1]'],
    ],
    ['{ on_call: night }', 2, ['warning empty_approvers 5:41 levels[0].approvers.any_of[0]']],
    ['{ role: approver }, { group: two }', 2, []],
    ['{ role: approver }, { group: two }', 3, ['warning quorum_too_large 5:15 levels[0].quorum']],
    ['{ role: approver }, { manager_of: requester }', 2, []],
    ['{ role: not-looked-up }', 9, []],
  ])('of %s with quorum %s', (approvers, quorum, expected) => {
    expect(findings(asks(approvers, quorum), { ...OPTIONS, people })).toEqual(expected);
  });
});
