"""Looking through codecs that cannot leave a frame out: keyframes first, and all where needed."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.candidates import Scenes
from adapters.media.opening import decoded
from adapters.media.stretches import Packet, Stretch, is_busy, outstanding
from adapters.media.views import Movement, Tiles, View, tiles_of, view_of

_SPACING: Final = 6  # frames between two that are compared for what moves
_SETTLED: Final = 15  # frames without a change, after which something new stands
_ALLOWANCE: Final = 3000  # frames decoded of what moves, and
_SHARE: Final = 0.15  # of all that were passed
_OTHER: Final = 0.12 * 255  # mean difference of two pictures that have nothing in common


@dataclass(slots=True)
class SteadyLooker:
    """A stretch is decoded if its keyframe differs from the next one, or a packet stands out."""

    stream: VideoStream
    scenes: Scenes
    decoded: int = 0
    passed: int = 0
    steady: int = 0
    movement: Movement = field(default_factory=Movement)
    settled: View | None = None  # the scene at hand
    before: Tiles | None = None  # the frame just before
    recent: deque[Tiles] = field(default_factory=lambda: deque(maxlen=_SETTLED))

    @property
    def area(self) -> int:
        return self.stream.codec_context.width * self.stream.codec_context.height

    def see(self, stretch: Stretch, following: Stretch | None) -> None:
        """`following` is the stretch after it."""
        self.passed += len(stretch.packets)
        goes_on = following is not None and bool(following.earlier)
        if not stretch.earlier and not goes_on and self._nothing_happens(stretch, following):
            return
        self.steady += len(stretch.packets)
        for frame in self._decode(stretch.packets, drain=not goes_on):
            self._take(frame)

    def _nothing_happens(self, stretch: Stretch, following: Stretch | None) -> bool:
        if following is None:
            return False
        busy = is_busy(stretch, self.area, self.scenes.base)
        if not busy and outstanding(stretch, self.area, self.scenes.base):
            return False
        views = [view_of(frame) for frame in self._decode([stretch.key, following.key])]
        if len(views) < 2:  # noqa: PLR2004 - both
            return False
        if self.settled is None:
            self._begin(views[0])
        first, last = views[0], views[-1]
        if not self.movement.changed(first.tiles, last.tiles):
            self.scenes.seen(last)
            self.before = None
            return not self._differs(first)
        exhausted = self.steady > _ALLOWANCE + _SHARE * self.passed
        if not busy or not exhausted:
            return False
        if abs(first.tiles.astype(int) - last.tiles).mean() > _OTHER:
            self._cut(last, last.pts)
        return True

    def _differs(self, view: View) -> bool:
        return self.settled is not None and self.movement.changed(self.settled.tiles, view.tiles)

    def _begin(self, view: View) -> None:
        self.scenes.begin(view)
        self.settled = view

    def _cut(self, view: View, first: int) -> None:
        self.scenes.cut(first, view.pts, view)
        self.settled = view
        self.recent.clear()

    def _take(self, frame: VideoFrame) -> None:
        """One frame after the other: a step is a cut, a new state that lasts is a change."""
        tiles = tiles_of(frame)
        if self.settled is None:
            self._begin(view_of(frame))
        if self.before is not None and self.movement.changed(self.before, tiles):
            self._cut(view_of(frame), frame.pts or 0)
        self.recent.append(tiles)
        self.before = tiles
        if len(self.recent) < _SETTLED or self.decoded % _SPACING:
            return
        old = self.recent[-_SPACING]
        calm = not self.movement.changed(self.recent[0], tiles)
        self.movement.measure(old, tiles)
        if calm and self.settled is not None and self.movement.changed(self.settled.tiles, tiles):
            self._cut(view_of(frame), frame.pts or 0)

    def _decode(self, chosen: Sequence[Packet], *, drain: bool = True) -> Iterator[VideoFrame]:
        for packet in (*chosen, *((None,) if drain else ())):
            for frame in decoded(self.stream, packet):
                self.decoded += 1
                yield frame
        if drain:
            self.stream.codec_context.flush_buffers()
