"""Runs competing workers in turn, round by round, so that a noisy machine is unfair to nobody."""

import base64
import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ROUND_SECONDS = 0.4
_GOODBYE_SECONDS = 10.0


@dataclass(frozen=True)
class Rival:
    """A worker process: reads a count a line, does so many documents, answers the seconds."""

    name: str
    command: Sequence[str | Path]


class Race:
    """Warm workers; `with` ends them. `one_core` is for those that would use several."""

    def __init__(
        self,
        rivals: Sequence[Rival],
        *,
        round_seconds: float = ROUND_SECONDS,
        one_core: bool = False,
    ) -> None:
        self._rivals, self._round_seconds, self._one_core = rivals, round_seconds, one_core
        self._processes: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        for rival in self._rivals:
            process = subprocess.Popen(
                [str(word) for word in rival.command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=_take_one_core if self._one_core else None,  # noqa: PLW1509  no threads here
            )
            self._processes[rival.name] = process
            if process.stdout is None or process.stdout.readline().strip() != "ready":
                raise RuntimeError(f"{rival.name} did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # the end of its input ends a worker and whatever it started; killed, it would leave that
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes.values():
            try:
                process.wait(_GOODBYE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def sample(self, name: str) -> bytes:
        """One document of a rival, to see that all of them do the same."""
        return base64.b64decode(self._ask(name, 0))

    def rounds(self, count: int) -> dict[str, list[float]]:
        """Documents a second of each rival in each round; all take about as long in a round."""
        sizes = {rival.name: self._calibrated(rival.name) for rival in self._rivals}
        speeds: dict[str, list[float]] = {rival.name: [] for rival in self._rivals}
        for _ in range(count):
            for name, size in sizes.items():
                speeds[name].append(size / float(self._ask(name, size)))
        return speeds

    def _calibrated(self, name: str) -> int:
        """Documents for one round, known from a warm-up that is not counted."""
        size, seconds = 4, 0.0
        while seconds < self._round_seconds / 4:
            size *= 2
            seconds = float(self._ask(name, size))
        return max(1, round(size * self._round_seconds / seconds))

    def _ask(self, name: str, count: int) -> str:
        process = self._processes[name]
        if process.stdin is None or process.stdout is None:
            raise RuntimeError(f"{name} is gone")
        process.stdin.write(f"{count}\n")
        process.stdin.flush()
        answer = process.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"{name} died")
        return answer


def _take_one_core() -> None:
    """The same one for all rivals, who run in turn, and for whatever they start."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def summary(speeds: Mapping[str, Sequence[float]], ours: str) -> dict[str, object]:
    """Medians, and the median of the ratios inside each round."""
    return {
        "per_second": {name: _three(values) for name, values in speeds.items()},
        "times": {
            name: round(
                statistics.median(a / b for a, b in zip(speeds[ours], values, strict=True)), 2
            )
            for name, values in speeds.items()
            if name != ours
        },
    }


def _three(values: Sequence[float]) -> dict[str, float]:
    return {
        "min": round(min(values), 1),
        "median": round(statistics.median(values), 1),
        "max": round(max(values), 1),
    }
