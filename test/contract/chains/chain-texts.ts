import { loadChain, type ChainLoadOptions } from '../../../src/contract/chains/load';
import type { ChainContent } from '../../../src/contract/chains/document';
import type { Diagnostic } from '../../../src/contract/policy/diagnostic';
import { createRegexCompiler } from '../../../src/facts/regex-compiler';
import { createZoneClock } from '../../../src/facts/zone-clock';

export const OPTIONS: ChainLoadOptions = {
  lists: new Set(['customer_domains']),
  compilers: { regex: createRegexCompiler(), zones: createZoneClock() },
};

/** Every part of the notation in one document. */
export const FULL_CHAIN = `apiVersion: countersign/v1
kind: ApprovalChain
metadata: { id: high-risk, description: Large payments, owner: security@acme.com, labels: { a: b } }
levels:
  - name: L1
    approvers: { any_of: [ { role: ops-approver }, { user: eve@acme.com }, { on_call: payments } ] }
    quorum: 1
    timeout: 30m
    reminders: [80%, 15m]
    on_timeout: escalate
  - name: L2
    approvers: { all_of: [ { group: finance, quorum: 2 }, { manager_of: requester } ] }
    timeout: 1h30m
    when: { field: args.amount, greater_than: 10000 }
on_final_timeout: reject
escalate_when:
  risk_at_least: 81
  rejections_at_least: 2
  start_level: [ { risk_at_least: 61, level: L2 } ]
rejection: escalate
rationale: { approve: required, reject: required, min_length: 10 }
separation: { requester: exclude, agent_owner: exclude, distinct_across_levels: true }
on_empty_approvers: next_level
assurance: [ { risk_at_least: 61, require: linked } ]
auto:
  - { when: { outside: "09:00-17:00 America/New_York" }, then: reject }
business_hours: { timezone: Europe/Berlin, clock: "09:00-18:00 mon-fri" }
notify_on:
  approved: [ { group: finance } ]
  rejected: [ { owner_of: agent } ]
  expired: [ { channel: "#ops" } ]
valid_for: 2h
`;

const HEAD = 'apiVersion: countersign/v1\nkind: ApprovalChain\nmetadata: { id: c }\n';

/** A chain of these levels, as flow maps, and further lines. */
export const chainText = (levels: readonly string[], rest = ''): string =>
  `${HEAD}levels:\n${levels.map((level) => `  - ${level}\n`).join('')}${rest}`;

/** A level that asks the role `approver` for an hour. */
export const level = (rest = ''): string =>
  `{ approvers: { any_of: [ { role: approver } ] }, timeout: 1h${rest === '' ? '' : `, ${rest}`} }`;

/** The definition, or a failed test that shows the problems. */
export function loaded(text: string, options: ChainLoadOptions = OPTIONS): ChainContent {
  const result = loadChain(text, options);
  if (!result.ok) throw new Error(result.problems.map(brief).join('\n'));
  return result.definition;
}

/** Every finding as `severity code line:column path`. */
export function findings(text: string, options: ChainLoadOptions = OPTIONS): readonly string[] {
  const result = loadChain(text, options);
  return (result.ok ? result.warnings : result.problems).map(brief);
}

const brief = ({ severity, code, line, column, path }: Diagnostic): string =>
  `${severity} ${code} ${String(line)}:${String(column)} ${path}`.trim();
