import { join } from 'node:path';
import { HASH_BYTES, base64Of, bytesOfBase64 } from '../core/audit/bytes';
import type { TreeHead } from '../core/audit/verify';
import { ensurePrivateDir, fileRefused, readPrivateFile, replacePrivateFile } from './key-files';

/**
 * `older`: a smaller tree than remembered, nothing stored. `conflict`: another root of the same
 * size, nothing stored.
 */
export type Remembered = 'remembered' | 'unchanged' | 'older' | 'conflict';

export interface TrustStore {
  /**
   * The tree head this verifier believed last; throws `configuration_error` when its file is
   * unreadable.
   */
  readonly read: (origin: string) => TreeHead | undefined;
  /** Stores a newer tree head. The caller has verified that it extends the one remembered. */
  readonly remember: (origin: string, head: TreeHead) => Remembered;
}

/** The verifier's memory: one small file an origin in `dir`, kept apart from the log it judges. */
export function createTrustStore(dir: string): TrustStore {
  const pathOf = (origin: string): string => join(dir, `${encodeURIComponent(origin)}.json`);
  const read: TrustStore['read'] = (origin) => readHead(pathOf(origin), origin);
  return {
    read,
    remember: (origin, head) => {
      const before = read(origin);
      if (before !== undefined && head.size <= before.size) {
        if (head.size < before.size) return 'older';
        return base64Of(head.root) === base64Of(before.root) ? 'unchanged' : 'conflict';
      }
      ensurePrivateDir(dir);
      const content = { origin, size: head.size, root: base64Of(head.root) };
      replacePrivateFile(pathOf(origin), `${JSON.stringify(content)}\n`);
      return 'remembered';
    },
  };
}

/** A damaged memory must not pass for none: a cut log would then read as whole. */
function readHead(path: string, origin: string): TreeHead | undefined {
  const read = readPrivateFile(path, 0o022);
  if ('missing' in read) return undefined;
  const head = parseHead(read.content, origin);
  if (head !== undefined) return head;
  throw fileRefused(
    `${path} does not hold a remembered checkpoint of ${origin}.`,
    'Restore it from a backup, or remove it to start anew without the protection it gave.',
  );
}

function parseHead(text: string, origin: string): TreeHead | undefined {
  try {
    const parsed = JSON.parse(text) as { readonly [key: string]: unknown } | null;
    const { size, root: encoded, origin: stored } = parsed ?? {};
    const root = bytesOfBase64(typeof encoded === 'string' ? encoded : '');
    const isSize = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
    if (stored !== origin || !isSize || root?.length !== HASH_BYTES) return undefined;
    return { size, root };
  } catch {
    return undefined;
  }
}
