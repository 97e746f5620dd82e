import type { AgentProfile } from '../policy/model';
import { REVERSIBILITIES, type Reversibility } from './model';

const isReversibility = (value: unknown): value is Reversibility =>
  REVERSIBILITIES.some((known) => known === value);

/** Of what was registered about tools, by name, the part that a score reads. Whatever else it holds is left out. */
export function toolProfile(registered: unknown): Pick<AgentProfile, 'tools'> {
  if (typeof registered !== 'object' || registered === null) return {};
  const known = Object.entries(registered as Readonly<Record<string, unknown>>).flatMap(
    ([name, about]) => {
      const { reversibility } = (about ?? {}) as { readonly reversibility?: unknown };
      return isReversibility(reversibility) ? [[name, { reversibility }] as const] : [];
    },
  );
  return known.length === 0 ? {} : { tools: Object.fromEntries(known) };
}

/** The profile with no other tool than the one asked for: a decision is replayed with that one alone. */
export function withToolOf(profile: AgentProfile, action: string): AgentProfile {
  const { tools, ...rest } = profile;
  const tool = tools !== undefined && Object.hasOwn(tools, action) ? tools[action] : undefined;
  return tool === undefined ? rest : { ...rest, tools: { [action]: tool } };
}
