"""The hot queries use the index meant for them, at 200,000 rows of 50 workspaces.

What is explained is what the adapters send: statements are caught on their way and planned again
in the same transaction, as the same role, under the same policies.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.embedded.postgres import PostgresCluster
from adapters.sql import jobs_sql
from adapters.sql.artifact_removals import SqlArtifactRemovals
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.audit import SqlAuditTrail
from adapters.sql.bulk_rows import SqlBulkRows
from adapters.sql.bulk_runs import SqlBulkRuns
from adapters.sql.job_expiry import SqlJobExpiry
from adapters.sql.jobs_views import SqlJobs
from adapters.sql.session import Principal, bind, new_session
from adapters.sql.template_lines import SqlTemplateLines
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.artifacts.ports import ArtifactFilter
from domain.documents.bulk_run import BulkRunId
from domain.identity.access import UserId, WorkspaceId
from domain.kernel.pages import PageRequest
from domain.kernel.retention import RetentionClass
from many_rows import fill
from tenants import Tenants, tenants_of

Plan = dict[str, Any]
NOW = datetime.now(UTC)
FIRST, ZERO = PageRequest(), UUID(int=0)
NEXT = PageRequest(after=(NOW - timedelta(days=40), ZERO))


class Crowd:
    """A database that is full, one workspace of it, and its owner."""

    def __init__(self, tenants: Tenants, workspace: UUID, owner: UUID) -> None:
        self.tenants = tenants
        self.here, self.owner = WorkspaceId(workspace), UserId(owner)

    @asynccontextmanager
    async def session(self, *, worker: bool = False) -> AsyncIterator[AsyncSession]:
        engine = self.tenants.worker if worker else self.tenants.app
        async with new_session(engine) as session:
            bind(session, Principal(None if worker else self.owner, self.here))
            yield session


@pytest.fixture(scope="module")
async def crowd(cluster: PostgresCluster, database: str) -> AsyncIterator[Crowd]:
    with psycopg.connect(cluster.url(database), autocommit=True) as superuser:
        here, owner = fill(superuser)
    urls = [cluster.url(database, role) for role in ("postgres", "atelier_app", "atelier_worker")]
    async with tenants_of(*urls) as tenants:
        yield Crowd(tenants, here, owner)


async def plans_of(session: AsyncSession, ask: Callable[[], Awaitable[object]]) -> list[Plan]:
    """Of every statement that `ask` sends, but for those that say who is asking."""
    sent: list[tuple[str, Any]] = []
    connection = await session.connection()

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        sent.append((statement, parameters))

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    await ask()
    event.remove(connection.sync_connection, "before_cursor_execute", note)
    plans = []
    for statement, parameters in sent:
        if statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            told = await connection.exec_driver_sql(
                f"EXPLAIN (FORMAT JSON) {statement}", parameters
            )
            plans.append(told.scalar_one()[0]["Plan"])
    assert plans
    return plans


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def indexes(plan: Plan) -> set[str]:
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def scanned(plan: Plan) -> set[str]:
    """Tables read from end to end, but for those of a few rows."""
    small = {"job_queues", "legal_holds", "memberships", "workspaces", "retention_policies"}
    whole = {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
    return whole - small


def sorts(plan: Plan) -> bool:
    return any("Sort" in node["Node Type"] for node in nodes(plan))


@pytest.mark.parametrize("page", [FIRST, NEXT], ids=["first", "next"])
@pytest.mark.parametrize("archived", [False, True])
async def test_templates_are_listed_from_their_index(
    crowd: Crowd, page: PageRequest, *, archived: bool
) -> None:
    sent: list[tuple[Any, Any]] = []

    class Explained:
        async def fetch(self, query: Any, values: Any) -> list[Any]:
            sent.append((query, values))
            return []

    reader = cast("Any", Explained())
    await SqlTemplateLines(reader).page(crowd.here, search=None, archived=archived, request=page)
    with psycopg.connect(
        crowd.tenants.app.url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as app:
        app.execute("SELECT app.enter(%s, %s, 4::smallint, NULL)", [crowd.owner, crowd.here])
        row = app.execute(f"EXPLAIN (FORMAT JSON) {sent[0][0]}", sent[0][1]).fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]

    assert indexes(plan) == {"ix_templates_archived" if archived else "ix_templates_newest"}
    assert (scanned(plan), sorts(plan)) == (set(), False)


LISTS: dict[str, tuple[str, Callable[[AsyncSession, Crowd, PageRequest], Awaitable[object]]]] = {
    "artifacts": (
        "ix_artifacts_list",
        lambda s, c, p: SqlArtifacts(s).page(c.here, p, matching=ArtifactFilter()),
    ),
    "artifacts of a kind": (
        "ix_artifacts_kind",
        lambda s, c, p: SqlArtifacts(s).page(
            c.here, p, matching=ArtifactFilter(kind="documents.k3")
        ),
    ),
    "audit": ("ix_audit_entries_workspace_id_at", lambda s, _, p: SqlAuditTrail(s).page(p)),
}


@pytest.mark.parametrize("page", [FIRST, NEXT], ids=["first", "next"])
@pytest.mark.parametrize("name", LISTS)
async def test_lists_go_along_their_index(crowd: Crowd, name: str, page: PageRequest) -> None:
    index, ask = LISTS[name]
    async with crowd.session() as session:
        plans = await plans_of(session, lambda: ask(session, crowd, page))

    for plan in plans:
        assert index in indexes(plan)
        assert (scanned(plan), sorts(plan)) == (set(), False)


@pytest.mark.parametrize("after", [(), (UUID(int=1 << 127),)], ids=["first", "next"])
async def test_jobs_are_listed_from_the_index_of_the_workspace(
    crowd: Crowd, after: tuple[UUID, ...]
) -> None:
    page = PageRequest(after=after or None)
    async with crowd.session() as session:
        plans = await plans_of(session, lambda: SqlJobs(session).page(crowd.here, page))

    assert [indexes(plan) for plan in plans] == [{"uq_jobs_workspace_id_id"}]
    assert (scanned(plans[0]), sorts(plans[0])) == (set(), False)


async def test_rows_of_a_run_are_listed_from_its_key(crowd: Crowd) -> None:
    async with crowd.session() as session:
        run = await SqlBulkRuns(session).get(crowd.here, BulkRunId(crowd.here))
        page = PageRequest(after=(2_000,))
        rows = SqlBulkRows(session)
        plans = await plans_of(session, lambda: rows.page(run, status=None, request=page))

    assert [indexes(plan) for plan in plans] == [{"pk_bulk_rows"}]
    assert (scanned(plans[0]), sorts(plans[0])) == (set(), False)


ENGINE: dict[str, tuple[str, dict[str, Any], str]] = {
    "claim": (
        jobs_sql.CLAIM,
        {"queues": ["cpu"], "slots": [4], "kinds": ["documents.fill"], "cap": 50, "worker": "w"},
        "ix_jobs_ready",
    ),
    "claimed": (jobs_sql.CLAIMED, {"ids": [ZERO] * 4, "fences": [1] * 4}, "pk_jobs"),
    "beat": (jobs_sql.BEAT, {"ids": [ZERO] * 4, "fences": [1] * 4}, "pk_jobs"),
    "patient beat": (jobs_sql.BEAT_PATIENTLY, {"id": ZERO, "fence": 1}, "pk_jobs"),
    "guard": (jobs_sql.GUARD, {"id": ZERO, "fence": 1}, "pk_jobs"),
    "progress": (
        jobs_sql.PROGRESS,
        {"id": ZERO, "fence": 1, "percent": 5, "note": "{}"},
        "pk_jobs",
    ),
    "finish": (
        jobs_sql.SETTLE,
        {
            "ids": [ZERO] * 4,
            "fences": [1] * 4,
            "statuses": ["success"] * 4,
            "errors": [None] * 4,
            "charges": [0] * 4,
            "delays": [0.0] * 4,
            "gave_up": "{}",
            "expired": "{}",
        },
        "pk_jobs",
    ),
}


@pytest.mark.parametrize("name", ENGINE)
async def test_the_engine_finds_its_jobs_by_index(
    cluster: PostgresCluster, database: str, crowd: Crowd, name: str
) -> None:
    statement, values, index = ENGINE[name]
    if "%(" not in statement:  # SQLAlchemy writes parameters otherwise than psycopg
        statement = str(text(statement).compile(dialect=PGDialect_psycopg()))
    with psycopg.connect(cluster.url(database, "atelier_worker")) as worker:
        row = worker.execute(
            f"EXPLAIN (FORMAT JSON) {statement}", {"lease": 30, **values}
        ).fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]

    assert index in indexes(plan)
    assert "ix_jobs_live" not in indexes(plan)  # dead entries pile up there under a long snapshot
    assert scanned(plan) == set()


async def test_retention_finds_what_is_old_by_index(crowd: Crowd) -> None:
    cut = NOW - timedelta(days=80)
    async with crowd.session(worker=True) as session:
        removals, expiry = (
            SqlArtifactRemovals(session),
            SqlJobExpiry(session, SqlUnitOfWork(session)),
        )
        due = await plans_of(
            session, lambda: removals.due(crowd.here, RetentionClass.ARTIFACT, cut, 5)
        )
        condemn = await plans_of(session, lambda: removals.condemn(crowd.here, NOW, 500))
        mark = await plans_of(
            session, lambda: removals.mark(crowd.here, RetentionClass.ARTIFACT, cut, NOW, 500)
        )
        jobs = await plans_of(session, lambda: expiry.due(crowd.here, RetentionClass.LOG, cut, 5))
        await session.rollback()

    assert [scanned(plan) for plan in (*due, *condemn, *mark, *jobs)] == [set()] * 7
    used = [indexes(plan) for plan in (*due, mark[-1])]
    assert all("ix_artifacts_expiry" in names for names in used), used
    assert "ix_blobs_unused" in indexes(condemn[0])
    assert all(indexes(plan) & {"uq_jobs_workspace_id_id", "ix_jobs_root_id"} for plan in jobs)
