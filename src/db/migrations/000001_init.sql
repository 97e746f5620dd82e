-- Tenants, heads, directory, policies, executions, votes, payloads, audit chain, controls, outbox.
-- Every tenant-owned table has row-level security; cs_owner owns and never connects.

CREATE TABLE tenants (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The one row every state-changing transaction takes first. Two updates a transaction: keep pages half empty.
CREATE TABLE tenant_heads (
  tenant text PRIMARY KEY REFERENCES tenants (id),
  seq bigint NOT NULL DEFAULT 0,
  hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
  last_ts bigint NOT NULL DEFAULT 0,
  epoch bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 20);

CREATE TABLE principals (
  tenant text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('user', 'agent', 'system')),
  name text NOT NULL,
  email text,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleted')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id)
);

-- Two spellings of one person would count as two humans.
CREATE UNIQUE INDEX principals_one_spelling ON principals (tenant, lower(id));
CREATE UNIQUE INDEX principals_one_address ON principals (tenant, lower(email)) WHERE email <> '';

CREATE TABLE role_bindings (
  tenant text NOT NULL,
  principal text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('role', 'approver')),
  role text NOT NULL,
  PRIMARY KEY (tenant, principal, kind, role),
  FOREIGN KEY (tenant, principal) REFERENCES principals (tenant, id)
);
CREATE INDEX role_bindings_by_role ON role_bindings (tenant, kind, role);

CREATE TABLE credentials (
  id text PRIMARY KEY,
  hash bytea NOT NULL UNIQUE,
  tenant text NOT NULL,
  principal text NOT NULL,
  agent text,
  enrolled_by text NOT NULL,
  assurance text NOT NULL CHECK (assurance IN ('issued', 'linked', 'oidc', 'webauthn')),
  label text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX credentials_by_principal ON credentials (tenant, principal);

CREATE TABLE agents (
  tenant text NOT NULL,
  id text NOT NULL,
  owner text NOT NULL,
  name text NOT NULL,
  model text,
  team text,
  risk_level text NOT NULL CHECK (risk_level IN ('low', 'medium', 'high', 'critical')),
  environment text NOT NULL,
  environments text[] NOT NULL,
  tags text[] NOT NULL DEFAULT '{}',
  policies text[] NOT NULL DEFAULT '{}',
  tools jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'retired')),
  registered_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id)
);

-- Immutable versions; the head names the published one.
CREATE TABLE policy_sets (
  tenant text NOT NULL,
  id text NOT NULL,
  version integer NOT NULL,
  format text NOT NULL,
  content text NOT NULL,
  digest text NOT NULL,
  author text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id, version)
);
CREATE TABLE policy_heads (
  tenant text NOT NULL,
  id text NOT NULL,
  version integer NOT NULL,
  bundle boolean NOT NULL DEFAULT false,
  published_by text NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, id, version) REFERENCES policy_sets (tenant, id, version)
);
CREATE TABLE lists (
  tenant text NOT NULL,
  name text NOT NULL,
  values text[] NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, name)
);

-- Kill switches now; go-live, suspensions and throttles join this table.
CREATE TABLE controls (
  tenant text NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('kill_switch')),
  scope text NOT NULL,
  target text,
  reason text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  engaged_seq bigint NOT NULL,
  engaged_at bigint NOT NULL,
  engaged_by text NOT NULL,
  expires_at bigint,
  lifted_at bigint,
  lifted_by text,
  lift_reason text,
  PRIMARY KEY (tenant, id)
);

-- Times of an execution are milliseconds of the database clock, as its state machine reads them.
CREATE TABLE executions (
  tenant text NOT NULL,
  id uuid NOT NULL,
  agent text NOT NULL,
  action text NOT NULL,
  environment text NOT NULL,
  status text NOT NULL,
  version integer NOT NULL,
  state jsonb NOT NULL,
  decision jsonb NOT NULL,
  request jsonb NOT NULL,
  request_digest text NOT NULL,
  idempotency_key text,
  approval_id uuid,
  decided_seq bigint NOT NULL,
  decided_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  due_at bigint,
  start_pending boolean NOT NULL,
  PRIMARY KEY (tenant, id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX executions_by_key ON executions (tenant, agent, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX executions_start_pending ON executions (tenant, decided_at) WHERE start_pending;
CREATE UNIQUE INDEX executions_by_approval ON executions (tenant, approval_id) WHERE approval_id IS NOT NULL;
CREATE INDEX executions_due ON executions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX executions_pending ON executions (tenant, decided_seq) WHERE status IN ('pending_approval', 'parked', 'approved');

CREATE TABLE votes (
  tenant text NOT NULL,
  id uuid NOT NULL,
  execution uuid NOT NULL,
  principal text NOT NULL,
  level integer NOT NULL,
  verdict text NOT NULL,
  counted boolean NOT NULL,
  refusal text,
  assurance text NOT NULL,
  command_id text NOT NULL,
  at bigint NOT NULL,
  audit_seq bigint NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX votes_by_command ON votes (tenant, principal, command_id);
CREATE INDEX votes_by_execution ON votes (tenant, execution);

-- Arguments, context, facts, rationale: encrypted, one salted commitment each. Erasing nulls wrapped_key.
CREATE TABLE payloads (
  tenant text NOT NULL,
  execution uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  commitment bytea NOT NULL,
  wrapped_key bytea,
  ciphertext bytea NOT NULL,
  PRIMARY KEY (tenant, execution, id)
);

CREATE TABLE execution_histories (
  tenant text NOT NULL,
  execution uuid NOT NULL,
  history bytea NOT NULL,
  sha256 text NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, execution)
);

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  job jsonb NOT NULL,
  available_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts integer NOT NULL DEFAULT 0
);

-- The chain. header and body are the stored bytes that are hashed; the other columns are an index copy
-- that the verifier checks against them. Uniqueness of (tenant, seq) rests on the head lock.
CREATE TABLE audit_events (
  tenant text NOT NULL,
  seq bigint NOT NULL,
  ts timestamptz NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  agent text,
  execution uuid,
  action text,
  outcome text,
  header bytea NOT NULL,
  body bytea NOT NULL,
  leaf_hash bytea NOT NULL,
  PRIMARY KEY (tenant, seq, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX audit_events_by_execution ON audit_events (tenant, execution, seq) WHERE execution IS NOT NULL;

CREATE TABLE audit_checkpoints (
  tenant text NOT NULL,
  size bigint NOT NULL,
  note text NOT NULL,
  frontier bytea[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, size)
);

-- Facts that had to commit while the chain refused inserts (kill, deny, cancel); chained on recovery.
CREATE TABLE audit_backlog (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  event jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Guards: rows of the chain are written once. ENABLE ALWAYS also holds under replication roles.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are append-only (%)', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER append_only_rows;
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER append_only_table;
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON audit_checkpoints
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON audit_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_checkpoints ENABLE ALWAYS TRIGGER append_only_rows;
ALTER TABLE audit_checkpoints ENABLE ALWAYS TRIGGER append_only_table;

-- Makes this month's partition and those of the next `months_ahead`. No default partition: a row without a
-- place is refused, loudly, instead of landing where detaching becomes impossible.
CREATE FUNCTION ensure_audit_partitions(months_ahead integer) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first_day date;
  partition_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(7226117041);
  FOR month_offset IN -1..months_ahead LOOP
    first_day := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => month_offset))::date;
    partition_name := 'audit_events_' || to_char(first_day, 'YYYYMM');
    CONTINUE WHEN to_regclass('public.' || partition_name) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)', partition_name,
      first_day::text || ' 00:00:00+00', (first_day + interval '1 month')::date::text || ' 00:00:00+00');
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_rows', partition_name);
    EXECUTE format('CREATE TRIGGER append_only_table BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', partition_name);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_table', partition_name);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition_name);
  END LOOP;
END $$;
SELECT ensure_audit_partitions(3);

-- The one way to search the chain: runs as the owner and adds the session's tenant itself, because some
-- operators lose their index under row-level security.
CREATE FUNCTION search_audit(
  p_execution uuid, p_type text, p_before bigint, p_limit integer
) RETURNS TABLE (seq bigint, ts timestamptz, id uuid, type text, actor_kind text, actor_id text, agent text,
                 execution uuid, action text, outcome text, body bytea, leaf_hash bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.seq, e.ts, e.id, e.type, e.actor_kind, e.actor_id, e.agent, e.execution, e.action, e.outcome, e.body, e.leaf_hash
    FROM audit_events e
   WHERE e.tenant = current_setting('countersign.tenant')
     AND (p_execution IS NULL OR e.execution = p_execution)
     AND (p_type IS NULL OR e.type = p_type)
     AND (p_before IS NULL OR e.seq < p_before)
   ORDER BY e.seq DESC
   LIMIT least(p_limit, 500)
$$;

-- Row-level security: cs_app sees the tenant set in its transaction, cs_system sees all.
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['tenant_heads', 'principals', 'role_bindings', 'credentials', 'agents', 'policy_sets',
    'policy_heads', 'lists', 'controls', 'executions', 'votes', 'payloads', 'execution_histories', 'outbox',
    'audit_events', 'audit_checkpoints', 'audit_backlog']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_only ON %I TO cs_app USING (tenant = current_setting(''countersign.tenant'', true)) WITH CHECK (tenant = current_setting(''countersign.tenant'', true))', t);
    EXECUTE format('CREATE POLICY every_tenant ON %I TO cs_system USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO cs_app, cs_system', t);
  END LOOP;
END $$;
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON tenants TO cs_app USING (id = current_setting('countersign.tenant', true));
CREATE POLICY every_tenant ON tenants TO cs_system USING (true) WITH CHECK (true);
GRANT SELECT ON tenants TO cs_app;
GRANT SELECT, INSERT ON tenants TO cs_system;
GRANT UPDATE ON tenant_heads, executions, policy_heads, lists, controls, principals, credentials, agents, execution_histories TO cs_app, cs_system;
GRANT DELETE ON role_bindings, audit_backlog TO cs_app, cs_system;
GRANT UPDATE, DELETE ON outbox TO cs_app, cs_system;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO cs_app, cs_system;
REVOKE ALL ON FUNCTION ensure_audit_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_audit_partitions(integer) TO cs_system;
REVOKE ALL ON FUNCTION search_audit(uuid, text, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_audit(uuid, text, bigint, integer) TO cs_app, cs_system;

INSERT INTO tenants (id, name) VALUES ('default', 'Default'), ('system', 'System');
INSERT INTO tenant_heads (tenant) VALUES ('default'), ('system');
