"""identity: users, workspaces, memberships, and the function every policy stands on"""

from alembic import op
from policies import _ME, definer, guarded, own_rows

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE users (
          id uuid CONSTRAINT pk_users PRIMARY KEY,
          email text NOT NULL,
          name text NOT NULL DEFAULT '',
          password_hash text NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now(),
          last_workspace_id uuid
        );
        CREATE UNIQUE INDEX uq_users_email ON users (lower(email));
        CREATE TABLE workspaces (
          id uuid CONSTRAINT pk_workspaces PRIMARY KEY,
          name text NOT NULL CONSTRAINT ck_workspaces_name CHECK (length(name) BETWEEN 1 AND 200),
          created_at timestamptz NOT NULL DEFAULT now(),
          version int NOT NULL DEFAULT 1
        );
        CREATE TABLE memberships (
          workspace_id uuid NOT NULL CONSTRAINT fk_memberships_workspace_id REFERENCES workspaces ON DELETE CASCADE,
          user_id uuid NOT NULL CONSTRAINT fk_memberships_user_id REFERENCES users ON DELETE CASCADE,
          role text NOT NULL CONSTRAINT ck_memberships_role CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
          rank smallint NOT NULL GENERATED ALWAYS AS (CASE role WHEN 'viewer' THEN 1 WHEN 'editor' THEN 2 WHEN 'admin' THEN 3 ELSE 4 END) STORED,
          permissions text[] NOT NULL DEFAULT '{}',
          created_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT pk_memberships PRIMARY KEY (workspace_id, user_id)
        );
        CREATE INDEX ix_memberships_user_id ON memberships (user_id);
        """
    )
    own_rows("memberships")
    guarded("memberships", "SELECT")
    definer(
        "ws(min_rank smallint)",
        f"""SELECT m.workspace_id FROM public.memberships m
            WHERE m.user_id = {_ME.replace("current_setting", "pg_catalog.current_setting")}
              AND m.workspace_id = nullif(pg_catalog.current_setting('app.workspace_id', true), '')::uuid
              AND m.rank >= min_rank""",
        returns="uuid",
        to="atelier_app, atelier_worker",
        volatility="STABLE",
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION app.ws; DROP TABLE memberships, workspaces, users")
