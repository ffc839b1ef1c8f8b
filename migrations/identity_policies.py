"""Who may see and change which row of identity's own tables; `policies.py` has the classes of all others."""

from alembic import op
from policies import HERE, ME, append_only, enable, guarded, member

_APP = "atelier_app"


def _policy(table: str, command: str, rule: str, *, to: str = _APP, name: str = "app") -> None:
    clauses = {
        "SELECT": f"USING ({rule})",
        "INSERT": f"WITH CHECK ({rule})",
        "UPDATE": f"USING ({rule}) WITH CHECK ({rule})",
        "DELETE": f"USING ({rule})",
    }
    op.execute(
        f"CREATE POLICY {name}_{command.lower()} ON {table} FOR {command} TO {to} {clauses[command]}"
    )


def create_policies() -> None:
    _people()
    _access()
    _sessions()
    append_only("audit_entries", read=3, write=1, extra=f"actor_id = (SELECT {ME})")
    guarded("audit_entries", "SELECT", "UPDATE")
    enable("audit_heads")
    _policy("audit_heads", "SELECT", member(3))
    op.execute("GRANT SELECT ON audit_heads TO atelier_app")
    guarded("audit_heads", "SELECT", "INSERT", "UPDATE")


def _people() -> None:
    """Members see each other; password hashes are readable by no login role."""
    mine = f"SELECT m.workspace_id FROM memberships m WHERE m.user_id = (SELECT {ME})"
    enable("workspaces")
    _policy("workspaces", "SELECT", f"id IN ({mine})")
    _policy("workspaces", "UPDATE", member(3, "id"))
    _policy("workspaces", "SELECT", f"id = (SELECT {HERE})", to="atelier_worker", name="worker")
    op.execute(
        "GRANT SELECT, UPDATE (name, allow_urls, deleted_at, version) ON workspaces TO atelier_app"
    )
    op.execute("GRANT SELECT ON workspaces TO atelier_worker")
    guarded("workspaces", "SELECT", "INSERT", "UPDATE")

    enable("users")
    peers = f"SELECT m.user_id FROM memberships m WHERE {member(1, 'm.workspace_id')}"
    _policy("users", "SELECT", f"id = (SELECT {ME}) OR id IN ({peers})")
    _policy("users", "UPDATE", f"id = (SELECT {ME})")
    op.execute(
        "GRANT SELECT (id, email, name, created_at, last_workspace_id) ON users TO atelier_app"
    )
    op.execute("GRANT UPDATE (name, password_hash, last_workspace_id) ON users TO atelier_app")
    guarded("users", "SELECT", "INSERT")

    enable("memberships")
    only_owners_touch_owners = f"(rank < 4 OR {member(4)})"
    _policy("memberships", "SELECT", f"user_id = (SELECT {ME}) OR {member(1)}")
    _policy("memberships", "UPDATE", f"{member(3)} AND {only_owners_touch_owners}")
    leave = f"user_id = (SELECT {ME}) AND {member(1)}"
    _policy("memberships", "DELETE", f"({member(3)} AND {only_owners_touch_owners}) OR ({leave})")
    op.execute(
        "GRANT SELECT, DELETE, UPDATE (role, permissions, version) ON memberships TO atelier_app"
    )
    guarded("memberships", "SELECT", "INSERT")


def _access() -> None:
    enable("invitations")
    not_above_mine = f"(role <> 'owner' OR {member(4)})"
    _policy("invitations", "SELECT", member(3))
    for command in ("INSERT", "UPDATE"):
        _policy("invitations", command, f"{member(3)} AND {not_above_mine}")
    op.execute("GRANT SELECT, INSERT, UPDATE (revoked_at) ON invitations TO atelier_app")
    guarded("invitations", "SELECT", "UPDATE", "DELETE")

    enable("api_keys")
    own = f"(user_id = (SELECT {ME}) AND {member(2)})"
    _policy("api_keys", "SELECT", f"{own} OR {member(3)}")
    not_above_mine = (
        f"(role IN ('viewer', 'editor') OR (role = 'admin' AND {member(3)}) OR {member(4)})"
    )
    _policy("api_keys", "INSERT", f"{own} AND {not_above_mine}")
    _policy("api_keys", "UPDATE", f"{own} OR {member(3)}")
    op.execute("GRANT SELECT, INSERT, UPDATE (revoked_at) ON api_keys TO atelier_app")
    guarded("api_keys", "SELECT", "UPDATE")

    mine = f"user_id = (SELECT {ME}) AND {member(1)}"
    for table, commands in {
        "ws_tickets": ("INSERT",),
        "idempotency_keys": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    }.items():
        enable(table)
        for command in commands:
            _policy(table, command, mine)
        guarded(table, "SELECT", "DELETE")
    op.execute("GRANT INSERT ON ws_tickets TO atelier_app")
    answer = "request_hash, status, headers, body, locked_until"
    op.execute(
        f"GRANT SELECT, INSERT, DELETE, UPDATE ({answer}) ON idempotency_keys TO atelier_app"
    )


def _sessions() -> None:
    """A user opens, reads and ends their own; rotation needs no principal and goes through the guard."""
    mine = f"user_id = (SELECT {ME})"
    for table, commands in {
        "sessions": ("SELECT", "INSERT", "UPDATE"),
        "refresh_tokens": ("INSERT",),
    }.items():
        enable(table)
        for command in commands:
            _policy(table, command, mine)
    state = "workspace_id, revoked_at, revoked_because"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({state}) ON sessions TO atelier_app")
    op.execute("GRANT INSERT ON refresh_tokens TO atelier_app")
    guarded("sessions", "SELECT", "UPDATE", "DELETE")
    guarded("refresh_tokens", "SELECT", "INSERT", "UPDATE")
