import { chainText, findings, level, OPTIONS } from './chain-texts';

const withLevel = (fields: string): string => chainText([`{ ${fields} }`]);
const asks = (approvers: string): string => withLevel(`approvers: ${approvers}, timeout: 1h`);
const rest = (text: string): string => chainText([level(), level()], `${text}\n`);

describe('what a chain may not say', () => {
  it.each([
    ['nothing', '', 'unknown_notation'],
    ['no map', '- a', 'wrong_type'],
    ['two documents', `${rest('')}---\n${rest('')}`, 'unknown_notation'],
    ['another kind', rest('').replace('ApprovalChain', 'Policy'), 'unknown_value'],
    ['no id', rest('').replace('{ id: c }', '{ owner: x }'), 'missing_field'],
    ['an id that needs escaping', rest('').replace('id: c', 'id: "a/b"'), 'wrong_type'],
    [
      'no levels',
      'apiVersion: countersign/v1\nkind: ApprovalChain\nmetadata: { id: c }\n',
      'missing_field',
    ],
    ['an empty list of levels', chainText([]).replace('levels:', 'levels: []'), 'wrong_type'],
    ['21 levels', chainText(Array<string>(21).fill(level())), 'wrong_type'],
    ['two levels of one name', chainText([level('name: A'), level('name: A')]), 'duplicate_level'],
    [
      "a level whose given name is the next one's",
      chainText([level('name: L2'), level()]),
      'duplicate_level',
    ],
    [
      'a name with markup',
      withLevel('name: "<b>", approvers: { any_of: [ { role: a } ] }, timeout: 1h'),
      'wrong_type',
    ],
    ['no timer', withLevel('approvers: { any_of: [ { role: a } ] }'), 'missing_field'],
    ['a timer without a unit', chainText([level().replace('1h', '60')]), 'wrong_type'],
    ['a timer of nothing', chainText([level().replace('1h', '0m')]), 'wrong_type'],
    ['a timer of ages', chainText([level().replace('1h', '999d')]), 'wrong_type'],
    ['a negative timer', chainText([level().replace('1h', '-5m')]), 'wrong_type'],
    ['a reminder at its end', chainText([level('reminders: [100%]')]), 'reminder_too_late'],
    ['a reminder beyond its end', chainText([level('reminders: [61m]')]), 'reminder_too_late'],
    ['a reminder at its start', chainText([level('reminders: [0%]')]), 'wrong_type'],
    [
      'eleven reminders',
      chainText([level(`reminders: [${Array(11).fill('50%').join(', ')}]`)]),
      'wrong_type',
    ],
    ['nobody', asks('{ any_of: [] }'), 'wrong_type'],
    ['neither any_of nor all_of', asks('{}'), 'wrong_type'],
    ['a list without any_of', asks('[ { role: a } ]'), 'wrong_type'],
    ['an empty entry', asks('{ any_of: [ {} ] }'), 'wrong_type'],
    [
      'a quorum of an entry of any_of',
      asks('{ any_of: [ { role: a, quorum: 2 } ] }'),
      'unknown_field',
    ],
    ['an entry of nothing but a quorum', asks('{ all_of: [ { quorum: 2 } ] }'), 'wrong_type'],
    [
      'a quorum of the level beside all_of',
      withLevel('approvers: { all_of: [ { role: a } ] }, quorum: 2, timeout: 1h'),
      'wrong_type',
    ],
    [
      'a quorum of nobody',
      withLevel('approvers: { any_of: [ { role: a } ] }, quorum: 0, timeout: 1h'),
      'wrong_type',
    ],
    [
      'half a person',
      withLevel('approvers: { any_of: [ { role: a } ] }, quorum: 1.5, timeout: 1h'),
      'wrong_type',
    ],
    ['a manager of somebody else', asks('{ any_of: [ { manager_of: agent } ] }'), 'unknown_value'],
    ['an owner of somebody else', asks('{ any_of: [ { owner_of: requester } ] }'), 'unknown_value'],
    [
      'too many approvers',
      asks(`{ any_of: [ ${Array(51).fill('{ role: a }').join(', ')} ] }`),
      'wrong_type',
    ],
    [
      'a condition on what is not there',
      chainText([level('when: { field: arg.amount, equals: 1 }')]),
      'unknown_field',
    ],
    [
      'a condition on a list that is not there',
      chainText([level('when: { field: args.to, in: others }')]),
      'unknown_list',
    ],
    [
      'a pattern that does not compile',
      chainText([level('when: { field: args.to, matches: "(" }')]),
      'invalid_pattern',
    ],
    [
      'rejections counted under a veto',
      rest('escalate_when: { rejections_at_least: 2 }'),
      'needs_rejection_rule',
    ],
    [
      'a start at no level',
      rest('escalate_when: { start_level: [ { risk_at_least: 1, level: L9 } ] }'),
      'unknown_level',
    ],
    [
      'a start at level 3 of 2',
      rest('escalate_when: { start_level: [ { risk_at_least: 1, level: 3 } ] }'),
      'unknown_level',
    ],
    ['a risk over 100', rest('escalate_when: { risk_at_least: 101 }'), 'wrong_type'],
    [
      'a risk that is no whole number',
      rest('escalate_when: { risk_at_least: 80.5 }'),
      'wrong_type',
    ],
    ['an unknown rejection rule', rest('rejection: vetto'), 'wrong_type'],
    ['a rejection quorum of none', rest('rejection: "quorum: 0"'), 'wrong_type'],
    ['a rejection map of nothing', rest('rejection: {}'), 'missing_field'],
    ['a requester who decides', rest('separation: { requester: allow }'), 'requester_decides'],
    ['a reason of no length', rest('rationale: { min_length: 0 }'), 'wrong_type'],
    ['a reason needed sometimes', rest('rationale: { approve: sometimes }'), 'unknown_value'],
    ['an assurance of nothing', rest('assurance: [ { risk_at_least: 5 } ]'), 'wrong_type'],
    ['an unknown assurance', rest('assurance: [ { require: passkey } ]'), 'unknown_value'],
    ['an automatic outcome always', rest('auto: [ { when: {}, then: reject } ]'), 'wrong_type'],
    ['an automatic outcome without a rule', rest('auto: [ { then: reject } ]'), 'missing_field'],
    [
      'an hour that is none',
      rest('auto: [ { when: { outside: "25:00-26:00" }, then: reject } ]'),
      'invalid_time_window',
    ],
    [
      'business hours of no zone',
      rest('business_hours: { timezone: Mars/Base, clock: "09:00-18:00" }'),
      'unknown_zone',
    ],
    [
      'business hours of no hours',
      rest('business_hours: { timezone: UTC, clock: "mon-fri" }'),
      'invalid_time_window',
    ],
    [
      'business hours of two zones',
      rest('business_hours: { timezone: UTC, clock: "09:00-18:00 EST" }'),
      'invalid_time_window',
    ],
    ['news for nobody', rest('notify_on: { approved: [ {} ] }'), 'wrong_type'],
    [
      'news for people and a channel at once',
      rest('notify_on: { approved: [ { channel: x, role: a } ] }'),
      'wrong_type',
    ],
    [
      'a channel with blanks',
      rest('notify_on: { approved: [ { channel: "# ops" } ] }'),
      'wrong_type',
    ],
    ['news of something else', rest('notify_on: { cancelled: [ { role: a } ] }'), 'unknown_field'],
    ['an unknown field', rest('levells: []'), 'unknown_field'],
    ['a grant without an end', rest('standing_grants: { max_ttl: forever }'), 'wrong_type'],
    ['a repeated key', rest('advance: each_level\nadvance: on_escalation'), 'duplicate_key'],
    ['an alias', rest('rationale: &a { approve: required }\nseparation: *a'), 'syntax'],
    [
      'a number that is too large',
      rest('escalate_when: { risk_at_least: 99999999999999999999 }'),
      'number_range',
    ],
  ])('%s', (_name, text, code) => {
    expect(findings(text).join('\n')).toContain(`error ${code} `);
  });

  it('is no other id than the one it is sent under', () => {
    expect(findings(chainText([level()]), { ...OPTIONS, id: 'd' })).toEqual([
      'error id_mismatch 3:17 metadata.id',
    ]);
    expect(findings(chainText([level()]), { ...OPTIONS, id: 'c' })).toEqual([]);
  });
});
