"""Quotas that follow jobs and artifacts: what ends gives back what it held."""

import asyncio
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.usage import SqlQuotas, SqlUsageLedger
from domain.identity.access import Actor, Role
from domain.kernel.errors import OverQuota
from domain.kernel.pages import PageRequest
from domain.usage.quota import BYTES_STORED, JOBS_QUEUED, PLATFORM, Catalogue, QuotaKind, QuotaRule
from tenants import NEW, MovableClock, Tenants

RUNS = "concurrent_runs"
CATALOGUE = Catalogue.of(
    *PLATFORM, QuotaRule(name=RUNS, kind=QuotaKind.STOCK, unit="runs", limit=10)
)


def quotas_of(session: AsyncSession) -> SqlQuotas:
    return SqlQuotas(session, CATALOGUE, MovableClock())


async def used(tenants: Tenants, actor: Actor, quota: str) -> int:
    async with tenants.session(actor) as session:
        return (await quotas_of(session).use(actor.workspace_id, quota)).used


def unfinished(tenants: Tenants, actor: Actor, *jobs: UUID) -> None:
    with psycopg.connect(tenants.admin_url) as owner:
        for job in jobs:
            owner.execute(
                "INSERT INTO jobs (id, workspace_id, root_id, kind, queue, subject, payload)"
                " VALUES (%s, %s, %s, 'k', 'io', %s, '{}')",
                (job, actor.workspace_id, job, NEW()),
            )


def end(tenants: Tenants, *jobs: UUID, status: str = "cancelled") -> None:
    with psycopg.connect(tenants.admin_url) as owner:
        for job in jobs:
            owner.execute(
                "UPDATE jobs SET status = %s, finished_at = now() WHERE id = %s", (status, job)
            )


async def test_two_hundred_parallel_enqueues_for_ten_free_places_get_exactly_ten(
    tenants: Tenants,
) -> None:
    admin = tenants.actor(Role.ADMIN)
    async with tenants.session(admin) as session:
        await quotas_of(session).set_limit(admin, JOBS_QUEUED, 25, version=1)
        await quotas_of(session).admit_jobs(admin, 15)
        await session.commit()
    unfinished(tenants, admin, *(NEW() for _ in range(15)))

    async def rival() -> bool:
        async with tenants.session(admin) as session:
            try:
                await quotas_of(session).admit_jobs(admin, 1)
            except OverQuota:
                return False
            job = NEW()
            await session.execute(
                text(
                    "INSERT INTO jobs (id, workspace_id, root_id, actor_id, kind, queue, subject,"
                    " payload) VALUES (:job, :workspace, :job, :user, 'k', 'io', :job, '{}')"
                ),
                {"job": job, "workspace": admin.workspace_id, "user": admin.user_id},
            )
            await session.commit()
            return True

    admitted = await asyncio.gather(*(rival() for _ in range(200)))

    assert sum(admitted) == 10
    assert await used(tenants, admin, JOBS_QUEUED) == 25


async def test_a_job_that_ends_frees_its_place(tenants: Tenants) -> None:
    admin, jobs = tenants.actor(Role.ADMIN), [NEW() for _ in range(3)]
    async with tenants.session(admin) as session:
        quotas = quotas_of(session)
        await quotas.set_limit(admin, JOBS_QUEUED, 3, version=1)
        await quotas.admit_jobs(admin, 3)
        await session.commit()
        unfinished(tenants, admin, *jobs)
        with pytest.raises(OverQuota) as refused:
            await quotas.admit_jobs(admin, 1)
        await session.rollback()
        end(tenants, *jobs[:2])
        await quotas.admit_jobs(admin, 2)
        await session.commit()

    assert refused.value.facts["used"] == 3
    assert await used(tenants, admin, JOBS_QUEUED) == 1


async def test_a_job_that_ends_releases_what_its_id_holds(tenants: Tenants) -> None:
    actor, job, failed = tenants.actor(), NEW(), NEW()
    unfinished(tenants, actor, job, failed)
    async with tenants.session(actor) as session:
        quotas = quotas_of(session)
        await quotas.reserve(actor, RUNS, 4, subject=job)
        await quotas.reserve(actor, RUNS, 2, subject=failed)
        await quotas.settle(actor, RUNS, subject=failed, actual=2)
        await quotas.reserve(actor, RUNS, 1, subject=NEW())
        await session.commit()

    end(tenants, job)
    end(tenants, failed, status="failed")

    assert await used(tenants, actor, RUNS) == 1
    async with tenants.session(actor) as session:
        page = await SqlUsageLedger(session).page(actor.workspace_id, PageRequest(), quota=RUNS)
    assert [entry.amount for entry in page.items] == [-2, 2]


async def test_the_worker_may_end_jobs_of_any_workspace_and_their_quotas_follow(
    tenants: Tenants,
) -> None:
    """The reaper ends jobs in no workspace's name: the release must not need one."""
    actor, job, reaper = tenants.actor(), NEW(), tenants.actor()
    unfinished(tenants, actor, job)
    async with tenants.session(actor) as session:
        await quotas_of(session).reserve(actor, RUNS, 4, subject=job)
        await session.commit()

    async with tenants.session(reaper, worker=True) as session:
        await session.execute(
            text("UPDATE jobs SET status = 'failed', finished_at = now() WHERE id = :job"),
            {"job": job},
        )
        await session.commit()

    assert await used(tenants, actor, RUNS) == 0


async def test_a_removed_artifact_gives_its_bytes_back(tenants: Tenants) -> None:
    actor, artifact = tenants.actor(), NEW()
    key = f"{actor.workspace_id}/artifacts/{NEW()}/1/a.bin"
    async with tenants.session(actor) as session:
        quotas = quotas_of(session)
        await session.execute(
            text(
                "INSERT INTO blobs (workspace_id, key, size, sha256)"
                " VALUES (:workspace, :key, 700, :sha256)"
            ),
            {"workspace": actor.workspace_id, "key": key, "sha256": "0" * 64},
        )
        await session.execute(
            text(
                "INSERT INTO artifacts (id, workspace_id, kind, key, file_name, media_type, size,"
                " sha256, created_at) VALUES (:id, :workspace, 'k', :key, 'a', 'a/b', 700, :sha256,"
                " now())"
            ),
            {"id": artifact, "workspace": actor.workspace_id, "key": key, "sha256": "0" * 64},
        )
        await quotas.reserve(actor, BYTES_STORED, 700, subject=artifact)
        await quotas.settle(actor, BYTES_STORED, subject=artifact, actual=700)
        await session.commit()
        before = (await quotas.use(actor.workspace_id, BYTES_STORED)).used
        await session.execute(
            text("UPDATE artifacts SET removed_at = now() WHERE id = :id"), {"id": artifact}
        )
        await session.commit()

    assert (before, await used(tenants, actor, BYTES_STORED)) == (700, 0)
