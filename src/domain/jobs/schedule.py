"""What runs by the clock: slots at fixed distances, each at most once, missed ones by policy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

_EPOCH: Final = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday
_MOST: Final = 100  # slots caught up with in one go


class Missed(StrEnum):
    """What happens to slots that passed while nobody was there."""

    SKIP = "skip"  # only a slot of the last minutes still runs
    ONCE = "once"  # the newest runs, for all of them
    EACH = "each"  # every one runs


@dataclass(frozen=True, slots=True, kw_only=True)
class CronEntry:
    """`command` is enqueued as the platform's job every `every`, shifted by `offset` (UTC).

    A day's slots begin at midnight, a week's on Monday. `name` never changes.
    """

    name: str
    command: object
    every: timedelta
    offset: timedelta = timedelta()
    missed: Missed = Missed.ONCE
    grace: timedelta = field(default=timedelta(minutes=5))

    def newest(self, now: datetime) -> datetime:
        """The last slot not after `now`."""
        return now - (now - _EPOCH - self.offset) % self.every

    def due(self, last: datetime, now: datetime) -> Sequence[datetime]:
        """The slots after `last` that have passed, oldest first."""
        newest = self.newest(now)
        passed = max(0, -((last - newest) // self.every))
        first = max(0, passed - _MOST)
        return [newest - self.every * (passed - 1 - n) for n in range(first, passed)]

    def runs(self, due: Sequence[datetime], now: datetime) -> Sequence[datetime]:
        """Those of the due slots that the policy still runs."""
        match self.missed:
            case Missed.EACH:
                return due
            case Missed.ONCE:
                return due[-1:]
            case Missed.SKIP:
                return [slot for slot in due[-1:] if now - slot <= self.grace]


@dataclass(frozen=True, slots=True)
class Timetable:
    """Everything that runs by the clock; every product adds its lines in the registry."""

    entries: Sequence[CronEntry] = ()
