"""How many requests a user, an API key or (before signing in) a network may send."""

import math
from typing import Any, Final

from adapters.redis.rate_limit import Rate, RateLimiter
from domain.kernel.errors import TooMany
from entrypoints.http.metrics import RATE_LIMIT_DEGRADED

_PERIOD_S: Final = 60


class TooManyRequests(TooMany):
    code = "http.too-many-requests"


class RequestLimits:
    """GCRA; the answer carries `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers)."""

    def __init__(self, limiter: RateLimiter, per_minute: int) -> None:
        self._limiter = limiter
        self._rate = Rate("requests", per_minute, _PERIOD_S)
        self._policy = f'"requests";q={per_minute};w={_PERIOD_S}'.encode()

    async def spend(self, scope: Any, key: object) -> None:
        """Raises TooManyRequests."""
        verdict = await self._limiter.spend(self._rate, str(key))
        RATE_LIMIT_DEGRADED.set(self._limiter.degraded)
        left = f'"requests";r={verdict.left};t={math.ceil(verdict.reset)}'.encode()
        scope["rate_headers"] = ((b"ratelimit-policy", self._policy), (b"ratelimit", left))
        if not verdict.allowed:
            wait = math.ceil(verdict.retry_after)
            raise TooManyRequests(f"Too many requests; wait {wait} seconds.", retry_after=wait)
