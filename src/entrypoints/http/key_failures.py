"""How many unknown API keys a network may try before none of its keys is looked up any more."""

import math
import time
from collections import OrderedDict
from typing import Final

from adapters.redis.rate_limit import Rate, RateLimiter
from entrypoints.http.request_limits import TooManyRequests

_RATE: Final = Rate("unknown-keys", 60, 60)
_MOST: Final = 10_000  # networks and keys remembered


class KeyFailures:
    """Only failures are counted, so a request with a good key costs nothing.

    A network that spent its failures waits, and in each process only one more guess per wait
    reaches the database; keys that were good here a moment ago pass, whoever their neighbours are.
    """

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._waits: OrderedDict[str, float] = OrderedDict()
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def check(self, network: str | None, key: bytes) -> None:
        """Raises TooManyRequests, before anything is asked of the database."""
        wait = self._waits.get(str(network), 0.0) - time.monotonic()
        if wait > 0 and key not in self._good:
            raise _too_many(wait)

    async def count(self, network: str | None, key: bytes) -> None:
        """Raises TooManyRequests once there were too many."""
        self._good.pop(key, None)
        verdict = await self._limiter.spend(_RATE, str(network))
        if not verdict.allowed:
            self._waits[str(network)] = time.monotonic() + verdict.retry_after
            if len(self._waits) > _MOST:
                self._waits.popitem(last=False)
            raise _too_many(verdict.retry_after)

    def forgive(self, key: bytes) -> None:
        self._good[key] = None
        self._good.move_to_end(key)
        if len(self._good) > _MOST:
            self._good.popitem(last=False)


def _too_many(wait: float) -> TooManyRequests:
    seconds = math.ceil(wait)
    return TooManyRequests(f"Too many unknown keys; wait {seconds} seconds.", retry_after=seconds)
