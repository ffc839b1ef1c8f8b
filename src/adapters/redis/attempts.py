"""Sign-in attempts, counted by account and by network."""

import hashlib
import math
from typing import Final

from adapters.redis.rate_limit import Rate, RateLimiter
from domain.identity.account import TooManyAttempts
from domain.identity.ports import Attempts

NETWORK_FACTOR: Final = 6  # people behind one address


class LimitedAttempts(Attempts):
    """`per_minute` for an account; six times that for a network (/24 or /48)."""

    def __init__(self, limiter: RateLimiter, per_minute: int) -> None:
        self._limiter = limiter
        self._by_account = Rate("sign-in-account", per_minute, 60)
        self._by_network = Rate("sign-in-network", per_minute * NETWORK_FACTOR, 60)

    async def spend(self, account: str, network: str | None) -> None:
        counted = hashlib.sha256(account.encode()).hexdigest()[:32]  # no addresses in Redis
        rates = [(self._by_network, network or "unknown"), (self._by_account, counted)]
        for rate, key in rates:
            verdict = await self._limiter.spend(rate, key)
            if not verdict.allowed:
                wait = math.ceil(verdict.retry_after)
                raise TooManyAttempts(f"Too many attempts; wait {wait} seconds.", retry_after=wait)
