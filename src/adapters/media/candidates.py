"""From changes to candidates: what stands long enough to be read, each once, best moment first."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import numpy as np

from adapters.media.messages import SeenFrame
from adapters.media.views import Movement, View
from domain.notes.frames import FrameKind
from domain.notes.media import Span

_TRANSITION: Final = 500  # milliseconds; what stands shorter is on its way to something else
_INTO: Final = 1000  # milliseconds after a change: nothing moves any more, and coders have refined
_INTO_SHARE: Final = 0.4  # of a short one
_KEPT: Final = 6  # views of one scene that are compared
_STILL: Final = 2000  # pixels a byte of an average frame: more than that, and it stands still
_ALIKE: Final = 12  # bits of the hash in which frames may differ that are compared further


@dataclass(slots=True, kw_only=True)
class Scene:
    """`first`: the first frame that is new; `settled`: from here on it stands."""

    first: int
    settled: int
    views: list[View] = field(default_factory=list)
    cut: bool = True
    frames: int = 0
    size: int = 0


@dataclass(slots=True, kw_only=True)
class Scenes:
    """`times` are those of all frames, in the clock of the stream."""

    base: Fraction
    offset_ms: int
    duration_ms: int
    area: int
    times: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    found: list[Scene] = field(default_factory=list)

    def ms(self, pts: int) -> int:
        return round(pts * self.base * 1000) - self.offset_ms

    def begin(self, view: View) -> None:
        self.found.append(Scene(first=view.pts, settled=view.pts, views=[view], cut=False))

    def cut(self, first: int, settled: int, view: View) -> None:
        self.found.append(Scene(first=first, settled=settled, views=[view]))

    def seen(self, view: View) -> None:
        """One more look at the scene at hand."""
        scene = self.found[-1]
        if view.pts < scene.settled or any(view.pts == each.pts for each in scene.views):
            return
        if len(scene.views) == _KEPT:
            scene.views.remove(min(scene.views, key=_worth))
        scene.views.append(view)

    def finish(self, movement: Movement) -> tuple[tuple[SeenFrame, ...], tuple[int, ...]]:
        """Candidates, and the times of changes; `movement` tells one from another."""
        if not self.found:
            return (), ()
        self._weigh()
        cuts = tuple(max(0, self.ms(scene.first)) for scene in self.found if scene.cut)
        ends = [*(self.ms(scene.first) for scene in self.found[1:]), self.duration_ms]
        seen: list[tuple[View, SeenFrame]] = []
        for scene, end in zip(self.found, ends, strict=True):
            stable = Span(start_ms=max(0, self.ms(scene.settled)), end_ms=max(0, end))
            only = len(self.found) == 1
            if stable.length_ms < _TRANSITION and not only:
                continue
            view = max(scene.views, key=_worth)
            if not any(_same(view, other, movement) for other, _ in seen):
                seen.append((view, self._frame(scene, stable, view)))
        return tuple(frame for _, frame in seen), cuts

    def _weigh(self) -> None:
        """How many bytes the frames of each scene take; the first brings it, the rest go on."""
        times, sizes = np.array(self.times), np.array(self.sizes)
        order = np.argsort(times, kind="stable")
        self.times = array("q", times[order].tolist())
        total = np.concatenate(([0], np.cumsum(sizes[order])))
        places = [bisect_left(self.times, scene.first) for scene in self.found]
        for scene, first, end in zip(self.found, places, [*places[1:], len(times)], strict=True):
            start = min(first + 1, end)
            scene.frames, scene.size = end - start, int(total[end] - total[start])

    def _frame(self, scene: Scene, stable: Span, view: View) -> SeenFrame:
        into = min(_INTO, round(stable.length_ms * _INTO_SHARE))
        wanted = int(Fraction(stable.start_ms + into + self.offset_ms, 1000) / self.base)
        place = min(bisect_left(self.times, wanted), len(self.times) - 1)
        still = scene.frames * self.area > _STILL * scene.size
        kind = FrameKind.SLIDE if still else FrameKind.SCENE if scene.cut else FrameKind.STILL
        return SeenFrame(
            time_ms=self.ms(self.times[place]),
            stable=stable,
            kind=kind,
            sharpness=view.sharpness,
            content=view.content,
            look=f"{view.look:016x}",
        )


def _worth(view: View) -> float:
    return view.content + view.sharpness


def _same(one: View, other: View, movement: Movement) -> bool:
    """Alike at a glance, and then in every tile: a line more makes another slide."""
    if (one.look ^ other.look).bit_count() > _ALIKE:
        return False
    return not movement.changed(one.tiles, other.tiles)
