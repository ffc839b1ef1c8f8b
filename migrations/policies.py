"""Row-level security by class of table; each migration names the class of each table it makes.

`app.ws(rank)` answers the current workspace if the current user is a member of at least that rank (1 viewer … 4 owner), else NULL.
It stands in `(SELECT …)` so that PostgreSQL evaluates it once a statement, not once a row.
"""

from alembic import op

HERE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
ME = "nullif(current_setting('app.user_id', true), '')::uuid"


def member(rank: int, column: str = "workspace_id") -> str:
    """The row lies in the current workspace, and the current user has at least this rank there."""
    return f"{column} = (SELECT app.ws({rank}::smallint))"


def _in_workspace() -> str:
    return f"workspace_id = (SELECT {HERE})"


def enable(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def tenant(table: str, *, read: int = 1, write: int = 2, delete: int = 3) -> None:
    """Members read and write by rank; the worker acts in the workspace of its job."""
    enable(table)
    op.execute(
        f"CREATE POLICY app_read ON {table} FOR SELECT TO atelier_app USING ({member(read)})"
    )
    op.execute(
        f"CREATE POLICY app_add ON {table} FOR INSERT TO atelier_app WITH CHECK ({member(write)})"
    )
    op.execute(
        f"CREATE POLICY app_change ON {table} FOR UPDATE TO atelier_app USING ({member(write)}) WITH CHECK ({member(write)})"
    )
    op.execute(
        f"CREATE POLICY app_remove ON {table} FOR DELETE TO atelier_app USING ({member(delete)})"
    )
    op.execute(
        f"CREATE POLICY worker ON {table} FOR ALL TO atelier_worker USING ({_in_workspace()}) WITH CHECK ({_in_workspace()})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO atelier_app, atelier_worker")


def append_only(table: str, *, read: int = 1, write: int = 1, extra: str = "true") -> None:
    """Members read and add (rows that also meet `extra`); nobody changes or removes."""
    enable(table)
    op.execute(
        f"CREATE POLICY app_read ON {table} FOR SELECT TO atelier_app USING ({member(read)})"
    )
    op.execute(
        f"CREATE POLICY app_add ON {table} FOR INSERT TO atelier_app WITH CHECK ({member(write)} AND {extra})"
    )
    op.execute(
        f"CREATE POLICY worker_read ON {table} FOR SELECT TO atelier_worker USING ({_in_workspace()})"
    )
    op.execute(
        f"CREATE POLICY worker_add ON {table} FOR INSERT TO atelier_worker WITH CHECK ({_in_workspace()})"
    )
    op.execute(f"GRANT SELECT, INSERT ON {table} TO atelier_app, atelier_worker")


def guarded(table: str, *commands: str) -> None:
    """The guard's functions may touch this table, in the named ways only."""
    for command in commands:
        check = "WITH CHECK (true)" if command == "INSERT" else "USING (true)"
        op.execute(
            f"CREATE POLICY guard_{command.lower()} ON {table} FOR {command} TO atelier_guard {check}"
        )
        op.execute(f"GRANT {command} ON {table} TO atelier_guard")


def definer(
    signature: str,
    body: str,
    *,
    returns: str,
    to: str,
    language: str = "sql",
    volatility: str = "VOLATILE",
) -> None:
    """A narrow SECURITY DEFINER function in schema `app`, owned by the guard, callable by `to` alone."""
    op.execute(
        f"CREATE FUNCTION app.{signature} RETURNS {returns} LANGUAGE {language} {volatility} SECURITY DEFINER "
        f"SET search_path = '' AS $function$ {body} $function$"
    )
    bare = signature.split("(", maxsplit=1)[0]
    op.execute(f"REVOKE ALL ON FUNCTION app.{bare} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION app.{bare} TO {to}")
    op.execute(f"ALTER FUNCTION app.{bare} OWNER TO atelier_guard")


def drop_definers(*names: str) -> None:
    """They are the guard's, and only their owner may drop them."""
    op.execute("SET LOCAL ROLE atelier_guard")
    op.execute(f"DROP FUNCTION {', '.join(f'app.{name}' for name in names)}")
    op.execute("SET LOCAL ROLE atelier_owner")


def made_by_jobs(table: str, *, read: int = 1) -> None:
    """Members read; only the worker writes, in the workspace of its job."""
    enable(table)
    op.execute(
        f"CREATE POLICY app_read ON {table} FOR SELECT TO atelier_app USING ({member(read)})"
    )
    op.execute(
        f"CREATE POLICY worker ON {table} FOR ALL TO atelier_worker USING ({_in_workspace()}) WITH CHECK ({_in_workspace()})"
    )
    op.execute(f"GRANT SELECT ON {table} TO atelier_app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO atelier_worker")
