"""Rates as GCRA: one Lua call each, on Redis's own clock; without Redis, a bucket of our own."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

T = TypeVar("T")

# A bucket of `limit` units refills evenly over `period`; a key stores when it will be full again.
_GCRA: Final = """
local now = redis.call('TIME')
now = now[1] * 1000 + now[2] / 1000
local interval, capacity, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local next_full_at = full_at + interval * cost
local wait = next_full_at - now - interval * capacity
if wait > 0 then
  local left = math.floor((now + interval * capacity - full_at) / interval)
  return {0, left, math.ceil(wait), math.ceil(full_at - now)}
end
local left = math.floor((now + interval * capacity - next_full_at) / interval)
local reset = math.ceil(next_full_at - now)
redis.call('SET', KEYS[1], string.format('%.3f', next_full_at), 'PX', reset + 1000)
return {1, left, 0, reset}
"""
_LOCAL_KEYS: Final = 10_000
_LEASE_S: Final = 0.1
_RETRY_REDIS_AFTER_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` units at once, refilled evenly over `period` seconds."""

    name: str
    limit: int
    period: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`left` units may still go at once; the bucket is full again in `reset` seconds."""

    allowed: bool
    left: int
    retry_after: float
    reset: float


@dataclass(slots=True)
class _Lease:
    """Units taken from the shared bucket at once, to be spent here before `until`."""

    units: int
    size: int
    until: float
    verdict: Verdict

    def spend(self) -> Verdict:
        self.units -= 1
        return replace(self.verdict, left=self.verdict.left + self.units)


class RateLimiter:
    """Counts in Redis, shared by all processes; while Redis is away, here at half the rate.

    A key in constant use takes several units at a time, up to a hundredth of its limit, so that
    hundreds of requests a second do not each ask Redis. What is not spent within a tenth of a
    second is lost: the limit is kept to one per cent, never exceeded.
    """

    def __init__(self, redis: Redis, now: Callable[[], float] = time.monotonic) -> None:
        """`now` in seconds; only for what this process counts by itself."""
        self._now = now
        self._script = redis.register_script(_GCRA)
        self._local: OrderedDict[str, float] = OrderedDict()
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._away_until = 0.0

    @property
    def degraded(self) -> bool:
        return self._now() < self._away_until

    async def spend(self, rate: Rate, key: str, cost: int = 1) -> Verdict:
        name = f"rate:{rate.name}:{key}"
        if not self.degraded:
            try:
                return await self._leased(rate, name, cost)
            except (RedisError, OSError, TimeoutError):
                self._away_until = self._now() + _RETRY_REDIS_AFTER_S
        return self._alone(rate, name, cost)

    async def _leased(self, rate: Rate, name: str, cost: int) -> Verdict:
        now = self._now()
        lease = self._leases.pop(name, None)
        fresh = lease is not None and now < lease.until
        if lease is not None and fresh and lease.units > 0 and cost == 1:
            self._keep(self._leases, name, lease)
            return lease.spend()
        most = max(rate.limit // 100, 1)
        size = min(lease.size * 2, most) if lease is not None and fresh else 1
        verdict = await self._shared(rate, name, max(cost, size))
        if not verdict.allowed and size > cost:
            size, verdict = cost, await self._shared(rate, name, cost)
        if verdict.allowed:
            taken = _Lease(size - cost, size, now + _LEASE_S, verdict)
            self._keep(self._leases, name, taken)
            return replace(verdict, left=verdict.left + max(size - cost, 0))
        return verdict

    @staticmethod
    def _keep(buckets: OrderedDict[str, T], name: str, bucket: T) -> None:
        """Move to the fresh end; forget the stalest when there are too many."""
        buckets[name] = bucket
        if len(buckets) > _LOCAL_KEYS:
            buckets.popitem(last=False)

    async def _shared(self, rate: Rate, name: str, cost: int) -> Verdict:
        interval = rate.period * 1000 / rate.limit
        allowed, left, wait, reset = await self._script(
            keys=[name], args=[interval, rate.limit, cost]
        )
        return Verdict(bool(allowed), max(int(left), 0), int(wait) / 1000, int(reset) / 1000)

    def _alone(self, rate: Rate, name: str, cost: int) -> Verdict:
        now = self._now()
        capacity = max(rate.limit // 2, 1)
        interval = rate.period / capacity
        full_at = max(self._local.pop(name, 0.0), now)
        next_full_at = full_at + interval * cost
        wait = next_full_at - now - interval * capacity
        kept = full_at if wait > 0 else next_full_at
        self._keep(self._local, name, kept)
        left = int((now + interval * capacity - kept) / interval)
        return Verdict(wait <= 0, max(left, 0), max(wait, 0.0), max(kept - now, 0.0))
