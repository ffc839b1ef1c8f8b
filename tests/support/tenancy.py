"""What row-level security promises of every table; a table that is not listed here fails the suite.

A rule answers, for a caller and a row, whether the database lets them. `Who.rank` is the role's
rank (1 viewer … 4 owner) in the caller's current workspace, and 0 everywhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

HERE, THERE = UUID(int=0xA), UUID(int=0xB)
ROLES: Final = ("viewer", "editor", "admin", "owner")
USERS: Final = {role: UUID(int=number) for number, role in enumerate(ROLES, start=1)} | {
    "outsider": UUID(int=9)
}
MEMBERS: Final = {HERE: {USERS[role] for role in ROLES}, THERE: {USERS["outsider"]}}


@dataclass(frozen=True)
class Row:
    """The columns that rules look at; a table may have fewer."""

    workspace: UUID
    user: UUID
    role: str = "viewer"


@dataclass(frozen=True)
class Who:
    name: str
    database_role: str
    user: UUID | None = None
    here: UUID | None = None
    max_rank: int = 4

    def rank(self, workspace: UUID) -> int:
        if workspace != self.here or self.user not in MEMBERS.get(workspace, ()):
            return 0
        role = 4
        for number, name in enumerate(ROLES, start=1):
            if USERS[name] == self.user:
                role = number
        return min(role, self.max_rank)


WHO: Final = (
    *(Who(role, "atelier_app", USERS[role], HERE) for role in ROLES),
    Who("an owner's key of a viewer", "atelier_app", USERS["owner"], HERE, max_rank=1),
    Who("someone from elsewhere", "atelier_app", USERS["outsider"], THERE),
    Who("someone from elsewhere who claims to be here", "atelier_app", USERS["outsider"], HERE),
    Who("a member who claims to be elsewhere", "atelier_app", USERS["owner"], THERE),
    Who("nobody", "atelier_app"),
    Who("a worker here", "atelier_worker", USERS["editor"], HERE),
    Who("a worker without a workspace", "atelier_worker"),
    Who("the tables' owner", "atelier_owner"),
    Who("the guard", "atelier_guard"),
)

Rule = Callable[[Who, Row], bool]


def member(rank: int) -> Rule:
    return lambda who, row: who.rank(row.workspace) >= rank


def mine(who: Who, row: Row) -> bool:
    return row.user == who.user


def never(who: Who, row: Row) -> bool:
    return False


def always(who: Who, row: Row) -> bool:
    return True


def at_work(who: Who, row: Row) -> bool:
    return row.workspace == who.here


def both(*rules: Rule) -> Rule:
    return lambda who, row: all(rule(who, row) for rule in rules)


def either(*rules: Rule) -> Rule:
    return lambda who, row: any(rule(who, row) for rule in rules)


def no_higher_role(who: Who, row: Row) -> bool:
    return who.rank(row.workspace) >= ROLES.index(row.role) + 1 or row.role == "editor"


def owners_alone_touch_owners(who: Who, row: Row) -> bool:
    return row.role != "owner" or who.rank(row.workspace) >= 4


@dataclass(frozen=True)
class Verbs:
    read: Rule = never
    add: Rule = never
    change: Rule = never
    remove: Rule = never


@dataclass(frozen=True)
class Table:
    """`user` names the column that says whose row it is; `values` satisfy the table's CHECKs."""

    app: Verbs = Verbs()
    worker: Verbs = Verbs()
    guard: str = ""  # of "radw": read, add, delete, write
    user: str | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def allows(self, verb: str, who: Who, row: Row) -> bool:
        match who.database_role:
            case "atelier_app":
                rule: Rule = getattr(self.app, verb)
                return rule(who, row)
            case "atelier_worker":
                rule = getattr(self.worker, verb)
                return rule(who, row)
            case "atelier_guard":
                return {"read": "r", "add": "a", "change": "w", "remove": "d"}[verb] in self.guard
        return False

    def having(self, **values: Any) -> "Table":
        return replace(self, values=self.values | values)

    def guarded(self, verbs: str) -> "Table":
        return replace(self, guard=verbs)


def tenant(read: int = 1, write: int = 2, delete: int = 3) -> Table:
    app = Verbs(member(read), member(write), member(write), member(delete))
    return Table(app, Verbs(at_work, at_work, at_work, at_work))


def append_only(read: int = 1, write: int = 2) -> Table:
    return Table(Verbs(member(read), member(write)), Verbs(at_work, at_work))


def made_by_jobs(read: int = 1) -> Table:
    return Table(Verbs(member(read)), Verbs(at_work, at_work, at_work, at_work))


def engine_only(verbs: Verbs = Verbs()) -> Table:
    """The job engine's own: workers of all workspaces share it."""
    return Table(verbs, Verbs(always, always, always, always))


_OWN: Final = both(mine, member(1))
_OWN_KEY: Final = both(mine, member(2))


def _peer(who: Who, row: Row) -> bool:
    return who.here is not None and who.rank(who.here) >= 1 and row.user in MEMBERS[who.here]


def _my_workspace(who: Who, row: Row) -> bool:
    return who.user in MEMBERS[row.workspace]


TABLES: Final[dict[str, Table]] = {
    # identity
    "workspaces": Table(
        Verbs(read=_my_workspace, change=member(3)), Verbs(read=at_work), guard="raw"
    ),
    "users": Table(Verbs(read=either(mine, _peer), change=mine), guard="ra", user="id"),
    "memberships": Table(
        Verbs(
            read=either(mine, member(1)),
            change=both(member(3), owners_alone_touch_owners),
            remove=either(both(member(3), owners_alone_touch_owners), _OWN),
        ),
        guard="ra",
        user="user_id",
    ),
    "invitations": Table(
        Verbs(
            read=member(3),
            add=both(member(3), owners_alone_touch_owners),
            change=both(member(3), owners_alone_touch_owners),
        ),
        guard="rwd",
    ),
    "api_keys": Table(
        Verbs(
            read=either(_OWN_KEY, member(3)),
            add=both(_OWN_KEY, no_higher_role),
            change=either(_OWN_KEY, member(3)),
        ),
        guard="rw",
        user="user_id",
    ),
    "sessions": Table(Verbs(read=mine, add=mine, change=mine), guard="rwd", user="user_id"),
    "refresh_tokens": Table(Verbs(add=mine), guard="raw", user="user_id"),
    "ws_tickets": Table(Verbs(add=_OWN), guard="rd", user="user_id"),
    "idempotency_keys": Table(Verbs(_OWN, _OWN, _OWN, _OWN), guard="rd", user="user_id"),
    "audit_entries": Table(
        Verbs(member(3), _OWN), Verbs(at_work, at_work), guard="rw", user="actor_id"
    ),
    "audit_heads": Table(Verbs(member(3)), guard="raw"),
    # files
    "artifacts": tenant().guarded("r"),
    "uploads": tenant(delete=2).guarded("r"),
    "blobs": tenant().guarded("r"),
    # jobs
    "jobs": replace(engine_only(Verbs(read=member(1), add=_OWN)), guard="rw", user="actor_id"),
    "job_events": Table(Verbs(read=member(1)), Verbs(read=always), guard="rad"),
    "job_steps": engine_only().guarded("r"),
    "job_workers": engine_only().guarded("r"),
    "outbox": engine_only().guarded("ra"),
    "cron_runs": engine_only(),
    # usage
    "usage_entries": append_only().guarded("a"),
    "quotas": tenant(write=3),
    "quota_counters": tenant(delete=2).guarded("rw"),
    "reservations": tenant(delete=2).guarded("rd"),
    "retention_policies": tenant(write=3).guarded("r"),
    "legal_holds": tenant(read=2, write=3).guarded("r"),
    # documents
    "templates": tenant(),
    "template_versions": append_only(),
    "template_fields": append_only(),
    "bulk_runs": tenant().guarded("rw"),
    "bulk_rows": made_by_jobs(),
    "bulk_shards": made_by_jobs(),
    # notes
    "video_assets": tenant(),
    "notes": tenant(delete=2).guarded("r"),
    "note_parts": tenant(delete=2).guarded("r"),
    "transcripts": tenant(delete=2),
    "segments": tenant(delete=2),
    "chapters": tenant(delete=2),
    "highlights": tenant(delete=2),
    "screenshots": tenant(delete=2),
    "clips": tenant(delete=2),
}
# Not a tenant's: no row of these says anything about anybody.
GLOBAL: Final = frozenset({"alembic_version", "job_queues"})
