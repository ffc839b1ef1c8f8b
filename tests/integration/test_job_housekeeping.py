"""What workers do besides working, several at once: clock, outbox, roster, reaper."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from adapters.sql.jobs_board import is_outage
from adapters.sql.jobs_house import SqlCronLedger, SqlOutbox, SqlRoster
from application.jobs.cron import Cron, subject
from domain.jobs.schedule import CronEntry, Missed
from domain.jobs.system import SystemActor
from entrypoints.wiring.job_engine import _cron
from tenants import NEW, Tenants
from workshop import Play, Workshop

START = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class MovedLedger(SqlCronLedger):
    """The real ledger, at a time of our choice."""

    at: datetime

    async def now(self) -> datetime:
        return self.at


async def cron_at(workshop: Workshop, at: datetime, missed: Missed, name: str) -> Cron:
    real = (await _cron(workshop.container)).ledger
    assert isinstance(real, SqlCronLedger)
    entry = CronEntry(name=name, command=Play(), every=EVERY, missed=missed)
    return Cron([entry], MovedLedger(real.engine, real.queue, at))


def slots(workshop: Workshop, name: str) -> list[datetime]:
    found = workshop.ask(
        "SELECT array_agg(to_timestamp(version) ORDER BY version) FROM jobs WHERE subject = %s",
        subject(name),
    )
    return [each.astimezone(UTC) for each in found or []]


async def test_120_slots_on_four_workers_are_exactly_120_runs(workshop: Workshop) -> None:
    """R11: whichever worker's tick comes first, the database's clock and key decide."""
    name = f"bell-{NEW()}"
    await (await cron_at(workshop, START, Missed.ONCE, name)).tick()
    for second in range(1, 121):
        at = START + second * EVERY
        crons = [await cron_at(workshop, at, Missed.ONCE, name) for _ in range(4)]
        won = await asyncio.gather(*(cron.tick() for cron in crons))
        assert sum(won) == 1

    assert slots(workshop, name) == [START + second * EVERY for second in range(1, 121)]
    workshop.do("DELETE FROM jobs")


@pytest.mark.parametrize(
    ("missed", "runs"), [(Missed.EACH, range(1, 61)), (Missed.ONCE, [60]), (Missed.SKIP, [60])]
)
async def test_missed_slots_run_as_their_entry_says(
    workshop: Workshop, missed: Missed, runs: range | list[int]
) -> None:
    name = f"late-{NEW()}"
    await (await cron_at(workshop, START, missed, name)).tick()
    crons = [await cron_at(workshop, START + timedelta(minutes=1), missed, name) for _ in range(3)]

    won = await asyncio.gather(*(cron.tick() for cron in crons))

    assert sum(won) == len(runs)
    assert slots(workshop, name) == [START + second * EVERY for second in runs]
    workshop.do("DELETE FROM jobs")


async def test_a_message_is_with_one_sender_until_it_is_sent_or_postponed(
    workshop: Workshop, tenants: Tenants
) -> None:
    workshop.do("DELETE FROM outbox")
    for _ in range(6):
        await workshop.enqueue(tenants.actor())
    await workshop.drain()
    async with workshop.engine() as engine:
        outbox = SqlOutbox(engine.pool)
        first, second = await asyncio.gather(outbox.take(3), outbox.take(3))
        assert len({message.id for message in [*first, *second]}) == 6
        assert await outbox.take(10) == []

        await outbox.sent([message.row for message in first])
        await outbox.postpone([message.row for message in second], 0.0)

        again = await outbox.take(10)
        assert {message.id for message in again} == {message.id for message in second}
        assert {message.attempt for message in again} == {2}
        assert {message.topic for message in again} == {"job.success"}


async def test_a_worker_is_on_the_roster_until_it_leaves_or_falls_silent(
    workshop: Workshop,
) -> None:
    async with workshop.engine() as engine:
        roster = SqlRoster(engine.pool)
        await roster.report("quiet", {"io": 1}, 0)
        await roster.report("busy", {"io": 2}, 2)
        await roster.report("gone", {"io": 1}, 0)
        workshop.do("UPDATE job_workers SET seen_at = now() - interval '11 m' WHERE name = 'quiet'")

        await roster.leave("gone")
        await roster.report("busy", {"io": 2}, 1)

    assert workshop.ask("SELECT array_agg(name || running) FROM job_workers") == ["busy1"]


async def test_old_workers_leave_kinds_alone_that_they_do_not_know(workshop: Workshop) -> None:
    """During a deployment old and new ones run together."""
    job = await workshop.enqueue(SystemActor())
    workshop.do("DELETE FROM jobs WHERE id = %s", job)
    workshop.do(
        "INSERT INTO jobs (id, root_id, kind, queue, subject, payload)"
        " VALUES (%(id)s, %(id)s, 'of.tomorrow', 'io', %(id)s, '{}')".replace("%(id)s", f"'{job}'")
    )
    assert await workshop.drain() == 0
    assert workshop.job(job)["status"] == "queued"
    workshop.do("DELETE FROM jobs")


async def test_a_vanished_database_is_an_outage_and_a_refused_statement_is_not(
    workshop: Workshop,
) -> None:
    async with workshop.engine() as engine:
        async with engine.pool.connection() as connection:
            with pytest.raises(Exception, match="does not exist") as refused:
                await connection.execute("SELECT nothing")
            with pytest.raises(Exception, match="terminating") as vanished:
                await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        assert not is_outage(refused.value)
        assert is_outage(vanished.value)
        assert await engine.board.claim("w", {"io": 1}) == ()  # on a fresh connection
