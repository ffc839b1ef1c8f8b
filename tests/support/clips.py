"""Small videos made for tests: frames that say their number, slides, tones at known times."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]

BITS = 12
TICKS = 90_000
QUICK: Mapping[str, Mapping[str, str]] = {  # options of coders that are slow by default
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=0"},
    "libvpx": {"deadline": "realtime", "cpu-used": "16", "threads": "1"},  # they wait in loops
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "threads": "1"},
}


def numbered(number: int, width: int = 320, height: int = 240) -> Picture:
    """A frame whose number is readable from two rows of blocks: its bits, and their opposites."""
    picture = np.full((height, width, 3), 90, np.uint8)
    across, down = width // BITS, height // 4
    for bit in range(BITS):
        on = number >> bit & 1
        columns = slice(bit * across, (bit + 1) * across)
        picture[:down, columns] = 235 if on else 20
        picture[down : 2 * down, columns] = 20 if on else 235
    return picture


def number_of(picture: Picture) -> int:
    """Read back; fails where blocks and opposites do not agree."""
    height, width = picture.shape[:2]
    across, down = width / BITS, height / 4
    found = 0
    for bit in range(BITS):
        column = int((bit + 0.5) * across)
        top, bottom = (int(picture[int(down * at), column].mean()) for at in (0.5, 1.5))
        assert abs(top - bottom) > 60, f"bit {bit} cannot be read: {top}, {bottom}"
        found |= (top > bottom) << bit
    return found


def slide(title: str, lines: Sequence[str], width: int = 1280, height: int = 720) -> Picture:
    image = Image.new("RGB", (width, height), (250, 250, 248))
    draw = ImageDraw.Draw(image)
    unit = height / 720
    draw.text(
        (60 * unit, 40 * unit), title, (20, 30, 90), font=ImageFont.load_default(size=56 * unit)
    )
    for row, line in enumerate(lines):
        place = (90 * unit, (170 + 90 * row) * unit)
        draw.text(place, line, (30, 30, 30), font=ImageFont.load_default(size=36 * unit))
    return np.asarray(image)


@dataclass(kw_only=True)
class Track:
    """Frames with their times in ticks of 1/90000 s."""

    frames: Iterable[tuple[int, Picture | VideoFrame]]
    codec: str = "libx264"
    size: tuple[int, int] = (320, 240)
    rate: int = 25
    pixels: str = "yuv420p"
    options: Mapping[str, str] = field(default_factory=dict)  # besides what makes it quick
    set_up: Callable[[Any], None] | None = None


@dataclass(kw_only=True)
class Sound:
    """Samples of -1 to 1 that begin at a time in seconds, in as many stretches as wanted."""

    stretches: Sequence[tuple[float, NDArray[np.float32]]]
    codec: str = "aac"
    rate: int = 16_000
    layout: str = "mono"
    set_up: Callable[[Any], None] | None = None


def film(
    path: Path,
    *tracks: Track | Sound,
    form: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Path:
    with av.open(str(path), "w", format=form, options=dict(options or {})) as container:
        coders = [_coder(container, track) for track in tracks]
        queue: list[tuple[Fraction, Any]] = []
        for coder, track in zip(coders, tracks, strict=True):
            coded = _pictures(coder, track) if isinstance(track, Track) else _sounds(coder, track)
            queue += [(Fraction(each.dts or 0) * each.time_base, each) for each in coded]
        for _, packet in sorted(queue, key=lambda each: each[0]):
            container.mux(packet)
    return path


def _coder(container: Any, track: Track | Sound) -> Any:
    if isinstance(track, Sound):
        coder = container.add_stream(track.codec, rate=track.rate, layout=track.layout)
    else:
        options = {**QUICK.get(track.codec, {}), **track.options}
        coder = container.add_stream(track.codec, rate=track.rate, options=options)
        coder.width, coder.height = track.size
        coder.pix_fmt = track.pixels
        coder.codec_context.time_base = Fraction(1, _ticks(track))
    if track.set_up is not None:
        track.set_up(coder)
    return coder


def _ticks(track: Track) -> int:
    """MPEG-4 counts no finer than in 65,535ths, and VP8 is slow with fine ones."""
    return track.rate if track.codec in {"mpeg4", "libvpx"} else TICKS


def _pictures(coder: Any, track: Track) -> Iterator[Any]:
    for at, picture in track.frames:
        frame = (
            picture
            if isinstance(picture, VideoFrame)
            else VideoFrame.from_ndarray(picture, format="rgb24")
        )
        if frame.format.name != track.pixels:
            frame = frame.reformat(format=track.pixels)
        frame.pts = at * _ticks(track) // TICKS
        frame.time_base = Fraction(1, _ticks(track))
        yield from coder.encode(frame)
    yield from coder.encode(None)


def _sounds(coder: Any, track: Sound) -> Iterator[Any]:
    channels = 1 if track.layout == "mono" else 2
    size = coder.codec_context.frame_size or 1024
    for start, samples in track.stretches:
        first = round(start * track.rate)
        for place in range(0, len(samples) - size + 1, size):
            block = np.repeat(samples[None, place : place + size], channels, axis=0)
            frame = _sound_frame(np.ascontiguousarray(block, np.float32), track)
            frame.sample_rate, frame.pts = track.rate, first + place
            frame.time_base = Fraction(1, track.rate)
            yield from coder.encode(frame)
    yield from coder.encode(None)


def _sound_frame(block: NDArray[np.float32], track: Sound) -> AudioFrame:
    if track.codec == "flac":
        whole = (block * 32_767).astype(np.int16)
        return AudioFrame.from_ndarray(whole, format="s16", layout=track.layout)
    return AudioFrame.from_ndarray(block, format="fltp", layout=track.layout)


def counting(
    seconds: float, rate: float = 25, start: float = 0.0, size: tuple[int, int] = (320, 240)
) -> list[tuple[int, Picture]]:
    """Numbered frames in a constant rhythm."""
    return [
        (round((start + number / rate) * TICKS), numbered(number, *size))
        for number in range(round(seconds * rate))
    ]


def tone(seconds: float, rate: int = 16_000, hertz: float = 440.0) -> NDArray[np.float32]:
    times = np.arange(round(seconds * rate)) / rate
    return (0.4 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)
