"""What every `Quotas` does: nobody gets more than there is, and what ends is given back."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.usage import SqlQuotas, SqlUsageLedger
from domain.identity.access import Actor, Role
from domain.kernel.errors import OverQuota, TooMany
from domain.kernel.pages import PageRequest
from domain.usage.quota import (
    PLATFORM,
    Catalogue,
    LimitChanged,
    QuotaKind,
    QuotaRule,
    UnknownQuota,
)
from tenants import NEW, MovableClock, Tenants

CATALOGUE = Catalogue.of(
    *PLATFORM,
    QuotaRule(name="concurrent_runs", kind=QuotaKind.STOCK, unit="runs", limit=10),
    QuotaRule(name="ai_spend_micros", kind=QuotaKind.RATE, unit="µ$", limit=1000),
)
CLOCK = MovableClock()
RUNS, SPEND = "concurrent_runs", "ai_spend_micros"


def quotas_of(session: AsyncSession, clock: MovableClock = CLOCK) -> SqlQuotas:
    return SqlQuotas(session, CATALOGUE, clock)


async def used(tenants: Tenants, actor: Actor, quota: str, clock: MovableClock = CLOCK) -> int:
    async with tenants.session(actor) as session:
        return (await quotas_of(session, clock).use(actor.workspace_id, quota)).used


async def ledger(tenants: Tenants, actor: Actor) -> list[tuple[str, int]]:
    async with tenants.session(actor) as session:
        page = await SqlUsageLedger(session).page(actor.workspace_id, PageRequest(), quota=None)
    return [(entry.quota, entry.amount) for entry in reversed(page.items)]


async def test_two_hundred_rivals_for_ten_units_get_exactly_ten(tenants: Tenants) -> None:
    actor = tenants.actor()

    async def rival() -> bool:
        async with tenants.session(actor) as session:
            try:
                await quotas_of(session).reserve(actor, RUNS, 1, subject=NEW())
            except OverQuota:
                return False
            await session.commit()
            return True

    admitted = await asyncio.gather(*(rival() for _ in range(200)))

    assert sum(admitted) == 10
    assert await used(tenants, actor, RUNS) == 10


async def test_what_is_rolled_back_was_never_taken(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        await quotas_of(session).reserve(actor, RUNS, 7, subject=NEW())

    assert await used(tenants, actor, RUNS) == 0


async def test_a_refusal_tells_what_is_used_and_what_is_left(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        await quotas_of(session).reserve(actor, RUNS, 7, subject=NEW())
        with pytest.raises(OverQuota) as refused:
            await quotas_of(session).reserve(actor, RUNS, 4, subject=NEW())

    assert refused.value.code == "usage.over-quota"
    assert refused.value.facts == {"quota": RUNS, "limit": 10, "used": 7, "left": 3, "wanted": 4}


async def test_a_rate_refuses_until_its_window_is_over(tenants: Tenants) -> None:
    actor, clock = tenants.actor(), MovableClock()
    async with tenants.session(actor) as session:
        quotas = quotas_of(session, clock)
        await quotas.reserve(actor, SPEND, 900, subject=NEW())
        await session.commit()
        with pytest.raises(TooMany) as refused:
            await quotas.reserve(actor, SPEND, 101, subject=NEW())
        await session.rollback()
        seconds = refused.value.facts["retry_after"]
        assert isinstance(seconds, int)
        clock.move(timedelta(seconds=seconds - 2))
        with pytest.raises(TooMany):
            await quotas.reserve(actor, SPEND, 101, subject=NEW())
        await session.rollback()
        clock.move(timedelta(seconds=2))
        await quotas.reserve(actor, SPEND, 101, subject=NEW())
        await session.commit()

    assert seconds == int(timedelta(hours=13, minutes=30).total_seconds()) + 1
    assert await used(tenants, actor, SPEND, clock) == 101


async def test_more_than_a_whole_day_allows_is_not_told_to_wait(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        with pytest.raises(OverQuota):
            await quotas_of(session).reserve(actor, SPEND, 1001, subject=NEW())


async def test_reserving_again_changes_what_the_subject_holds(tenants: Tenants) -> None:
    actor, run = tenants.actor(), NEW()
    async with tenants.session(actor) as session:
        quotas = quotas_of(session)
        for amount in (4, 4, 9, 2):
            await quotas.reserve(actor, RUNS, amount, subject=run)
            await session.commit()
            assert (await quotas.use(actor.workspace_id, RUNS)).used == amount
        with pytest.raises(OverQuota):
            await quotas.reserve(actor, RUNS, 11, subject=run)
        await session.commit()

    assert await used(tenants, actor, RUNS) == 2


async def test_settling_counts_what_it_really_took_and_writes_the_ledger(tenants: Tenants) -> None:
    actor, run = tenants.actor(), NEW()
    async with tenants.session(actor) as session:
        quotas = quotas_of(session)
        await quotas.reserve(actor, SPEND, 500, subject=run)
        await quotas.settle(actor, SPEND, subject=run, actual=320, facts={"model": "m"})
        await quotas.settle(actor, SPEND, subject=run, actual=320)
        await quotas.release(actor.workspace_id, subject=run)
        await quotas.reserve(actor, SPEND, 500, subject=run)
        await session.commit()
        entry = (
            await SqlUsageLedger(session).page(actor.workspace_id, PageRequest(), quota=SPEND)
        ).items[0]

    assert await used(tenants, actor, SPEND) == 320
    assert await ledger(tenants, actor) == [(SPEND, 320)]
    assert (entry.subject, entry.actor_id, entry.facts) == (run, actor.user_id, {"model": "m"})


async def test_settling_may_exceed_the_limit_because_it_has_happened(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        quotas = quotas_of(session)
        await quotas.settle(actor, SPEND, subject=NEW(), actual=1500)
        with pytest.raises(TooMany) as refused:
            await quotas.reserve(actor, SPEND, 1, subject=NEW())

    assert refused.value.facts["left"] == 0


async def test_what_was_reserved_yesterday_and_settled_today_burdens_yesterday(
    tenants: Tenants,
) -> None:
    actor, clock, run = tenants.actor(), MovableClock(), NEW()
    async with tenants.session(actor) as session:
        quotas = quotas_of(session, clock)
        await quotas.reserve(actor, SPEND, 500, subject=run)
        clock.move(timedelta(days=1))
        await quotas.reserve(actor, SPEND, 50, subject=NEW())
        await quotas.settle(actor, SPEND, subject=run, actual=400)
        await session.commit()

    assert await used(tenants, actor, SPEND, clock) == 50
    assert await ledger(tenants, actor) == [(SPEND, 400)]


async def test_releasing_gives_back_what_is_held_once(tenants: Tenants) -> None:
    actor, run, other = tenants.actor(), NEW(), NEW()
    async with tenants.session(actor) as session:
        quotas = quotas_of(session)
        await quotas.reserve(actor, RUNS, 4, subject=run)
        await quotas.reserve(actor, SPEND, 40, subject=run)
        await quotas.reserve(actor, RUNS, 3, subject=other)
        await quotas.release(actor.workspace_id, subject=run)
        await quotas.release(actor.workspace_id, subject=run)
        await session.commit()

    assert (await used(tenants, actor, RUNS), await used(tenants, actor, SPEND)) == (3, 0)
    assert await ledger(tenants, actor) == []


async def test_a_stock_that_was_used_leaves_two_lines_in_the_ledger(tenants: Tenants) -> None:
    actor, run = tenants.actor(), NEW()
    async with tenants.session(actor) as session:
        quotas = quotas_of(session)
        await quotas.reserve(actor, RUNS, 4, subject=run)
        await quotas.settle(actor, RUNS, subject=run, actual=5)
        await session.commit()
        assert (await quotas.use(actor.workspace_id, RUNS)).used == 5
        await quotas.release(actor.workspace_id, subject=run)
        await session.commit()

    assert await used(tenants, actor, RUNS) == 0
    assert await ledger(tenants, actor) == [(RUNS, 5), (RUNS, -5)]


async def test_workspaces_do_not_share_a_quota(tenants: Tenants) -> None:
    actor, neighbour = tenants.actor(), tenants.actor()
    for one in (actor, neighbour):
        async with tenants.session(one) as session:
            await quotas_of(session).reserve(one, RUNS, 10, subject=NEW())
            await session.commit()

    assert [await used(tenants, one, RUNS) for one in (actor, neighbour)] == [10, 10]


async def test_a_limit_of_ones_own_replaces_the_default_and_can_be_dropped(
    tenants: Tenants,
) -> None:
    admin = tenants.actor(Role.ADMIN)
    async with tenants.session(admin) as session:
        quotas = quotas_of(session)
        await quotas.set_limit(admin, RUNS, 2, version=1)
        own = await quotas.use(admin.workspace_id, RUNS)
        with pytest.raises(OverQuota):
            await quotas.reserve(admin, RUNS, 3, subject=NEW())
        await quotas.set_limit(admin, RUNS, None, version=2)
        await quotas.reserve(admin, RUNS, 3, subject=NEW())
        default = await quotas.use(admin.workspace_id, RUNS)

    assert (own.limit, own.overridden, own.version) == (2, True, 2)
    assert (default.limit, default.overridden, default.version) == (10, False, 3)


async def test_the_second_of_two_admins_is_told(tenants: Tenants) -> None:
    admin = tenants.actor(Role.ADMIN)
    async with tenants.session(admin) as session:
        quotas = quotas_of(session)
        await quotas.set_limit(admin, RUNS, 2, version=1)
        for version in (1, 7):
            with pytest.raises(LimitChanged):
                await quotas.set_limit(admin, RUNS, 3, version=version)


async def test_an_unknown_quota_is_said_to_be_unknown(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        with pytest.raises(UnknownQuota):
            await quotas_of(session).reserve(actor, "moon_landings", 1, subject=NEW())


async def test_the_worker_reserves_in_the_workspace_of_its_job(tenants: Tenants) -> None:
    actor, run = tenants.actor(), NEW()
    async with tenants.session(actor, worker=True) as session:
        await quotas_of(session).reserve(actor, RUNS, 2, subject=run)
        await quotas_of(session).settle(actor, RUNS, subject=run, actual=2)
        await session.commit()

    assert await used(tenants, actor, RUNS) == 2
