"""Each part of the job engine is taken away, and a probe notices every time (R3).

A fault test only counts when a mutant of the mechanism makes it fail: the random soak alone does
not notice a missing guard, since step keys and intents back it up. One mutant of the plan has no
equivalent here: PostgreSQL never inlines a CTE that locks rows, so `MATERIALIZED` in the claim is
a promise to the reader; the mutant "no limit" shows that the probe for it works.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

import engine_probes as probes
from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from adapters.sql import jobs_board, jobs_queue, jobs_run
from adapters.sql import jobs_sql as sql
from application.jobs.heart import Heart
from application.jobs.lease import Lease
from engine_probes import Bench
from freezing import second
from tenants import Tenants
from workshop import Workshop

Probe = Callable[[Bench], Awaitable[None]]


@pytest.fixture(scope="module")
async def bench(
    workshop: Workshop,
    tenants: Tenants,
    cluster: PostgresCluster,
    valkey: ValkeyServer,
    database: str,
) -> AsyncIterator[Bench]:
    async with second(workshop, cluster.url(database, "atelier_worker"), valkey.url) as rival:
        yield Bench(workshop, rival, tenants)


@dataclass(frozen=True)
class Mutant:
    """`probe` holds for the engine as it is, and fails inside `applied`."""

    name: str
    probe: Probe
    applied: Callable[[Bench], AbstractContextManager[None]]


def without(name: str, old: str, new: str = "") -> Callable[[Bench], AbstractContextManager[None]]:
    """One of the engine's statements, said differently."""
    original: str = getattr(sql, name)
    assert old in original
    return patched(sql, name, original.replace(old, new))


def patched(owner: Any, name: str, value: Any) -> Callable[[Bench], AbstractContextManager[None]]:
    @contextmanager
    def apply(_: Bench) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, value)
            yield

    return apply


def ddl(change: str, undo: str) -> Callable[[Bench], AbstractContextManager[None]]:
    @contextmanager
    def apply(bench: Bench) -> Iterator[None]:
        bench.a.do(change)
        try:
            yield
        finally:
            bench.clear()
            bench.a.do(undo)

    return apply


@contextmanager
def no_identity(bench: Bench) -> Iterator[None]:
    """Neither the constraint nor the question for it."""
    name = "uq_jobs_subject"
    known = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s"
    definition = bench.a.ask(known, name)
    insert = sql.ENQUEUE.replace(f"ON CONFLICT ON CONSTRAINT {name} DO NOTHING", "")
    drop = ddl(
        f"ALTER TABLE jobs DROP CONSTRAINT {name}",
        f"ALTER TABLE jobs ADD CONSTRAINT {name} {definition}",
    )
    with drop(bench), patched(jobs_queue, "_ENQUEUE", text(insert))(bench):
        yield


async def ask_at_once(name: str, key: str, find: Any, wait: float) -> Any:
    return await find(key)


async def reap_once(board: jobs_board.SqlJobBoard) -> Any:
    async with board.pool.connection() as connection:
        await jobs_board._rows(connection, sql.REAP, lost=jobs_board._LOST)
    return []


async def do_not_watch(heart: Heart) -> None:
    """Nobody looks at the clock."""


def zombie(point: str, *, aware: bool) -> Probe:
    return lambda bench: probes.zombie(bench, point, aware=aware)


def refusal(change: str) -> Probe:
    return lambda bench: probes.refusals(bench, change)


NO_GUARD = text(sql.GUARD.replace(" AND fence = :fence AND lease_until IS NOT NULL", ""))
BY_STATUS = "j.lease_until IS NOT NULL", "j.status = 'processing'"
TRIGGERS = "ALTER TABLE jobs {} TRIGGER {}"
CHECK_LEASE = "CHECK ((status = 'processing') = (lease_until IS NOT NULL))"

MUTANTS = [
    Mutant(
        "no guard", zombie("intent committed", aware=False), patched(jobs_run, "_GUARD", NO_GUARD)
    ),
    Mutant("no fence at the end", probes.theft, without("SETTLE", "AND j.fence = v.fence ")),
    Mutant("no fence in the beat", probes.late_beat, without("BEAT", " AND j.fence = held.fence")),
    Mutant(
        "no time to settle",
        zombie("request under way", aware=False),
        patched(jobs_run, "_found", ask_at_once),
    ),
    Mutant(
        "no last look at the clock",
        zombie("renewal committed", aware=True),
        patched(Lease, "require", lambda _: None),
    ),
    Mutant("nobody watches the clock", probes.silence, patched(Heart, "_watch", do_not_watch)),
    Mutant("no deadline", probes.overdue, without("CLAIM", " AND j.expires_at > now()")),
    Mutant("waits for locks", probes.waiting, without("CLAIM", " SKIP LOCKED")),
    Mutant("no limit", probes.greed, without("CLAIM", " LIMIT free.slots")),
    Mutant("no cap", probes.monopoly, without("CLAIM", "place <= %(cap)s", "%(cap)s > 0")),
    Mutant("no turns", probes.queueing, without("CLAIM", "ORDER BY j.turn, j.id", "ORDER BY j.id")),
    Mutant("no identity", probes.twins, no_identity),
    Mutant("no end to losses", probes.poison, without("REAP", "j.lost + 1 >= j.max_lost", "false")),
    Mutant("one batch of dead", probes.backlog, patched(jobs_board.SqlJobBoard, "reap", reap_once)),
    Mutant("beats by status", probes.plans, without("BEAT_PATIENTLY", *BY_STATUS)),
    Mutant(
        "no rules for moves",
        refusal("status = 'success', finished_at = now()"),
        ddl(TRIGGERS.format("DISABLE", "guard_job"), TRIGGERS.format("ENABLE", "guard_job")),
    ),
    Mutant(
        "no rule for leases",
        refusal("status = 'processing', fence = fence + 1"),
        ddl(
            "ALTER TABLE jobs DROP CONSTRAINT ck_jobs_lease",
            f"ALTER TABLE jobs ADD CONSTRAINT ck_jobs_lease {CHECK_LEASE}",
        ),
    ),
    Mutant(
        "no events",
        probes.history,
        ddl(TRIGGERS.format("DISABLE", "log_jobs"), TRIGGERS.format("ENABLE", "log_jobs")),
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_what_is_taken_away_is_missed(bench: Bench, mutant: Mutant) -> None:
    bench.clear()
    await mutant.probe(bench)
    bench.clear()
    with mutant.applied(bench), pytest.raises(AssertionError):
        await mutant.probe(bench)
    bench.clear()
