import { loadChain } from '../contract/chains/load';
import type { ChainDefinition } from '../core/escalation/chain';
import type { StoredChain } from './chain-ports';

/**
 * The chain that a stored text means. It loaded when it was published; one that does not now stops whoever
 * needs it, for no decision may be made without it.
 *
 * @throws Error
 */
export function definitionOf({
  id,
  version,
  text,
}: Pick<StoredChain, 'id' | 'version' | 'text'>): ChainDefinition {
  const loaded = loadChain(text, { id, lists: 'any' });
  if (!loaded.ok) throw new Error(`chain ${id} version ${String(version)} no longer loads`);
  return { ...loaded.definition, version };
}
