"""The machine's clock and its ids."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID

from domain.kernel.ports import Clock, Ids


class SystemClock(Clock):
    def now(self) -> datetime:
        return datetime.now(UTC)


class Uuid7(Ids):
    """RFC 9562 version 7: 48 bits of milliseconds, then random bits."""

    def new(self) -> UUID:
        milliseconds = time.time_ns() // 1_000_000
        bits = milliseconds << 80 | int.from_bytes(os.urandom(10))
        bits = bits & ~(0xF << 76) | 0x7 << 76
        return UUID(int=bits & ~(0x3 << 62) | 0x2 << 62)
