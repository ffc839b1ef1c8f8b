"""What the job engine's smaller ports promise: news of runs, hints, and what is counted."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from adapters.embedded.valkey import ValkeyServer
from adapters.prometheus.jobs import PrometheusJobMeter
from adapters.redis.hints import CANCELS, RUNS, RedisRunHints, listen
from adapters.sql.jobs_news import SqlRunNews
from domain.jobs.claim import Claim
from domain.jobs.job import JobId, JobStatus
from domain.jobs.ports import Watch
from tenants import NEW, Tenants
from workshop import Workshop


@pytest.fixture
async def redis(valkey: ValkeyServer) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey.url)
    yield client
    await client.aclose()


async def test_news_answer_each_watch_in_order_and_strangers_with_nothing(
    tenants: Tenants, workshop: Workshop
) -> None:
    ada, stranger = tenants.actor(), tenants.actor()
    job = await workshop.enqueue(ada)
    await workshop.drain()
    whole = workshop.ask("SELECT max(run_seq) FROM job_events WHERE root_id = %s", job)
    watches = [
        Watch(user_id=who, workspace_id=ada.workspace_id, root_id=job, after=after, limit=limit)
        for who, after, limit in [
            (ada.user_id, 0, 100),
            (stranger.user_id, 0, 100),
            (ada.user_id, whole - 1, 100),
            (ada.user_id, 0, 1),
        ]
    ]

    news = await SqlRunNews(tenants.app).since(watches)

    assert [each.watch for each in news] == watches
    assert [each.is_member for each in news] == [True, False, True, True]
    numbers = [[event.run_seq for event in each.events] for each in news]
    assert numbers == [list(range(1, whole + 1)), [], [whole], [1]]


@pytest.mark.parametrize("channel", [RUNS, CANCELS])
async def test_hints_reach_whoever_listens_and_name_their_runs(redis: Redis, channel: str) -> None:
    hints, root = RedisRunHints(redis), JobId(NEW())
    heard = asyncio.create_task(_first(redis, channel))

    async with asyncio.timeout(10):
        while not heard.done():  # nobody is told what was said before they listened
            _say(hints, channel, root)
            await asyncio.sleep(0.05)

    assert heard.result() == {root}


async def _first(redis: Redis, channel: str) -> frozenset[JobId]:
    return await anext(listen(redis, channel))


def _say(hints: RedisRunHints, channel: str, root: JobId) -> None:
    if channel == RUNS:
        hints.touched([root])
    else:
        hints.unwanted(root)


async def test_a_meter_counts_attempts_by_kind_outcome_and_reason() -> None:
    meter, kind = PrometheusJobMeter(), f"test.{NEW()}"

    meter.started(_claim(kind))
    meter.ended(_claim(kind), JobStatus.SUCCESS, "done", 0.2)
    meter.lost(_claim(kind))

    def value(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, {"kind": kind} | labels)

    assert value("jobs_started_total") == 1
    assert value("job_wait_seconds_sum") == 3.0
    assert value("job_duration_seconds_count", outcome="success") == 1
    assert value("job_attempts_total", reason="done") == 1
    assert value("job_attempts_total", reason="lease-lost") == 1
    assert value("leases_lost_total") == 1


def _claim(kind: str) -> Claim:
    return Claim(
        id=JobId(NEW()),
        root_id=JobId(NEW()),
        fence=1,
        workspace_id=None,
        actor_id=None,
        role=None,
        permissions=frozenset(),
        kind=kind,
        queue="io",
        subject=NEW(),
        version=1,
        shard=0,
        payload="{}",
        attempt=0,
        lost=0,
        expires_in=60.0,
        waited=3.0,
        cancelled=False,
        request_id=None,
        traceparent=None,
    )
