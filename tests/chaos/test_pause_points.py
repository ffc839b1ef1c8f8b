"""A worker freezes at each await of the engine, another takes over, then the first goes on (R2)."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from freezing import ONCE, Duel, duel, second
from tenants import Tenants
from workshop import Workshop

POINTS = [
    "after claim",
    "before reading the claim",
    "after reading the claim",
    "first line",
    "before guard",
    "after guard",
    "after effect",
    "after step mark",
    "step mark committed",
    "between step and call",
    "before progress",
    "before intent",
    "after intent",
    "intent committed",
    "before renewal",
    "after renewal",
    "renewal committed",
    "request under way",
    "answer under way",
    "before withdrawal",
    "after withdrawal",
    "withdrawal committed",
    "before call mark",
    "after call mark",
    "call mark committed",
    "last line",
    "before settling",
    "after settling",
]
# Here A has spoken its last proof: whether it goes on is for its own clock to decide.
CLOCK_DECIDES = {"renewal committed"}


@pytest.fixture(scope="module")
async def rival(
    workshop: Workshop, cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> AsyncIterator[Workshop]:
    async with second(workshop, cluster.url(database, "atelier_worker"), valkey.url) as rival:
        yield rival


async def ended(fight: Duel) -> None:
    """Whatever is left to do is done by somebody."""
    if fight.status() in {"queued", "processing"}:
        fight.expire()
        await fight.take_over()
    assert fight.status() == "success"
    assert fight.effects() == ONCE
    assert fight.a.events(fight.job)[-1] == "success"  # and the events have no gap


@pytest.mark.parametrize(
    ("point", "aware"),
    [(point, True) for point in POINTS]
    + [(point, False) for point in POINTS if point not in CLOCK_DECIDES],
)
async def test_a_frozen_worker_wakes_up_after_another_took_over(
    workshop: Workshop, rival: Workshop, tenants: Tenants, point: str, *, aware: bool
) -> None:
    async with duel(workshop, rival, tenants.actor(), point) as fight:
        fight.expire()
        await fight.take_over()
        await fight.thaw(aware=aware)

        await ended(fight)


@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_is_killed_there(
    workshop: Workshop, rival: Workshop, tenants: Tenants, point: str
) -> None:
    async with duel(workshop, rival, tenants.actor(), point) as fight:
        await fight.cut()
        fight.expire()
        await fight.take_over()

        await ended(fight)


@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_loses_its_connections_there(
    workshop: Workshop, rival: Workshop, tenants: Tenants, point: str
) -> None:
    async with duel(workshop, rival, tenants.actor(), point) as fight:
        await fight.cut()
        fight.expire()
        await fight.take_over()
        await fight.thaw(aware=point in CLOCK_DECIDES)

        await ended(fight)


async def test_the_first_heartbeat_after_a_freeze_stops_the_handler(
    workshop: Workshop, rival: Workshop, tenants: Tenants
) -> None:
    async with duel(workshop, rival, tenants.actor(), "last line") as fight:
        fight.expire()
        await fight.take_over()

        await fight.engine.heart.beat()
        await fight.stopped()

        await ended(fight)


async def test_a_heartbeat_waits_for_no_transaction_of_its_own_handler(
    workshop: Workshop, rival: Workshop, tenants: Tenants
) -> None:
    async with duel(workshop, rival, tenants.actor(), "after effect") as fight:
        beating = asyncio.create_task(fight.engine.heart.beat())
        await fight.thaw(aware=False)
        await beating

        await ended(fight)
