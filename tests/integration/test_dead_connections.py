"""Connections that died are replaced, whichever way they were going to be used."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from adapters.embedded.postgres import PostgresCluster
from adapters.sql import session as sessions
from adapters.sql.reader import Connections, PoolExhausted, Reader
from adapters.sql.session import NOBODY, Principal, bind, create_engine, new_session, standing
from domain.identity.access import Role
from tenants import Tenants


def kill_all(tenants: Tenants) -> None:
    with psycopg.connect(tenants.admin_url) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'atelier_app' AND datname = current_database()"
        )


async def test_a_reader_survives_the_death_of_its_connection(
    cluster: PostgresCluster, database: str, tenants: Tenants
) -> None:
    actor = tenants.actor(Role.ADMIN)
    principal = Principal(actor.user_id, actor.workspace_id)
    connections = Connections(cluster.url(database, "atelier_app"), 2)
    reader = Reader(connections)
    before = await reader.standing(principal)
    kill_all(tenants)
    after = await reader.standing(principal)
    kill_all(tenants)
    begun = await reader.begin(principal)
    rows = await reader.fetch("SELECT id FROM workspaces")
    await reader.close()
    await connections.close()

    assert (before.role, after.role, begun.role) == ("admin",) * 3
    assert rows == [(actor.workspace_id,)]


async def test_what_a_reader_began_ends_with_it(
    cluster: PostgresCluster, database: str, tenants: Tenants
) -> None:
    actor = tenants.actor()
    connections = Connections(cluster.url(database, "atelier_app"), 1)
    reader, next_one = Reader(connections), Reader(connections)
    await reader.begin(Principal(actor.user_id, actor.workspace_id))
    await reader.close()

    seen = await next_one.ask("SELECT count(*) FROM workspaces")
    with pytest.raises(RuntimeError):
        await next_one.fetch("SELECT 1")
    await connections.close()

    assert seen == [(0,)]


async def test_a_reader_waits_for_a_connection_but_not_for_ever(
    cluster: PostgresCluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.sql.reader.POOL_PATIENCE_S", 0.05)
    connections = Connections(cluster.url(database, "atelier_app"), 1)
    first = await connections.take()
    with pytest.raises(PoolExhausted):
        await connections.take()
    await connections.give_back(first)

    assert await connections.take() is first
    await connections.give_back(first)
    await connections.close()


async def test_a_session_gets_a_living_connection_after_a_pause(
    cluster: PostgresCluster, database: str, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(cluster.url(database, "atelier_app"))

    async def ask() -> None:
        async with new_session(engine) as session:
            bind(session, NOBODY)
            await standing(session)
            await session.execute(text("SELECT 1"))

    await ask()
    kill_all(tenants)
    with pytest.raises(OperationalError):  # used a moment ago, so it was trusted
        await ask()
    await ask()
    kill_all(tenants)
    monkeypatch.setattr(sessions, "_TRUSTED_S", 0.0)
    await ask()
    await engine.dispose()
