"""What `RateLimiter` and `Attempts` promise, with Redis and without it (S9)."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from adapters.embedded.valkey import ValkeyServer
from adapters.redis.attempts import NETWORK_FACTOR, LimitedAttempts
from adapters.redis.rate_limit import Rate, RateLimiter
from domain.identity.account import TooManyAttempts
from tenants import NEW


@pytest.fixture
async def shared(valkey: ValkeyServer) -> AsyncIterator[RateLimiter]:
    client = Redis.from_url(valkey.url)
    yield RateLimiter(client)
    await client.aclose()


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[RateLimiter]:
    client = Redis.from_url(f"unix://{tmp_path}/nobody.sock")
    yield RateLimiter(client)
    await client.aclose()


def a_rate(limit: int, period: int = 3600) -> Rate:
    return Rate(f"test-{NEW()}", limit, period)


async def test_a_bucket_gives_what_it_holds_to_whoever_comes_first(shared: RateLimiter) -> None:
    rate = a_rate(100)

    verdicts = await asyncio.gather(*(shared.spend(rate, "ada") for _ in range(150)))

    assert sum(verdict.allowed for verdict in verdicts) == 100
    assert sorted(v.left for v in verdicts if v.allowed) == list(range(100))
    refused = [verdict for verdict in verdicts if not verdict.allowed]
    assert all(0 < verdict.retry_after <= 36 for verdict in refused)
    assert all(verdict.left == 0 for verdict in refused)


async def test_buckets_of_different_keys_and_rates_are_apart(shared: RateLimiter) -> None:
    one, other = a_rate(1), a_rate(1)
    await shared.spend(one, "ada")

    assert not (await shared.spend(one, "ada")).allowed
    assert (await shared.spend(one, "bob")).allowed
    assert (await shared.spend(other, "ada")).allowed


async def test_a_bucket_refills_evenly(shared: RateLimiter) -> None:
    rate = a_rate(10, period=1)
    for _ in range(10):
        assert (await shared.spend(rate, "ada")).allowed
    refused = await shared.spend(rate, "ada")
    await asyncio.sleep(refused.retry_after + 0.02)

    assert not refused.allowed
    assert (await shared.spend(rate, "ada")).allowed


@pytest.mark.parametrize(("pause", "least"), [(0.0, 1940), (1.0, 2000)])
async def test_a_busy_key_takes_units_in_advance_and_keeps_to_its_limit(
    valkey: ValkeyServer, pause: float, least: int
) -> None:
    """Three processes; with a pause after each request nothing is taken in advance."""
    rate, passed = a_rate(2000, period=360_000), itertools.count()
    clients = [Redis.from_url(valkey.url) for _ in range(3)]
    processes = [RateLimiter(client, lambda: next(passed) * pause) for client in clients]
    before = await _script_calls(clients[0])

    allowed = 0
    for number in range(2400):
        allowed += (await processes[number % 3].spend(rate, "ada")).allowed
    calls = await _script_calls(clients[0]) - before
    for client in clients:
        await client.aclose()

    assert least <= allowed <= 2000
    assert (calls < 1200) is (pause == 0.0)


async def _script_calls(client: Redis) -> int:
    stats = await client.info("commandstats")
    return int(stats.get("cmdstat_evalsha", {"calls": 0})["calls"])


async def test_without_redis_each_process_counts_to_half(alone: RateLimiter) -> None:
    rate = a_rate(100)

    verdicts = [await alone.spend(rate, "ada") for _ in range(80)]

    assert alone.degraded
    assert sum(verdict.allowed for verdict in verdicts) == 50
    assert verdicts[-1].retry_after > 0


async def test_many_keys_do_not_grow_the_local_buckets_without_bound(alone: RateLimiter) -> None:
    rate = a_rate(2)
    for number in range(10_100):
        await alone.spend(rate, str(number))

    assert len(alone._local) == 10_000


async def test_attempts_are_counted_by_account_and_by_network(shared: RateLimiter) -> None:
    attempts, network = LimitedAttempts(shared, 5), f"net {NEW()}"
    account = f"{NEW()}@example.org"
    for _ in range(5):
        await attempts.spend(account, None)
    with pytest.raises(TooManyAttempts) as refused:
        await attempts.spend(account, None)
    for _ in range(5 * NETWORK_FACTOR):
        await attempts.spend(f"{NEW()}@example.org", network)

    with pytest.raises(TooManyAttempts):
        await attempts.spend(f"{NEW()}@example.org", network)
    assert 1 <= int(str(refused.value.facts["retry_after"])) <= 12
