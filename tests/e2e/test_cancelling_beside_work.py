"""A run is cancelled while its jobs hold the locks they need: nobody waits in a circle."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.sql.bulk_runs import SqlBulkRuns
from adapters.sql.bulk_shards import SqlBulkShards
from api import Person
from studio import Studio, sheet_of, word_file

LETTER = word_file("Dear {{ name }}.")
WAITING = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
ROWS = [{"name": "Ada"}, {"name": "Bob"}]


class Turnstile:
    """The first call that comes here waits until it is let through."""

    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def pass_through(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            await self.open.wait()


@pytest.fixture
def turnstile() -> Turnstile:
    return Turnstile()


async def until_somebody_waits(cluster: PostgresCluster, database: str) -> None:
    async with await psycopg.AsyncConnection.connect(
        cluster.url(database, "postgres"), autocommit=True
    ) as admin:
        for _ in range(1000):
            if await (await admin.execute(WAITING)).fetchone():
                return
            await asyncio.sleep(0.01)
    pytest.fail("the cancel waits for nothing")


async def started(studio: Studio) -> tuple[Person, str]:
    person = await studio.api.register()
    template = await studio.template(person, LETTER)
    body = {
        "template_id": template["template"]["id"],
        "sheet_id": await studio.sheet(person, sheet_of(ROWS)),
    }
    run = (await studio.call(person, "POST", "/bulk-runs", 202, json=body)).json()
    return person, run["id"]


async def cancelled_beside(
    studio: Studio, turnstile: Turnstile, waiting: Callable[[], Awaitable[None]]
) -> tuple[Any, list[Any]]:
    """The run as its cancel answered, and what became of its jobs."""
    person, run = await started(studio)
    async with asyncio.timeout(60):
        working = asyncio.create_task(studio.drain())
        await turnstile.reached.wait()
        cancel = asyncio.create_task(studio.call(person, "POST", f"/bulk-runs/{run}/cancel"))
        await waiting()
        turnstile.open.set()
        answer = await cancel
        await working
        jobs = (await studio.call(person, "GET", "/jobs")).json()["items"]
    return answer.json(), jobs


async def test_a_run_is_cancelled_while_a_shard_is_settled(
    studio: Studio,
    cluster: PostgresCluster,
    database: str,
    turnstile: Turnstile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settle = SqlBulkShards.settle

    async def slow(self: SqlBulkShards, *facts: Any) -> Any:
        settled = await settle(self, *facts)
        await turnstile.pass_through()  # the run's row is locked, its events are not
        return settled

    monkeypatch.setattr(SqlBulkShards, "settle", slow)

    run, jobs = await cancelled_beside(
        studio, turnstile, lambda: until_somebody_waits(cluster, database)
    )

    assert run["status"] == "cancelled"
    assert [(job["attempt"], job["error"]) for job in jobs] == [(0, None)] * len(jobs)


async def test_a_run_is_cancelled_while_its_rows_are_handed_over(
    studio: Studio,
    cluster: PostgresCluster,
    database: str,
    turnstile: Turnstile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    get = SqlBulkRuns.get

    async def slow(self: SqlBulkRuns, *where: Any, lock: bool = False) -> Any:
        if lock:
            await self._session.connection()  # the proof: the job's row is locked, the run's not
            await turnstile.pass_through()
        return await get(self, *where, lock=lock)

    monkeypatch.setattr(SqlBulkRuns, "get", slow)

    run, jobs = await cancelled_beside(
        studio, turnstile, lambda: until_somebody_waits(cluster, database)
    )

    assert run["status"] == "cancelled"
    assert {job["status"] for job in jobs} <= {"success", "cancelled"}
