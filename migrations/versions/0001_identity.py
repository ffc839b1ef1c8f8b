"""identity: accounts, workspaces, sessions, keys, the audit chain, and the functions every policy stands on"""

from alembic import op
from identity_functions import create_functions, drop_functions
from identity_policies import create_policies

revision = "0001"
down_revision = None

_ACCOUNTS = """
CREATE TABLE workspaces (
  id uuid CONSTRAINT pk_workspaces PRIMARY KEY,
  name text NOT NULL CONSTRAINT ck_workspaces_name CHECK (length(name) BETWEEN 1 AND 200),
  allow_urls boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  version int NOT NULL DEFAULT 1
);
CREATE TABLE users (
  id uuid CONSTRAINT pk_users PRIMARY KEY,
  email text NOT NULL CONSTRAINT ck_users_email CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
  name text NOT NULL DEFAULT '' CONSTRAINT ck_users_name CHECK (length(name) <= 200),
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_workspace_id uuid CONSTRAINT fk_users_last_workspace_id REFERENCES workspaces ON DELETE SET NULL
);
CREATE UNIQUE INDEX uq_users_email ON users (lower(email));
CREATE INDEX ix_users_last_workspace_id ON users (last_workspace_id);
CREATE TABLE memberships (
  workspace_id uuid NOT NULL CONSTRAINT fk_memberships_workspace_id REFERENCES workspaces ON DELETE CASCADE,
  user_id uuid NOT NULL CONSTRAINT fk_memberships_user_id REFERENCES users ON DELETE CASCADE,
  role text NOT NULL CONSTRAINT ck_memberships_role CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  rank smallint NOT NULL GENERATED ALWAYS AS (CASE role WHEN 'viewer' THEN 1 WHEN 'editor' THEN 2 WHEN 'admin' THEN 3 ELSE 4 END) STORED,
  permissions text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  version int NOT NULL DEFAULT 1,
  CONSTRAINT pk_memberships PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX ix_memberships_user_id ON memberships (user_id);
CREATE TABLE invitations (
  id uuid NOT NULL,
  workspace_id uuid NOT NULL CONSTRAINT fk_invitations_workspace_id REFERENCES workspaces ON DELETE CASCADE,
  email text NOT NULL CONSTRAINT ck_invitations_email CHECK (email = lower(email)),
  role text NOT NULL CONSTRAINT ck_invitations_role CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  token_hash bytea NOT NULL CONSTRAINT ck_invitations_token_hash CHECK (octet_length(token_hash) = 32),
  invited_by uuid CONSTRAINT fk_invitations_invited_by REFERENCES users ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT pk_invitations PRIMARY KEY (id),
  CONSTRAINT uq_invitations_workspace_id_id UNIQUE (workspace_id, id),
  CONSTRAINT uq_invitations_token_hash UNIQUE (token_hash)
);
CREATE UNIQUE INDEX uq_invitations_open ON invitations (workspace_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX ix_invitations_workspace_id_created_at ON invitations (workspace_id, created_at DESC, id DESC);
CREATE INDEX ix_invitations_expires_at ON invitations (expires_at);
CREATE INDEX ix_invitations_invited_by ON invitations (invited_by);
CREATE TABLE api_keys (
  id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL CONSTRAINT ck_api_keys_name CHECK (length(name) BETWEEN 1 AND 200),
  role text NOT NULL CONSTRAINT ck_api_keys_role CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  prefix text NOT NULL,
  key_hash bytea NOT NULL CONSTRAINT ck_api_keys_key_hash CHECK (octet_length(key_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT pk_api_keys PRIMARY KEY (id),
  CONSTRAINT uq_api_keys_workspace_id_id UNIQUE (workspace_id, id),
  CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
  CONSTRAINT fk_api_keys_membership FOREIGN KEY (workspace_id, user_id) REFERENCES memberships ON DELETE CASCADE
);
CREATE INDEX ix_api_keys_workspace_id_user_id ON api_keys (workspace_id, user_id);
CREATE INDEX ix_api_keys_workspace_id_created_at ON api_keys (workspace_id, created_at DESC, id DESC);
"""

_SESSIONS = """
CREATE TABLE sessions (
  id uuid CONSTRAINT pk_sessions PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT fk_sessions_user_id REFERENCES users ON DELETE CASCADE,
  workspace_id uuid CONSTRAINT fk_sessions_workspace_id REFERENCES workspaces ON DELETE SET NULL,
  client text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_because text,
  CONSTRAINT uq_sessions_user_id_id UNIQUE (user_id, id)
);
CREATE INDEX ix_sessions_workspace_id ON sessions (workspace_id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE TABLE refresh_tokens (
  token_hash bytea CONSTRAINT pk_refresh_tokens PRIMARY KEY CONSTRAINT ck_refresh_tokens_token_hash CHECK (octet_length(token_hash) = 32),
  user_id uuid NOT NULL,
  session_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  successor_hash bytea,
  sealed_successor bytea,
  CONSTRAINT uq_refresh_tokens_successor_hash UNIQUE (successor_hash),
  CONSTRAINT ck_refresh_tokens_used CHECK ((used_at IS NULL) = (successor_hash IS NULL)),
  CONSTRAINT fk_refresh_tokens_session FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_refresh_tokens_successor_hash FOREIGN KEY (successor_hash) REFERENCES refresh_tokens DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_refresh_tokens_user_id_session_id ON refresh_tokens (user_id, session_id);
CREATE TABLE ws_tickets (
  ticket_hash bytea CONSTRAINT pk_ws_tickets PRIMARY KEY,
  workspace_id uuid NOT NULL,
  user_id uuid NOT NULL,
  max_rank smallint NOT NULL DEFAULT 4,
  session_id uuid,  -- what it was asked for with; no foreign keys: it lives for half a minute, and is proven when used
  api_key_id uuid,
  expires_at timestamptz NOT NULL DEFAULT now() + interval '30 seconds',
  CONSTRAINT fk_ws_tickets_membership FOREIGN KEY (workspace_id, user_id) REFERENCES memberships ON DELETE CASCADE
);
CREATE INDEX ix_ws_tickets_workspace_id_user_id ON ws_tickets (workspace_id, user_id);
CREATE INDEX ix_ws_tickets_expires_at ON ws_tickets (expires_at);
CREATE TABLE idempotency_keys (
  workspace_id uuid NOT NULL,
  user_id uuid NOT NULL,
  operation text NOT NULL,
  key text NOT NULL CONSTRAINT ck_idempotency_keys_key CHECK (length(key) BETWEEN 1 AND 255),
  request_hash bytea,
  status smallint,
  headers jsonb,
  body bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  locked_until timestamptz,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (workspace_id, user_id, operation, key),
  CONSTRAINT fk_idempotency_keys_membership FOREIGN KEY (workspace_id, user_id) REFERENCES memberships ON DELETE CASCADE
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
"""

# No foreign keys: the trail outlives what it speaks of.
_AUDIT = """
CREATE TABLE audit_entries (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor_id uuid,
  api_key_id uuid,
  action text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  facts text NOT NULL DEFAULT '{}' CONSTRAINT ck_audit_entries_facts CHECK (jsonb_typeof(facts::jsonb) = 'object'),
  request_id text,
  ip_prefix text,
  seq bigint,
  hash bytea,
  CONSTRAINT pk_audit_entries PRIMARY KEY (workspace_id, id),
  CONSTRAINT ck_audit_entries_sealed CHECK ((seq IS NULL) = (hash IS NULL))
);
CREATE UNIQUE INDEX uq_audit_entries_workspace_id_seq ON audit_entries (workspace_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX ix_audit_entries_unsealed ON audit_entries (workspace_id, at, id) WHERE seq IS NULL;
CREATE INDEX ix_audit_entries_workspace_id_at ON audit_entries (workspace_id, at DESC, id DESC);
CREATE INDEX ix_audit_entries_workspace_id_object ON audit_entries (workspace_id, object_type, object_id, at DESC, id DESC);
CREATE TABLE audit_heads (
  workspace_id uuid CONSTRAINT pk_audit_heads PRIMARY KEY,
  seq bigint NOT NULL DEFAULT 0,
  hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
);
"""


def upgrade() -> None:
    for tables in (_ACCOUNTS, _SESSIONS, _AUDIT):
        op.execute(tables)
    create_functions()
    create_policies()


def downgrade() -> None:
    op.execute(
        "DROP TABLE audit_heads, audit_entries, idempotency_keys, ws_tickets, refresh_tokens, sessions,"
        " api_keys, invitations, memberships, users, workspaces CASCADE"
    )
    drop_functions()
