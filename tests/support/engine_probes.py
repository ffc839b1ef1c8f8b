"""What the job engine must not do, each as a probe that raises AssertionError when it does it."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from adapters.sql import jobs_sql as sql
from domain.identity.access import Actor
from domain.jobs.claim import Claim
from domain.jobs.engine_ports import JobBoard
from freezing import ONCE, Duel, duel
from tenants import Tenants
from workshop import NEW, Stage, Workshop


@dataclass(frozen=True)
class Bench:
    """Two workers on one database, and people who ask for jobs."""

    a: Workshop
    b: Workshop
    tenants: Tenants

    def clear(self) -> None:
        self.a.do("DELETE FROM jobs")

    async def enqueue(self, count: int, actor: Actor | None = None) -> list[UUID]:
        """So many jobs of one workspace."""
        who = actor or self.tenants.actor()
        return [await self.a.enqueue(who) for _ in range(count)]

    async def claim(self, slots: int, **options: Any) -> Sequence[Claim]:
        async with self.a.engine(**options) as engine:
            return await engine.board.claim("a", {"io": slots})

    def expire(self) -> None:
        self.a.do(
            "UPDATE jobs SET lease_until = now() - interval '1 s' WHERE lease_until < 'infinity'"
        )

    def counted(self, condition: str) -> int:
        return int(self.a.ask(f"SELECT count(*) FROM jobs WHERE {condition}"))


async def zombie(bench: Bench, point: str, *, aware: bool) -> None:
    """Whoever wakes up late changes nothing."""
    async with duel(bench.a, bench.b, bench.tenants.actor(), point) as fight:
        fight.expire()
        await fight.take_over()
        await fight.thaw(aware=aware)
        await _finish(fight)
        assert fight.effects() == ONCE


async def _finish(fight: Duel) -> None:
    if fight.status() in {"queued", "processing"}:
        fight.expire()
        await fight.take_over()


async def theft(bench: Bench) -> None:
    """The late settlement of one claim does not end the next one, which is at work."""
    async with duel(bench.a, bench.b, bench.tenants.actor(), "before settling") as fight:
        fight.expire()
        async with bench.b.engine(worker="b") as engine:
            await engine.board.reap()
            await engine.board.hasten()
            assert [claim.fence for claim in await engine.board.claim("b", {"io": 1})] == [2]
            await fight.thaw(aware=False)
        job = bench.a.job(fight.job)
        assert (job["status"], job["fence"], job["worker"]) == ("processing", 2, "b")


async def late_beat(bench: Bench) -> None:
    """A heartbeat for an old claim extends nothing."""
    [job] = await bench.enqueue(1)
    await bench.claim(1)
    async with bench.a.engine() as engine:
        bench.expire()
        await engine.board.reap()
        await engine.board.hasten()
        await engine.board.claim("b", {"io": 1})
        assert await engine.board.beat({job: 1}) == {}  # type: ignore[dict-item]


async def silence(bench: Bench) -> None:
    """A handler is stopped when no heartbeat gets through for nine tenths of a lease."""
    stopped = asyncio.Event()

    async def endless(stage: Stage) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    await bench.a.enqueue(bench.tenants.actor(), bench.a.part(endless))
    async with bench.a.engine(lease=0.2) as engine:
        watching = asyncio.create_task(engine.heart._watch())
        await engine.runner.start_due()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await stopped.wait()
        told = stopped.is_set()
        watching.cancel()
        engine.heart.stop_all()
        await engine.runner.wait()
    assert told


async def overdue(bench: Bench) -> None:
    """Nobody starts a job whose deadline has passed."""
    await bench.enqueue(1)
    bench.a.do("UPDATE jobs SET expires_at = now() - interval '1 s'")
    assert list(await bench.claim(5)) == []


async def waiting(bench: Bench) -> None:
    """Claims step over a job that somebody is just writing."""
    first, second = await bench.enqueue(2)
    with psycopg.connect(bench.a.url("postgres")) as other:
        other.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (first,))
        claims: Sequence[Claim] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                claims = await bench.claim(5)
        assert [claim.id for claim in claims] == [second]


async def greed(bench: Bench) -> None:
    """A worker gets no more jobs than it has room for."""
    await bench.enqueue(12)
    assert len(await bench.claim(5)) == 5


async def monopoly(bench: Bench) -> None:
    """No workspace has more jobs at work than its cap, over several claims."""
    await bench.enqueue(8)
    taken = [len(await bench.claim(3, cap=4)) for _ in range(3)]
    assert taken == [3, 1, 0]


async def queueing(bench: Bench) -> None:
    """R15: who asks for ten jobs does not wait for another's three hundred."""
    await bench.a.enqueue_many(bench.tenants.actor(), 300)
    few = bench.tenants.actor()
    await bench.enqueue(10, few)
    first = Counter(claim.workspace_id for claim in await bench.claim(20))
    assert first[few.workspace_id] >= 9


async def twins(bench: Bench) -> None:
    """R12: one identity is one job, however many ask at once."""
    actor, subject = bench.tenants.actor(), NEW()
    ids = await asyncio.gather(
        *(bench.a.enqueue(actor, subject=subject) for _ in range(8)), return_exceptions=True
    )
    assert len(set(ids)) == 1
    assert bench.counted("true") == 1


async def backlog(bench: Bench) -> None:
    """One round of the reaper takes all dead jobs, however many."""
    await bench.a.enqueue_many(bench.tenants.actor(), 450)
    await bench.claim(450)
    bench.expire()
    async with bench.b.engine() as engine:
        await engine.board.reap()
    assert bench.counted("status = 'processing'") == 0


async def poison(bench: Bench) -> None:
    """R14: a job that kills its workers fails after five losses, and its neighbours succeed."""
    neighbours = await bench.enqueue(3)
    [bad] = await bench.enqueue(1)
    losses = 0
    async with bench.a.engine() as engine:
        while bench.a.job(bad)["status"] not in {"failed", "success"} and losses < 9:
            await _lose(bench, engine.board, bad)
            losses += 1
    await bench.a.drain()
    assert (losses, bench.a.job(bad)["status"]) == (5, "failed")
    assert bench.a.job(bad)["error"]["code"] == "jobs.lease-lost"
    assert {bench.a.job(each)["status"] for each in neighbours} == {"success"}


async def _lose(bench: Bench, board: JobBoard, job: UUID) -> None:
    await board.hasten()
    bench.a.do(
        "UPDATE jobs SET run_at = now() + interval '1 hour' WHERE fence = 0 AND id <> %s", job
    )
    await board.claim("doomed", {"io": 1})
    bench.expire()
    await board.reap()
    bench.a.do("UPDATE jobs SET run_at = now() WHERE fence = 0")


async def history(bench: Bench) -> None:
    """Every change leaves its event, and an end its message."""
    [job] = await bench.enqueue(1)
    await bench.a.drain()
    assert bench.a.events(job) == ["queued", "processing", "success"]
    mine = "SELECT count(*) FROM outbox WHERE payload->>'job_id' = %s"
    assert bench.a.ask(mine, str(job)) == 1


async def refusals(bench: Bench, change: str) -> None:
    """The database itself refuses what no engine may do."""
    [job] = await bench.enqueue(1)
    try:
        bench.a.do(f"UPDATE jobs SET {change} WHERE id = %s", job)
    except psycopg.errors.CheckViolation:
        return
    raise AssertionError(f"the database let {change} pass")


async def plans(bench: Bench) -> None:
    """R16: heartbeat, guard and settlement find their rows by the primary key.

    The statistics are of a moment when nothing was at work, which is when the planner errs.
    """
    with psycopg.connect(bench.a.url("postgres"), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "INSERT INTO jobs (id, root_id, kind, queue, subject, payload, status, finished_at)"
            " SELECT u, u, 'x', 'io', u, '{}', 'success', now()"
            " FROM (SELECT gen_random_uuid() AS u FROM generate_series(1, 20000)) AS n"
        )
        admin.execute("ANALYZE jobs")
        await bench.enqueue(2)
        await bench.claim(2)
        used = {name: _indexes(admin, name, values) for name, values in _HOT.items()}
    assert used == {name: {"pk_jobs"} for name in _HOT}, used


_ONE: Mapping[str, Any] = {"id": UUID(int=1), "fence": 1, "lease": 30.0}
_MANY: Mapping[str, Any] = {"ids": [UUID(int=1)], "fences": [1], "lease": 30.0}
_END: Mapping[str, Any] = {
    **_MANY,
    "statuses": ["success"],
    "errors": [None],
    "charges": [0],
    "delays": [0.0],
    "gave_up": "{}",
    "expired": "{}",
}
_HOT = {"BEAT": _MANY, "BEAT_PATIENTLY": _ONE, "GUARD": _ONE, "SETTLE": _END}


def _indexes(admin: psycopg.Connection[Any], name: str, values: Mapping[str, Any]) -> set[str]:
    """Which indexes of `jobs` the planner means to use; a scan of the table counts as one."""
    statement = getattr(sql, name).replace(":id", "%(id)s").replace(":fence", "%(fence)s")
    plan = admin.execute(f"EXPLAIN {statement}", values).fetchall()
    words = [line.split() for (line,) in plan if "Scan" in line and " on jobs" in line]
    return {line[line.index("using") + 1] if "using" in line else " ".join(line) for line in words}
