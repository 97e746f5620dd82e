import { DomainError } from '../core/errors';
import { DEFAULT_TENANT, systemPrincipal, userPrincipal } from '../core/ids';
import { SYSTEM_ACTOR } from './audit-records';
import type { NewCredential, Tx } from './commit-ports';
import { makeCredential, type DirectoryDeps } from './directory';
import type { SnapshotSource } from './ports';
import type { CredentialLookup } from './read-ports';

export interface BootstrapDeps extends DirectoryDeps {
  readonly lookup: CredentialLookup;
  readonly snapshots: SnapshotSource;
}

export interface BootstrapInput {
  /** The key an operator chose, or undefined to make one. */
  readonly adminKey?: string;
  readonly bundle: { readonly id: string; readonly text: string };
}

export interface Bootstrapped {
  /** Set once, when a key was made here and must be shown. */
  readonly madeKey?: string;
}

async function ensureAdmin(
  tx: Tx,
  credential: NewCredential,
  chosenIsNew: boolean,
): Promise<boolean> {
  const created = await tx.registry.insertUser({
    id: 'admin',
    email: '',
    name: 'Administrator',
    roles: ['Admin'],
    approverRoles: [],
  });
  if (created) {
    const target = { kind: 'user', id: userPrincipal('admin') };
    tx.audit({ type: 'user.created', actor: SYSTEM_ACTOR, target });
    tx.audit({ type: 'role.granted', actor: SYSTEM_ACTOR, target, context: { role: 'Admin' } });
  }
  if ((created || chosenIsNew) && (await tx.registry.insertCredential(credential))) {
    const context = { holder: credential.principal, assurance: credential.assurance };
    tx.audit({
      type: 'key.issued',
      actor: SYSTEM_ACTOR,
      target: { kind: 'credential', id: credential.id },
      context,
    });
  }
  return created;
}

async function installBundle(
  tx: Tx,
  bundle: BootstrapInput['bundle'],
  digest: string,
): Promise<void> {
  const author = systemPrincipal('bootstrap');
  await tx.registry.insertPolicyVersion({
    ...bundle,
    format: 'canonical',
    digest,
    author,
    publish: true,
    bundle: true,
  });
  tx.audit({
    type: 'policy.published',
    actor: SYSTEM_ACTOR,
    target: { kind: 'policy', id: bundle.id },
    outcome: 'published',
    context: { version: 1, digest, bundle: true },
  });
  tx.bumpEpoch();
}

/**
 * First start: user `admin` with role Admin and a key, and the environment's default bundle. Idempotent, also
 * between processes that start at once; a chosen key that is new later is added, never replaced.
 */
export function createBootstrap(deps: BootstrapDeps) {
  const hexDigest = (text: string): string =>
    Buffer.from(deps.crypto.sha256(new TextEncoder().encode(text))).toString('hex');
  return async (input: BootstrapInput): Promise<Bootstrapped> => {
    const chosen = input.adminKey;
    const known =
      chosen === undefined
        ? undefined
        : await deps.lookup.find(Buffer.from(hexDigest(chosen), 'hex'));
    if (known !== undefined && known.tenant !== DEFAULT_TENANT) {
      throw new DomainError('configuration_error', {
        what: 'COUNTERSIGN_BOOTSTRAP_ADMIN_KEY belongs to another tenant.',
      });
    }
    const holder = {
      principal: userPrincipal('admin'),
      enrolledBy: systemPrincipal('bootstrap'),
      label: 'bootstrap',
    };
    const made = makeCredential(deps, holder, chosen);
    const created = await deps.committer.commit(DEFAULT_TENANT, {
      lane: 'exclusive',
      work: async (tx) => {
        const isNew = await ensureAdmin(
          tx,
          made.credential,
          chosen !== undefined && known === undefined,
        );
        if (isNew) await installBundle(tx, input.bundle, hexDigest(input.bundle.text));
        return isNew;
      },
    });
    deps.snapshots.invalidate(DEFAULT_TENANT);
    return created && chosen === undefined ? { madeKey: made.key } : {};
  };
}
