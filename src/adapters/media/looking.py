"""A whole video seen in a fraction of its frames: packets say where it is worth looking.

A change of the picture needs bytes. So the stream is read without decoding, and decoded are
keyframes and the packets that stand out; codecs that build on the picture before, and on nothing
else, take them without what lies between, which is a still picture there. Every change is then
looked at frame by frame, where it is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.candidates import Scenes
from adapters.media.h264_order import Counter, bridged, counter_of
from adapters.media.messages import Done, LookAnswer, LookCall
from adapters.media.opening import decoded, opened, packets, video_at
from adapters.media.steady import SteadyLooker
from adapters.media.stretches import (
    Packet,
    Stretch,
    around,
    is_busy,
    outstanding,
    stretches,
)
from adapters.media.views import Movement, Tiles, View, glimpse_of, tiles_of, view_of

Tell = Callable[[object], None]

_LEAPING: Final = {"h264", "mpeg1video", "mpeg2video", "mpeg4", "h263", "flv1", "msmpeg4v3"}
_MOMENT: Final = 0.3  # seconds in which a face moves and a slide does not change
_FEW: Final = 7  # frames of it
_TAIL: Final = 5  # frames before a keyframe
_ALLOWANCE: Final = 400  # frames that may be decoded one after the other, and
_SHARE: Final = 0.05  # of all that were passed
_TOLD_EVERY: Final = 20_000  # milliseconds of video


def look(path: Path, call: LookCall, tell: Tell) -> LookAnswer:
    """Raises NotMedia, DamagedMedia."""
    with opened(path) as container:
        stream = video_at(container, call.track)
        scenes = Scenes(
            base=stream.time_base or Fraction(1, 1000),
            offset_ms=call.offset_ms,
            duration_ms=call.duration_ms,
            area=stream.codec_context.width * stream.codec_context.height,
        )
        leaping = stream.codec_context.name in _LEAPING
        looker = Looker(stream, scenes) if leaping else SteadyLooker(stream, scenes)
        told = 0
        previous: Stretch | None = None
        for stretch in stretches(_noted(packets(container, stream), scenes), scenes.base):
            if previous is not None:
                looker.see(previous, stretch)
                at = scenes.ms(stretch.packets[0].pts)
                if at - told >= _TOLD_EVERY:
                    told = at
                    tell(Done(ms=min(at, call.duration_ms)))
            previous = stretch
        if previous is not None:
            looker.see(previous, None)
    candidates, cuts = scenes.finish(looker.movement)
    return LookAnswer(candidates=candidates, cuts=cuts, frames_decoded=looker.decoded)


def _noted(source: Iterator[Packet], scenes: Scenes) -> Iterator[Packet]:
    for packet in source:
        yield packet
        if packet.pts is not None:
            scenes.times.append(packet.pts)
            scenes.sizes.append(packet.size)


@dataclass(slots=True)
class Looker:
    stream: VideoStream
    scenes: Scenes
    decoded: int = 0
    passed: int = 0
    steady: int = 0  # frames decoded one after the other
    movement: Movement = field(default_factory=Movement)
    last: View | None = None
    shown: list[int] = field(default_factory=list)  # times of the frames at hand
    _prominent: set[int] = field(default_factory=set)  # of these, to be worth showing
    _counter: Counter | None = None

    def __post_init__(self) -> None:
        if self.stream.codec_context.name == "h264":
            self._counter = counter_of(self.stream.codec_context.extradata)

    @property
    def area(self) -> int:
        return self.stream.codec_context.width * self.stream.codec_context.height

    def see(self, stretch: Stretch, following: Stretch | None) -> None:
        """`following` is the stretch after it: its keyframe shows what became of this one."""
        self.passed += len(stretch.packets)
        begins = following is not None and not following.earlier
        beyond = [following.key, *following.leading()] if following is not None and begins else []
        self.shown = sorted(each.pts for each in (*stretch.packets, *beyond))
        busy = is_busy(stretch, self.area, self.scenes.base)
        spikes = [] if stretch.intra else outstanding(stretch, self.area, self.scenes.base)
        wanted = {0} if stretch.intra else {*spikes, *stretch.keys()}
        if following is None and not stretch.intra:
            wanted.add(len(stretch.packets) - 1)  # nothing after it shows how it ended
        self._prominent = {stretch.packets[place].pts for place in wanted}
        self._prominent.update(each.pts for each in beyond[:1])
        moment = self._moment(stretch) if busy else []
        wanted.update(moment)
        if not busy:  # what stands out in a quiet picture is a change: look close at once
            wanted.update(*(around(stretch, place) for place in spikes))
        views = self._views(stretch, wanted, beyond[:1])
        times = {stretch.packets[place].pts for place in moment}
        self._learn([view for view in views if view.pts in times])
        self._follow(stretch, beyond, views, wanted if busy else {*spikes, *stretch.keys()})

    def _moment(self, stretch: Stretch) -> list[int]:
        """The first frames, which are decoded without a leap: what differs in them moves."""
        if stretch.earlier:
            return []
        until = stretch.packets[0].pts + Fraction(_MOMENT) / self.scenes.base
        return [n for n, each in enumerate(stretch.packets[:_FEW]) if each.pts <= until]

    def _learn(self, moment: Sequence[View]) -> None:
        if len(moment) > 1:
            self.movement.measure(moment[0].tiles, moment[-1].tiles)
        else:
            self.movement.rest()

    def _follow(
        self, stretch: Stretch, beyond: list[Packet], views: list[View], wanted: set[int]
    ) -> None:
        """Look closer at whatever differs from the view before it."""
        if self.last is None and views:
            self.scenes.begin(views[0])
        way = [*([self.last] if self.last else []), *views]
        suspects = {
            later.pts
            for one, later in pairwise(way)
            if self.movement.changed(one.tiles, later.tiles)
            and self._shown_between(one.pts, later.pts)
        }
        close: list[View] = []
        if suspects and not stretch.intra:
            close = self._views(stretch, self._closer(stretch, wanted, suspects), beyond)
        for place, (one, later) in enumerate(pairwise(way)):
            if self.movement.changed(one.tiles, later.tiles):
                after = way[place + 2] if place + 2 < len(way) else later
                if self.movement.changed(one.tiles, after.tiles):  # else it was but a flash
                    self._judge(stretch, one, later, close)
            self.scenes.seen(later)
        self.last = views[-1] if views else self.last

    def _closer(self, stretch: Stretch, wanted: set[int], suspects: set[int]) -> set[int]:
        near = set(wanted)
        for place in wanted:
            if stretch.packets[place].pts in suspects:
                near |= set(around(stretch, place))
        if max(suspects) > max(each.pts for each in stretch.packets):
            near |= set(range(max(0, len(stretch.packets) - _TAIL), len(stretch.packets)))
        return near

    def _judge(self, stretch: Stretch, one: View, later: View, close: list[View]) -> None:
        """Where between two views the picture changed: in one step, or by and by."""
        between = [view for view in close if one.pts < view.pts < later.pts]
        for before, after in pairwise([one, *between, later]):
            if self._shown_between(before.pts, after.pts):
                continue
            if self.movement.changed(before.tiles, after.tiles):
                self.scenes.cut(after.pts, after.pts, later)
                return
        self._search(stretch, one, later)

    def _shown_between(self, before: int, after: int) -> bool:
        return bisect_left(self.shown, after) - bisect_right(self.shown, before) > 0

    def _search(self, stretch: Stretch, one: View, later: View) -> None:
        """Frame by frame, where no packet told; for what moves anyway, it is not worth it."""
        budget = _ALLOWANCE + _SHARE * self.passed - self.steady
        calm = not is_busy(stretch, self.area, self.scenes.base)
        if stretch.earlier or len(stretch.packets) > budget:
            self.scenes.cut(later.pts, later.pts, later)
            return
        self.steady += len(stretch.packets)
        shown = [(one.pts, one.tiles)]
        shown += [(pts, tiles) for pts, tiles in self._all_tiles(stretch) if one.pts < pts]
        shown = [each for each in shown if each[0] <= later.pts]
        if later.pts > shown[-1][0]:
            shown.append((later.pts, later.tiles))
        steps = [
            pts
            for (_, before), (pts, after) in pairwise(shown)
            if self.movement.changed(before, after)
        ]
        for pts in steps:
            self.scenes.cut(pts, pts, later)
        if steps:
            return
        if calm:
            self._gradual(shown, one, later)
        elif len(shown) > 1:
            self.movement.study([tiles for _, tiles in shown])

    def _gradual(self, shown: list[tuple[int, Tiles]], one: View, later: View) -> None:
        """A fade: it begins where it differs from before, and ends where it is as after."""
        begun = next((pts for pts, tiles in shown if self.movement.changed(one.tiles, tiles)), None)
        settled = later.pts
        for pts, tiles in reversed(shown):
            if self.movement.changed(tiles, later.tiles):
                break
            settled = pts
        self.scenes.cut(later.pts if begun is None else begun, settled, later)

    def _views(self, stretch: Stretch, wanted: set[int], beyond: list[Packet]) -> list[View]:
        """In the order they are shown; `beyond` are packets of the following stretch."""
        places = self._stepping(stretch, sorted(wanted))
        chosen = [*stretch.earlier, *(stretch.packets[place] for place in places)]
        fresh = {each.pts for each in (*(stretch.packets[place] for place in wanted), *beyond)}
        if len(chosen) == 1 and self.last is not None and chosen[0].pts == self.last.pts:
            chosen = []  # it was seen as the end of the stretch before
        found = {
            frame.pts: view_of(frame) if frame.pts in self._prominent else glimpse_of(frame)
            for frame in self._decode([*chosen, *beyond])
            if frame.pts in fresh and (self.last is None or frame.pts != self.last.pts)
        }
        return [found[pts] for pts in sorted(pts for pts in found if pts is not None)]

    def _stepping(self, stretch: Stretch, wanted: list[int]) -> list[int]:
        """With what has to be decoded in between for the decoder not to lose its way."""
        if self._counter is None or stretch.earlier or not wanted:
            return wanted
        packets = stretch.packets
        counts = [self._counter.counts(memoryview(each)) for each in packets]
        ranks = self._ranks(stretch, counts)
        steps, last = [wanted[0]], wanted[0]
        for place in wanted[1:]:
            stones = [n for n in range(last + 1, place) if counts[n]]
            # nothing counts on it, but it needs the one before it
            goals = [place] if counts[place] or not stones else [stones.pop(), place]
            if not packets[goals[0]].is_keyframe:
                steps += bridged(last, goals[0], stones, self._counter, ranks.__getitem__)
            steps += goals
            last = next((each for each in reversed(steps) if counts[each]), last)
        return steps

    def _ranks(self, stretch: Stretch, counts: list[bool]) -> list[int]:
        if self._counter is not None and self._counter.shown:
            order = {pts: rank for rank, pts in enumerate(self.shown)}
            return [order[each.pts] for each in stretch.packets]
        ranks, rank = list[int](), 0
        for packet, counted in zip(stretch.packets, counts, strict=True):
            rank = 0 if packet.is_keyframe else rank
            ranks.append(rank)
            rank += counted
        return ranks

    def _all_tiles(self, stretch: Stretch) -> list[tuple[int, Tiles]]:
        return sorted(
            ((frame.pts or 0, tiles_of(frame)) for frame in self._decode(stretch.packets)),
            key=lambda shown: shown[0],
        )

    def _decode(self, chosen: Sequence[Packet]) -> Iterator[VideoFrame]:
        """By a decoder that has forgotten everything before the first of them."""
        for packet in (*chosen, None):
            for frame in decoded(self.stream, packet):
                self.decoded += 1
                yield frame
        self.stream.codec_context.flush_buffers()
