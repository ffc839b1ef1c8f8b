"""What the platform leaves behind of its own work, on a clock that is forty days ahead."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.session import NOBODY, bind
from domain.jobs.schedule import CronEntry
from domain.jobs.system import SystemActor
from domain.retention.ports import PlatformTrail
from tenants import NEW, Tenants
from workshop import Play, Stage, Workshop

TABLES = ("outbox", "cron_runs", "jobs", "job_events", "job_steps")


async def worked(workshop: Workshop) -> None:
    """Seven jobs of the platform with a step each, two days of hourly slots, all messages sent."""

    async def step(stage: Stage) -> None:
        async def nothing() -> None:
            pass

        await stage.run.step("a", nothing)

    for _ in range(7):
        await workshop.enqueue(SystemActor(), workshop.part(step))
    entry = CronEntry(name="test.hourly", command=Play(), every=timedelta(hours=1))
    for hours in range(48):
        workshop.do(
            "INSERT INTO cron_runs (name, due) VALUES (%s, now() - %s * interval '1 hour')",
            entry.name,
            hours,
        )
    await workshop.drain()
    async with workshop.engine() as engine:
        await engine.keeper.relay.run()


async def test_forty_days_of_the_platforms_own_work_leave_nothing_but_the_newest_slots(
    workshop: Workshop, tenants: Tenants
) -> None:
    theirs = await workshop.enqueue(tenants.actor())
    await worked(workshop)
    later = datetime.now(UTC) + timedelta(days=40)

    def counted() -> dict[str, int]:
        return {table: workshop.ask(f"SELECT count(*) FROM {table}") for table in TABLES}

    before = counted()
    gone = []
    async with workshop.container() as scope:
        bind(await scope.get(AsyncSession), NOBODY)
        trail = await scope.get(PlatformTrail)
        assert await trail.remove(later - timedelta(days=50), 10) == 0
        assert counted() == before
        while removed := await trail.remove(later - timedelta(days=15), 10):
            gone.append(removed)
        after = counted()

    assert len(gone) > 1
    assert workshop.job(theirs)["status"] == "success"
    assert after == {
        "outbox": 0,
        "cron_runs": 1,
        "jobs": 1,
        "job_events": len(workshop.events(theirs)),
        "job_steps": 0,
    }


async def test_a_platform_run_that_is_not_over_is_kept(workshop: Workshop) -> None:
    subject = NEW()
    waiting = await workshop.enqueue(SystemActor(), subject=subject)
    later = datetime.now(UTC) + timedelta(days=40)

    async with workshop.container() as scope:
        bind(await scope.get(AsyncSession), NOBODY)
        await (await scope.get(PlatformTrail)).remove(later, 10)

    assert workshop.job(waiting)["status"] == "queued"
