import type { Caller } from '../../src/app/caller';
import { tenantId } from '../../src/core/ids';
import type { TestInstallation } from './installation';

export const SECOND_TENANT = tenantId('second');

/** A second tenant with its own administrator, made by SQL as long as no use case makes tenants. */
export async function createSecondTenant(installation: TestInstallation): Promise<Caller> {
  const key = 'cs_dev_second_tenant_administrator';
  const hash = Buffer.from(installation.crypto.sha256(new TextEncoder().encode(key)));
  for (const [text, values] of [
    [`INSERT INTO tenants (id, name) VALUES ($1, 'Second')`, []],
    ['INSERT INTO tenant_heads (tenant) VALUES ($1)', []],
    [
      `INSERT INTO principals (tenant, id, kind, name) VALUES ($1, 'user:admin', 'user', 'Admin')`,
      [],
    ],
    [
      `INSERT INTO role_bindings (tenant, principal, kind, role)
       VALUES ($1, 'user:admin', 'role', 'Admin'), ($1, 'user:admin', 'approver', 'support-manager')`,
      [],
    ],
    [
      `INSERT INTO credentials (id, hash, tenant, principal, enrolled_by, assurance)
       VALUES ('second-admin', $2, $1, 'user:admin', 'system:test', 'issued')`,
      [hash],
    ],
  ] as const)
    await installation.sql(text, [SECOND_TENANT, ...values]);
  return installation.core.useCases.authenticate(key, '127.0.0.1');
}
