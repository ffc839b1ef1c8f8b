"""Tells watchers how far a stage is, how fast it goes and how long it will still take."""

import time
from dataclasses import dataclass, field

from domain.jobs.ports import JobRun
from domain.notes.note import Stage


@dataclass(slots=True)
class Reporting:
    """Called with the milliseconds of the video that are done."""

    job: JobRun
    stage: Stage
    total_ms: int
    _began: float = field(default_factory=time.monotonic)

    async def __call__(self, done_ms: int) -> None:
        took = max(time.monotonic() - self._began, 0.001)
        done = min(max(done_ms, 0), self.total_ms)
        left = took / done * (self.total_ms - done) if done else None
        note = {
            "stage": self.stage.value,
            "done_ms": done,
            "total_ms": self.total_ms,
            "speed": round(done / 1000 / took, 1),
            "eta_seconds": None if left is None else round(left, 1),
        }
        await self.job.progress(min(99, 100 * done // max(self.total_ms, 1)), note)
