-- Chains as data, groups, managers and on-call schedules; votes name where they were cast and what was shown;
-- accounts in chats, messages that channels owe, and what came in from them.

ALTER TABLE principals ADD COLUMN manager text;

CREATE TABLE groups (
  tenant text NOT NULL,
  id text NOT NULL,
  name text NOT NULL DEFAULT '',
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id)
);
CREATE TABLE group_members (
  tenant text NOT NULL,
  group_id text NOT NULL,
  principal text NOT NULL,
  PRIMARY KEY (tenant, group_id, principal),
  FOREIGN KEY (tenant, group_id) REFERENCES groups (tenant, id),
  FOREIGN KEY (tenant, principal) REFERENCES principals (tenant, id)
);

-- Who is on call, from when until when (end excluded), by milliseconds of the database clock.
CREATE TABLE on_call_schedules (
  tenant text NOT NULL,
  id text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id)
);
CREATE TABLE on_call_shifts (
  tenant text NOT NULL,
  schedule text NOT NULL,
  position integer NOT NULL,
  principal text NOT NULL,
  starts_at bigint NOT NULL,
  ends_at bigint NOT NULL CHECK (ends_at > starts_at),
  PRIMARY KEY (tenant, schedule, position),
  FOREIGN KEY (tenant, schedule) REFERENCES on_call_schedules (tenant, id),
  FOREIGN KEY (tenant, principal) REFERENCES principals (tenant, id)
);

-- Immutable versions of a chain; the head names the one in force, none after it was withdrawn.
CREATE TABLE approval_chains (
  tenant text NOT NULL,
  id text NOT NULL,
  version integer NOT NULL,
  content text NOT NULL,
  digest text NOT NULL,
  author text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id, version)
);
CREATE TABLE approval_chain_heads (
  tenant text NOT NULL,
  id text NOT NULL,
  version integer,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id)
);

-- Where a vote was cast, the digest of what was shown for it, and the commitment of its rationale.
ALTER TABLE votes
  ADD COLUMN surface text NOT NULL DEFAULT 'api',
  ADD COLUMN display_digest text,
  ADD COLUMN rationale_commitment text;

-- An account in a chat is one person's in one tenant; a person may have one in several workspaces.
CREATE TABLE channel_identities (
  tenant text NOT NULL,
  id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('slack')),
  team_id text NOT NULL,
  user_id text NOT NULL,
  principal text NOT NULL,
  assurance text NOT NULL CHECK (assurance IN ('issued', 'linked')),
  enrolled_by text NOT NULL,
  linked_at bigint NOT NULL,
  removed_at bigint,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, principal) REFERENCES principals (tenant, id)
);
CREATE UNIQUE INDEX channel_identities_by_account ON channel_identities (channel, team_id, user_id) WHERE removed_at IS NULL;
CREATE INDEX channel_identities_by_principal ON channel_identities (tenant, principal) WHERE removed_at IS NULL;

-- One-time codes shown in a chat and redeemed by the person who is logged in: hashed, single use, short-lived.
CREATE TABLE channel_link_codes (
  hash bytea PRIMARY KEY,
  channel text NOT NULL,
  team_id text NOT NULL,
  user_id text NOT NULL,
  expires_at bigint NOT NULL,
  redeemed_at bigint,
  redeemed_by text
);

-- Messages that a channel owes or shows. step raises desired_version; a channels process renders under a lease.
CREATE TABLE channel_messages (
  tenant text NOT NULL,
  id uuid NOT NULL,
  execution uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('slack')),
  purpose_key text NOT NULL,
  purpose jsonb NOT NULL,
  -- A thread note is written once: raising versions passes it by.
  is_card boolean NOT NULL,
  desired_version integer NOT NULL,
  rendered_version integer NOT NULL DEFAULT 0,
  post_key uuid NOT NULL,
  posting_since bigint,
  team_id text,
  channel_id text,
  ts text,
  lease_holder text,
  lease_until timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  given_up boolean NOT NULL DEFAULT false,
  failure text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, execution, channel, purpose_key)
) WITH (fillfactor = 80);
CREATE INDEX channel_messages_behind ON channel_messages (next_attempt_at)
  WHERE rendered_version < desired_version AND NOT given_up;
CREATE UNIQUE INDEX channel_messages_by_place ON channel_messages (channel, channel_id, ts) WHERE ts IS NOT NULL;

-- What came in over signed HTTP, for ten minutes: the same signature twice is a replay.
CREATE TABLE channel_signatures (
  hash bytea PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX channel_signatures_by_age ON channel_signatures (received_at);

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['groups', 'group_members', 'on_call_schedules', 'on_call_shifts', 'approval_chains',
    'approval_chain_heads', 'channel_identities', 'channel_messages']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_only ON %I TO cs_app USING (tenant = current_setting(''countersign.tenant'', true)) WITH CHECK (tenant = current_setting(''countersign.tenant'', true))', t);
    EXECUTE format('CREATE POLICY every_tenant ON %I TO cs_system USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO cs_app, cs_system', t);
  END LOOP;
  -- Before a person is known there is no tenant: these two belong to the system role alone.
  FOREACH t IN ARRAY ARRAY['channel_link_codes', 'channel_signatures']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY every_tenant ON %I TO cs_system USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO cs_system', t);
  END LOOP;
END $$;
GRANT UPDATE ON groups, on_call_schedules, approval_chain_heads, channel_identities, channel_messages TO cs_app, cs_system;
GRANT DELETE ON group_members, on_call_shifts TO cs_app, cs_system;
