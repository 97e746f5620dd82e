import { DomainError } from '../core/errors';
import { DEFAULT_TENANT, systemPrincipal, userPrincipal } from '../core/ids';
import { SYSTEM_ACTOR } from './audit-records';
import { makeCredential, type DirectoryDeps } from './directory';
import type { CredentialLookup, SnapshotSource } from './ports';

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

/**
 * First start: user `admin` with role Admin and a key, and the environment's default bundle. Idempotent, also
 * between processes that start at once; a chosen key that is new later is added, never replaced.
 */
export function createBootstrap(deps: BootstrapDeps) {
  return async (input: BootstrapInput): Promise<Bootstrapped> => {
    const encoder = new TextEncoder();
    const chosen = input.adminKey;
    const known =
      chosen === undefined
        ? undefined
        : await deps.lookup.find(deps.crypto.sha256(encoder.encode(chosen)));
    if (known !== undefined && known.tenant !== DEFAULT_TENANT) {
      throw new DomainError('configuration_error', {
        what: 'COUNTERSIGN_BOOTSTRAP_ADMIN_KEY belongs to another tenant.',
      });
    }
    const made = makeCredential(
      deps,
      {
        principal: userPrincipal('admin'),
        enrolledBy: systemPrincipal('bootstrap'),
        label: 'bootstrap',
      },
      chosen,
    );
    const result = await deps.committer.commit(DEFAULT_TENANT, {
      lane: 'exclusive',
      work: async (tx) => {
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
          tx.audit({
            type: 'role.granted',
            actor: SYSTEM_ACTOR,
            target,
            context: { role: 'Admin' },
          });
        }
        const needsKey = created || (chosen !== undefined && known === undefined);
        if (needsKey && (await tx.registry.insertCredential(made.credential))) {
          tx.audit({
            type: 'key.issued',
            actor: SYSTEM_ACTOR,
            target: { kind: 'credential', id: made.credential.id },
            context: { holder: 'user:admin', assurance: 'issued' },
          });
        }
        if (created) {
          const digest = Buffer.from(
            deps.crypto.sha256(encoder.encode(input.bundle.text)),
          ).toString('hex');
          await tx.registry.insertPolicyVersion({
            ...input.bundle,
            format: 'canonical',
            digest,
            author: systemPrincipal('bootstrap'),
            publish: true,
            bundle: true,
          });
          tx.audit({
            type: 'policy.published',
            actor: SYSTEM_ACTOR,
            target: { kind: 'policy', id: input.bundle.id },
            outcome: 'published',
            context: { version: 1, digest, bundle: true },
          });
          tx.bumpEpoch();
        }
        return { created };
      },
    });
    deps.snapshots.invalidate(DEFAULT_TENANT);
    return result.created && chosen === undefined ? { madeKey: made.key } : {};
  };
}
