"""The catalogue is linted: each query must find nothing, for today's tables and tomorrow's."""

import psycopg
import pytest

from adapters.embedded.postgres import PostgresCluster
from tenancy import GLOBAL

TABLES = """
  SELECT oid, relname, relowner, relrowsecurity, relforcerowsecurity FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""
TENANT = f"""
  SELECT t.oid FROM ({TABLES}) t JOIN pg_attribute a ON a.attrelid = t.oid
  WHERE a.attname = 'workspace_id' AND NOT a.attisdropped
"""
# A person's, in a workspace or not; and the installation's own work, which no member sees.
MAYBE_NOWHERE = "'sessions', 'jobs', 'job_events', 'outbox'"
LINT = {
    "tables without row-level security, enabled and forced": f"""
      SELECT relname FROM ({TABLES}) t WHERE NOT (relrowsecurity AND relforcerowsecurity)
      AND relname <> ALL ('{{{",".join(GLOBAL)}}}')""",
    "grants that no policy stands behind": f"""
      SELECT t.relname, r.rolname, p.privilege
      FROM ({TABLES}) t, pg_roles r, (VALUES ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'),
        ('DELETE', 'd')) AS p (privilege, command)
      WHERE t.relrowsecurity
      AND r.rolname IN ('atelier_app', 'atelier_worker', 'atelier_guard')
      AND (has_table_privilege(r.oid, t.oid, p.privilege)
        OR p.privilege <> 'DELETE' AND has_any_column_privilege(r.oid, t.oid, p.privilege))
      AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = t.oid
        AND polcmd::text IN (p.command, '*') AND r.oid = ANY (polroles))""",
    "policies that no grant reaches": """
      SELECT polrelid::regclass, polname FROM pg_policy, unnest(polroles) AS r (oid)
      WHERE polcmd <> '*' AND NOT CASE polcmd
        WHEN 'r' THEN has_any_column_privilege(r.oid, polrelid, 'SELECT')
        WHEN 'a' THEN has_any_column_privilege(r.oid, polrelid, 'INSERT')
        WHEN 'w' THEN has_any_column_privilege(r.oid, polrelid, 'UPDATE')
        ELSE has_table_privilege(r.oid, polrelid, 'DELETE') END""",
    "policies for everybody": "SELECT polname FROM pg_policy WHERE 0 = ANY (polroles)",
    "views that act for their owner": """
      SELECT relname FROM pg_class WHERE relkind IN ('v', 'm')
      AND relnamespace IN ('public'::regnamespace, 'app'::regnamespace)
      AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'""",
    "definer functions with an open search path, or callable by anyone, or not the guard's": """
      SELECT proname FROM pg_proc
      WHERE prosecdef AND pronamespace IN ('app'::regnamespace, 'public'::regnamespace)
      AND NOT ('search_path=""' = ANY (coalesce(proconfig, '{}'))
        AND NOT has_function_privilege('public', oid, 'EXECUTE')
        AND proowner = 'atelier_guard'::regrole)""",
    "roles of ours that could step over the policies": """
      SELECT rolname FROM pg_roles WHERE rolname LIKE 'atelier%' AND (rolsuper OR rolbypassrls
        OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit)""",
    "login roles that may become someone else": """
      SELECT member::regrole, roleid::regrole FROM pg_auth_members
      WHERE member IN ('atelier_app'::regrole, 'atelier_worker'::regrole, 'atelier_guard'::regrole)
      """,
    "policies that evaluate a function once a row": r"""
      SELECT polrelid::regclass, polname FROM pg_policy, regexp_replace(
        concat(pg_get_expr(polqual, polrelid), ' ', pg_get_expr(polwithcheck, polrelid)),
        '\( SELECT (app\.ws\(|\(NULLIF\(current_setting)', '', 'g') AS rest
      WHERE rest ~ 'app\.\w+\(|current_setting'""",
    "foreign keys between tenant tables that leave out the workspace": f"""
      SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f'
      AND conrelid IN ({TENANT}) AND confrelid IN ({TENANT})
      AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid
        AND attnum = ANY (conkey) AND attname IN ('workspace_id', 'user_id'))""",
    "foreign keys without an index that starts with their columns": """
      SELECT conrelid::regclass, conname FROM pg_constraint k WHERE contype = 'f'
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid
        AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)""",
    # ids and hashes are random: nothing can be guessed, and identities are nobody's choice
    "unique rules that tell one workspace about another": f"""
      SELECT indrelid::regclass, indexrelid::regclass FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE indisunique AND indrelid IN ({TENANT}) AND a.attname <> 'workspace_id'
      AND a.atttypid NOT IN ('uuid'::regtype, 'bytea'::regtype) AND a.attidentity = ''""",
    "tenant tables whose workspace may be missing": f"""
      SELECT attrelid::regclass FROM pg_attribute WHERE attrelid IN ({TENANT})
      AND attname = 'workspace_id' AND NOT attnotnull
      AND attrelid::regclass::text NOT IN ({MAYBE_NOWHERE})""",
    "tables of somebody else": f"""
      SELECT relname FROM ({TABLES}) t WHERE relowner <> 'atelier_owner'::regrole""",
    "secrets that a login role could read": """
      SELECT rolname FROM pg_roles WHERE rolname IN ('atelier_app', 'atelier_worker')
      AND (has_column_privilege(oid, 'users', 'password_hash', 'SELECT')
        OR has_any_column_privilege(oid, 'refresh_tokens', 'SELECT')
        OR has_any_column_privilege(oid, 'ws_tickets', 'SELECT'))""",
}
# One fault each query must find; a query that finds nothing here would find nothing anywhere.
_NEW = "CREATE TABLE planted (workspace_id uuid, id text)"
_FUNCTION = "CREATE FUNCTION app.planted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
PLANTED = {
    "tables without row-level security, enabled and forced": _NEW,
    "grants that no policy stands behind": "GRANT DELETE ON users TO atelier_app",
    "policies that no grant reaches": "REVOKE DELETE ON templates FROM atelier_app",
    "policies for everybody": "CREATE POLICY planted ON users USING (true)",
    "views that act for their owner": "CREATE VIEW planted AS SELECT * FROM users",
    "definer functions with an open search path, or callable by anyone, or not the guard's": (
        _FUNCTION
    ),
    "roles of ours that could step over the policies": "ALTER ROLE atelier_worker BYPASSRLS",
    "login roles that may become someone else": "GRANT atelier_guard TO atelier_app",
    "policies that evaluate a function once a row": (
        "ALTER POLICY app_read ON templates USING (workspace_id = app.ws(1::smallint))"
    ),
    "foreign keys between tenant tables that leave out the workspace": (
        "ALTER TABLE templates ADD COLUMN planted uuid REFERENCES invitations (id)"
    ),
    "foreign keys without an index that starts with their columns": (
        "DROP INDEX ix_memberships_user_id"
    ),
    "unique rules that tell one workspace about another": (
        "CREATE UNIQUE INDEX ON templates (name)"
    ),
    "tenant tables whose workspace may be missing": _NEW,
    "tables of somebody else": _NEW,
    "secrets that a login role could read": "GRANT SELECT ON users TO atelier_app",
}


@pytest.mark.parametrize("finding", LINT)
def test_the_lint_would_see(cluster: PostgresCluster, database: str, finding: str) -> None:
    with psycopg.connect(cluster.url(database)) as superuser:
        superuser.execute(PLANTED[finding])  # type: ignore[call-overload]
        found = superuser.execute(LINT[finding]).fetchall()  # type: ignore[call-overload]
        superuser.rollback()

    assert found != []


@pytest.mark.parametrize("finding", LINT)
def test_there_are_no(cluster: PostgresCluster, database: str, finding: str) -> None:
    with psycopg.connect(cluster.url(database)) as superuser:
        found = superuser.execute(LINT[finding]).fetchall()  # type: ignore[call-overload]

    assert found == []
