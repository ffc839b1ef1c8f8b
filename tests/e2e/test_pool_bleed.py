"""Connections are shared, what they show is not (S3)."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, Person, ask, running_api, settings_for

TENANTS, CLIENTS, REQUESTS = 10, 40, 900
TEMPLATES = (
    "INSERT INTO templates (workspace_id, id, name, latest_number, created_by, created_at,"
    " updated_at, version) SELECT %s, gen_random_uuid(), 'Letter', 1, %s, now(), now(), 1"
    " FROM generate_series(1, 20)"
)


@pytest.fixture
async def narrow(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> AsyncIterator[Api]:
    """A pool of five for forty clients."""
    settings = settings_for(cluster.url(database, "atelier_app"), valkey.url, database_pool_size=5)
    async with running_api(settings) as api:
        yield api


async def test_no_answer_ever_holds_a_row_of_another_workspace(
    cluster: PostgresCluster, database: str, narrow: Api
) -> None:
    people = [await narrow.register(f"tenant{number}") for number in range(TENANTS)]
    with psycopg.connect(cluster.url(database)) as superuser:
        for person in people:
            superuser.execute(TEMPLATES, (person.workspace_id, person.user_id))
    chance, seen, foreign = random.Random(7), [0], []
    todo = iter(range(REQUESTS))

    def check(person: Person, answer: object) -> None:
        seen[0] += 1
        others = [other for other in people if other is not person]
        if any(
            other.workspace_id in str(answer) or other.user_id in str(answer) for other in others
        ):
            foreign.append((person, answer))

    async def client() -> None:
        for _ in todo:
            person = chance.choice(people)
            path = chance.choice(
                ["/workspace", "/members", "/me", "/invitations", "/audit/entries", "/templates"]
            )
            request = asyncio.create_task(ask(narrow, person, "GET", path))
            if chance.random() < 0.1:
                await asyncio.sleep(chance.random() * 0.01)
                request.cancel()
            answer = (await asyncio.gather(request, return_exceptions=True))[0]
            if not isinstance(answer, BaseException):
                assert answer.status_code == 200, answer.text
                check(person, answer.text)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))

    assert foreign == []
    assert seen[0] > REQUESTS * 0.8


async def test_a_process_keeps_to_its_connections_whatever_it_is_asked_at_once(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> None:
    url = cluster.url(database, "atelier_app")
    seen: list[int] = []
    async with (
        running_api(settings_for(url, valkey.url, database_pool_size=4)) as api,
        await psycopg.AsyncConnection.connect(
            cluster.url(database, "postgres"), autocommit=True
        ) as admin,
    ):
        before = await connections(admin)
        ada = await api.register("ada")
        key = {"name": "robot", "role": "viewer"}
        storm = asyncio.gather(
            *(ask(api, ada, "POST", "/api-keys", json=key) for _ in range(40)),
            *(ask(api, ada, "GET", "/jobs") for _ in range(40)),
        )
        while not storm.done():
            seen.append(await connections(admin) - before)
            await asyncio.sleep(0.005)
        answers = await storm

    assert {answer.status_code for answer in answers} == {200, 201}
    assert 4 <= max(seen) <= 8, seen


async def connections(admin: psycopg.AsyncConnection[Any]) -> int:
    row = await (
        await admin.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE usename = 'atelier_app' AND datname = current_database()"
        )
    ).fetchone()
    assert row is not None
    return int(row[0])
