"""The right to work on a job, as the worker holds it: a fence and a time of its own clock."""

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.jobs.claim import Claim
from domain.jobs.outcome import LostLease

SAFE_SHARE: Final = 0.9  # of a lease's length; past it we stop ourselves before others start


class Ending(StrEnum):
    """Why a handler is being cancelled."""

    STOP = "stop"  # this worker shuts down
    LOST = "lost"  # somebody else may own the job
    UNWANTED = "unwanted"  # its owner asked for it


@dataclass(slots=True, kw_only=True)
class Lease:
    """`deadline` is monotonic and moves with each good heartbeat; the fence is the proof."""

    claim: Claim
    deadline: float
    ending: Ending | None = None  # None: nobody asked the handler to stop

    def is_safe(self) -> bool:
        return time.monotonic() < self.deadline

    def require(self) -> None:
        """Raises LostLease once we can no longer be sure."""
        if not self.is_safe():
            raise LostLease

    def extend(self, since: float, length: float) -> None:
        """The database confirmed it; `since`: when we asked, so that no delay counts for us."""
        self.deadline = since + length * SAFE_SHARE
