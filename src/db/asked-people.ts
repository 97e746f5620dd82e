/**
 * SQL, true for a person whom some chain may ask other than by a role: a member of a group, anybody of an on-call
 * schedule, a manager, the owner of an agent, or a user whom a chain in force names. It only opens the door to
 * approvals: each vote is judged by who stands behind the open level. Both arguments are column names.
 */
export const isAsked = (tenant: string, principal: string): string => `(
  EXISTS (SELECT 1 FROM group_members m WHERE m.tenant = ${tenant} AND m.principal = ${principal})
  OR EXISTS (SELECT 1 FROM on_call_shifts s WHERE s.tenant = ${tenant} AND s.principal = ${principal})
  OR EXISTS (SELECT 1 FROM principals r WHERE r.tenant = ${tenant} AND 'user:' || r.manager = ${principal})
  OR EXISTS (SELECT 1 FROM agents a JOIN principals o ON o.tenant = a.tenant AND o.id = ${principal}
              WHERE a.tenant = ${tenant} AND lower(a.owner) IN (lower(substr(o.id, 6)), lower(o.email)))
  OR EXISTS (SELECT 1 FROM approval_chain_heads h JOIN approval_chains k USING (tenant, id, version)
              WHERE h.tenant = ${tenant} AND k.content ~ ('user["'']?\\s*:\\s*["'']?'
                    || regexp_replace(substr(${principal}, 6), '([.+])', '\\\\\\1', 'g') || '(["''\\s,}]|$)')))`;
