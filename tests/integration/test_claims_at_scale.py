"""What a claim looks at when very many jobs wait for a time that has not come."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from adapters.sql import jobs_sql as sql
from domain.jobs.outcome import Retry
from tenants import Tenants
from workshop import Play, Stage, Workshop

FUTURE = 60_000


@pytest.fixture(scope="module")
def crowded(workshop: Workshop) -> Workshop:
    """Jobs of the platform that are due in a month."""
    with psycopg.connect(workshop.url("postgres")) as admin:
        admin.execute("SET session_replication_role = replica")  # their events are not the matter
        admin.execute(
            "INSERT INTO jobs (id, root_id, kind, queue, subject, payload, run_at, expires_at)"
            " SELECT n.id, n.id, 'test.play', 'io', n.id, '{}', now() + interval '30 days',"
            " now() + interval '60 days'"
            " FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, %s)) AS n",
            (FUTURE,),
        )
        admin.execute("RESET session_replication_role")
    with psycopg.connect(workshop.url("postgres"), autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE jobs")
    return workshop


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def test_a_claim_does_not_walk_past_jobs_that_are_not_due(
    crowded: Workshop, tenants: Tenants
) -> None:
    job = await crowded.enqueue(tenants.actor())
    values = {
        "queues": ["io"],
        "slots": [4],
        "kinds": ["test.play"],
        "cap": 50,
        "worker": "w",
        "lease": 30.0,
    }
    with psycopg.connect(crowded.url("atelier_worker")) as worker:
        row = worker.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.CLAIM, values).fetchone()
        worker.rollback()
    assert row is not None
    walked = sum(
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        for node in nodes(row[0][0]["Plan"])
        if node.get("Relation Name") == "jobs"
    )

    assert walked < 100
    assert await crowded.drain() >= 1
    assert crowded.job(job)["status"] == "success"


async def test_a_job_whose_time_has_come_is_claimed_among_the_others(
    workshop: Workshop, tenants: Tenants
) -> None:
    turns: list[int] = []

    async def twice(stage: Stage) -> None:
        turns.append(stage.run.attempt)
        if len(turns) == 1:
            raise Retry(60)

    job = await workshop.enqueue(tenants.actor(), workshop.part(twice))
    await workshop.drain()

    assert len(turns) == 2
    assert workshop.job(job)["status"] == "success"


async def test_the_shards_of_a_large_run_are_stored_at_a_cost_that_grows_with_them_alone(
    workshop: Workshop, tenants: Tenants
) -> None:
    stored: list[float] = []

    async def fan_out(stage: Stage) -> None:
        for version, shards in enumerate((2_000, 8_000), start=1):
            began = time.monotonic()
            await stage.jobs.enqueue_shards(
                stage.actor,
                dict.fromkeys(range(shards), Play()),
                subject=stage.run.id,
                version=version,
                root_id=stage.run.id,
            )
            stored.append(time.monotonic() - began)
        await stage.uow.rollback()

    root = await workshop.enqueue(tenants.actor(), workshop.part(fan_out))
    await workshop.drain()

    assert workshop.job(root)["status"] == "success", workshop.job(root)["error"]
    assert stored[1] < 4 * 3 * stored[0]  # it was the square, and met the time limit
