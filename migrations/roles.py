"""The four database roles. None is a superuser, none bypasses row-level security.

- `atelier_owner` owns the tables; migrations run as it.
- `atelier_guard` cannot log in; it owns the few SECURITY DEFINER functions and has just the policies those need.
- `atelier_app` is the API: it sees what the memberships of `app.user_id` allow in `app.workspace_id`.
- `atelier_worker` runs jobs: the job tables of all workspaces, anything else only in `app.workspace_id`.
"""

import time

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

ROLES = {
    "atelier_owner": "NOLOGIN",
    "atelier_guard": "NOLOGIN",
    "atelier_app": "LOGIN",
    "atelier_worker": "LOGIN",
}


def ensure_roles(connection: Connection) -> None:
    """Create what is missing; an operator may have made them before, with passwords.

    Roles belong to the whole cluster, and the lock of a migration to one database: somebody who migrates another may be
    creating them at this moment. Then the second look finds them there.
    """
    for wait in (0.1, 0.5, None):
        try:
            _ensure_roles(connection)
        except DBAPIError:
            connection.rollback()
            if wait is None:
                raise
            time.sleep(wait)
        else:
            return


def _ensure_roles(connection: Connection) -> None:
    for role, login in ROLES.items():
        known = connection.execute(
            text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}
        )
        if known.scalar() is None:
            connection.execute(
                text(f"CREATE ROLE {role} {login} NOSUPERUSER NOBYPASSRLS NOINHERIT")
            )
    for role in ("atelier_owner", "atelier_guard"):
        connection.execute(text(f"GRANT {role} TO CURRENT_USER"))
    connection.execute(text("GRANT atelier_guard TO atelier_owner"))  # to hand functions over to it
    connection.execute(text("GRANT CREATE ON SCHEMA public TO atelier_owner"))
    connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS app"))
    connection.execute(text("GRANT USAGE, CREATE ON SCHEMA app TO atelier_owner, atelier_guard"))
    connection.execute(text("GRANT USAGE ON SCHEMA app TO atelier_app, atelier_worker"))
    connection.commit()
