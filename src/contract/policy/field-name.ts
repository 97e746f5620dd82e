import { AGENT_FIELDS, FACT_FIELDS, TIME_FIELDS } from '../../core/policy/field';
import type { ConditionScope } from './document-scope';
import { guessed, notAvailable, withGuess, type Slot } from './read';
import { shown } from './source-tree';

const FIELD = /^[A-Za-z_$][\w$-]{0,63}(\.[\w$-]{1,64}){0,15}$/;
const OPEN_ROOTS = ['args', 'context'];
const CLOSED_ROOTS: Readonly<Record<string, readonly string[]>> = {
  agent: AGENT_FIELDS,
  action: ['name'],
  time: TIME_FIELDS,
  ...FACT_FIELDS,
};
const LATER_ROOTS = ['history', 'risk', 'pii', 'phi', 'pan', 'cost'];
/** Bare names that every request has. */
const ALWAYS_PRESENT = ['risk_level', 'action', 'tool_name', 'environment'];

/** Reports a field that can never be there; whether it may be used. */
export function checkField(
  slot: Slot,
  field: string,
  optional: boolean,
  scope: ConditionScope,
): boolean {
  const { node, path, diagnostics } = slot;
  if (!FIELD.test(field)) {
    diagnostics.error('wrong_type', node, path, 'expected a field such as `args.amount`');
    return false;
  }
  const [root = '', ...rest] = field.split('.');
  if (rest.length === 0) return checkBareName(slot, field, optional, scope);
  if (LATER_ROOTS.includes(root)) {
    notAvailable(node, path, field, diagnostics);
    return false;
  }
  const members = Object.hasOwn(CLOSED_ROOTS, root) ? CLOSED_ROOTS[root] : undefined;
  if (OPEN_ROOTS.includes(root)) {
    warnOfMissing(slot, field, optional, scope);
    return true;
  }
  if (members?.includes(rest.join('.')) === true) return true;
  const valid = [...Object.entries(CLOSED_ROOTS)].flatMap(([name, names]) =>
    names.map((member) => `${name}.${member}`),
  );
  const openGuess = guessed(diagnostics, root, OPEN_ROOTS);
  const nearest =
    guessed(diagnostics, field, valid) ??
    `${openGuess ?? 'args'}.${(openGuess === undefined ? [root, ...rest] : rest).join('.')}`;
  diagnostics.error(
    'unknown_field',
    node,
    path,
    withGuess(`unknown field \`${shown(field)}\``, nearest),
    nearest,
  );
  return false;
}

function checkBareName(
  slot: Slot,
  name: string,
  optional: boolean,
  scope: ConditionScope,
): boolean {
  const { node, path, diagnostics } = slot;
  if ([...OPEN_ROOTS, ...LATER_ROOTS].includes(name) || Object.hasOwn(CLOSED_ROOTS, name)) {
    if (name === 'action') return true;
    diagnostics.error(
      'unknown_field',
      node,
      path,
      `\`${name}\` is a group of fields, name one of them`,
    );
    return false;
  }
  if (ALWAYS_PRESENT.includes(name)) return true;
  if ((AGENT_FIELDS as readonly string[]).includes(name)) {
    const message = `\`${name}\` means the request's value and the registered one; where they differ the stricter reading counts`;
    diagnostics.warning('ambiguous_field', node, path, message, `agent.${name}`);
  }
  warnOfMissing(slot, name, optional, scope);
  return true;
}

function warnOfMissing(
  slot: Slot,
  field: string,
  optional: boolean,
  { notation }: ConditionScope,
): void {
  if (notation !== 'business' || optional) return;
  const message = `a request without \`${shown(field)}\` does not match`;
  slot.diagnostics.warning('missing_does_not_match', slot.node, slot.path, message);
}
