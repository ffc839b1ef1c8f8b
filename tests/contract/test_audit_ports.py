"""What `AuditLog`, `AuditSealer` and `AuditTrail` promise: no entry is lost or changed (S13)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.embedded.postgres import PostgresCluster
from adapters.sql.audit import SqlAuditLog, SqlAuditSealer, SqlAuditTrail
from adapters.sql.session import NOBODY, bind, new_session
from adapters.system.clock import SystemClock, Uuid7
from application.audit.check_chain import CheckChainHandler
from domain.audit.entry import ChainCheck, Origin
from domain.identity.access import Actor, PermissionDenied, Role
from domain.kernel.pages import PageRequest
from tenants import Tenants

ORIGIN = Origin(request_id="request-0001", ip_prefix="192.0.2.0/24")
ODD = 'naïve "quoted" 日本語 \n\t | 1:x'


def log(session: AsyncSession) -> SqlAuditLog:
    return SqlAuditLog(session, SystemClock(), Uuid7(), ORIGIN)


async def write(tenants: Tenants, actor: Actor, count: int, **facts: Any) -> None:
    async with tenants.session(actor) as session:
        for number in range(count):
            log(session).append(actor, "test.done", object_type="thing", object_id=number, **facts)
        await session.commit()


@asynccontextmanager
async def sealer(tenants: Tenants) -> AsyncIterator[SqlAuditSealer]:
    async with new_session(tenants.app) as session:
        bind(session, NOBODY)
        yield SqlAuditSealer(session)


async def seal(tenants: Tenants) -> int:
    async with sealer(tenants) as one:
        return await one.seal()


async def check(tenants: Tenants, actor: Actor) -> ChainCheck:
    async with tenants.session(actor) as session:
        return await CheckChainHandler(SqlAuditTrail(session))(actor)


def tamper(tenants: Tenants, statement: str, *values: object) -> None:
    """As whoever owns the machine may: with triggers off."""
    with psycopg.connect(tenants.admin_url) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(statement, values)  # type: ignore[call-overload]


async def test_what_is_appended_is_sealed_and_the_chain_holds(tenants: Tenants) -> None:
    owner = tenants.actor(Role.OWNER)
    await write(tenants, owner, 3, note=ODD, number=1.5, nothing=None)
    before = await check(tenants, owner)

    await seal(tenants)
    await write(tenants, owner, 2)
    await seal(tenants)
    after = await check(tenants, owner)

    assert (before.checked, before.broken_at) == (0, None)
    assert (after.checked, after.broken_at) == (5, None)
    assert after.head != before.head


async def test_entries_say_who_did_what_to_which_object_from_where(tenants: Tenants) -> None:
    owner = tenants.actor(Role.OWNER)
    await write(tenants, owner, 1, size=3)
    async with tenants.session(owner) as session:
        (entry,) = (await SqlAuditTrail(session).page(PageRequest())).items

    assert (entry.actor_id, entry.action, entry.object_type) == (
        owner.user_id,
        "test.done",
        "thing",
    )
    assert (entry.object_id, entry.facts) == ("0", '{"size":3}')
    assert (entry.request_id, entry.ip_prefix) == ("request-0001", "192.0.2.0/24")
    assert (entry.seq, entry.hash) == (None, None)


async def test_the_trail_is_paged_and_filtered(tenants: Tenants) -> None:
    owner = tenants.actor(Role.OWNER)
    for _ in range(3):
        await write(tenants, owner, 1)
    async with tenants.session(owner) as session:
        trail = SqlAuditTrail(session)
        first = await trail.page(PageRequest(limit=2))
        rest = await trail.page(PageRequest(limit=2, after=first.next))
        whole = await trail.page(PageRequest())
        ats = [entry.at for entry in whole.items]
        other_action = await trail.page(PageRequest(), action="test.undone")
        other_actor = await trail.page(PageRequest(), actor_id=tenants.actor().user_id)
        middle = await trail.page(PageRequest(), since=ats[1], until=ats[0], object_id="0")

    assert [*first.items, *rest.items][0].id == whole.items[0].id
    assert [entry.id for entry in (*first.items, *rest.items)] == [e.id for e in whole.items]
    assert rest.next is None
    assert (other_action.items, other_actor.items) == ((), ())
    assert [entry.id for entry in middle.items] == [whole.items[1].id]


async def test_many_writers_and_sealers_make_one_chain(tenants: Tenants) -> None:
    owner = tenants.actor(Role.OWNER)

    async def seal_often() -> None:
        for _ in range(10):
            await seal(tenants)
            await asyncio.sleep(0)

    await asyncio.gather(
        *(write(tenants, owner, 5) for _ in range(10)), *(seal_often() for _ in range(4))
    )
    await seal(tenants)
    found = await check(tenants, owner)

    assert (found.checked, found.broken_at) == (50, None)


@pytest.mark.parametrize(
    "change",
    [
        "actor_id = NULL",
        "action = 'test.undone'",
        "object_id = '7'",
        "facts = '{}'",
        "at = at + interval '1 microsecond'",
        "request_id = NULL",
        "ip_prefix = NULL",
        "hash = sha256('x')",
        "id = gen_random_uuid()",
    ],
)
async def test_a_tampered_row_is_named(tenants: Tenants, change: str) -> None:
    owner = tenants.actor(Role.OWNER)
    await write(tenants, owner, 4, size=3)
    await seal(tenants)
    tamper(
        tenants,
        f"UPDATE audit_entries SET {change} WHERE workspace_id = %s AND seq = 3",
        owner.workspace_id,
    )

    found = await check(tenants, owner)

    named = "SELECT id FROM audit_entries WHERE workspace_id = %s AND seq = 3"
    assert (found.checked, found.broken_at) == (2, 3)
    assert found.broken_entry == tenants.ask(named, owner.workspace_id)


@pytest.mark.parametrize(("cut", "broken_at"), [("seq = 2", 2), ("seq >= 3", 3), ("seq = 1", 1)])
async def test_a_missing_row_is_noticed_in_the_middle_and_at_the_end(
    tenants: Tenants, cut: str, broken_at: int
) -> None:
    owner = tenants.actor(Role.OWNER)
    await write(tenants, owner, 4)
    await seal(tenants)
    tamper(
        tenants,
        f"DELETE FROM audit_entries WHERE workspace_id = %s AND {cut}",
        owner.workspace_id,
    )

    found = await check(tenants, owner)

    assert found.broken_at == broken_at
    assert found.reason


@pytest.mark.parametrize(
    "role", ["postgres", "atelier_owner", "atelier_guard", "atelier_app", "atelier_worker"]
)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'x'",
        "UPDATE audit_entries SET seq = NULL, hash = NULL",
        "UPDATE audit_entries SET seq = 99, hash = sha256('x'), facts = '{\"a\": 1}'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ],
)
async def test_no_role_changes_or_removes_an_entry(
    cluster: PostgresCluster, tenants: Tenants, database: str, role: str, statement: str
) -> None:
    owner = tenants.actor(Role.OWNER)
    await write(tenants, owner, 1)
    await seal(tenants)
    await write(tenants, owner, 1)
    with psycopg.connect(cluster.url(database)) as superuser:
        if role != "postgres":
            superuser.execute("ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY")
            superuser.execute(f'SET LOCAL ROLE "{role}"')  # type: ignore[call-overload]
        with pytest.raises(InsufficientPrivilege):
            superuser.execute(statement)  # type: ignore[call-overload]
        superuser.rollback()


async def test_a_job_writes_in_its_workspace_only(tenants: Tenants) -> None:
    owner, other = tenants.actor(Role.OWNER), tenants.actor(Role.OWNER)
    async with tenants.session(owner, worker=True) as session:
        log(session).append(owner, "test.done", object_type="thing", object_id=1)
        await session.commit()
        log(session).append(other, "test.done", object_type="thing", object_id=1)
        with pytest.raises(PermissionDenied):
            await session.commit()


async def test_a_backlog_is_sealed_in_transactions_of_a_bounded_size(tenants: Tenants) -> None:
    await seal(tenants)
    actors = [tenants.actor(Role.OWNER) for _ in range(5)]
    for actor in actors:
        tenants.run(
            "INSERT INTO audit_entries (workspace_id, id, action, object_type, object_id)"
            " SELECT %s, gen_random_uuid(), 'test.done', 'thing', n::text"
            " FROM generate_series(1, 450) n",
            actor.workspace_id,
        )

    async with tenants.session(actors[0]) as session:
        once = (await session.execute(text("SELECT app.seal_audit()"))).scalar_one()
        await session.commit()
    rest = await seal(tenants)

    assert 500 <= once < 1000
    assert once + rest == 5 * 450
    assert (await check(tenants, actors[4])).broken_at is None
