"""Frames as a player shows them: upright, with square pixels, without combs, in SDR."""

from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from adapters.media.tone import to_sdr
from domain.notes.media import Dynamic

Pixels = NDArray[np.uint8]

_BT601, _BT709, _BT2020 = 5, 1, 9
_KNOWN: Final = {1, 4, 5, 6, 7, 9}
_HD: Final = 720  # lines; where nobody says so, more than these are coded as BT.709


def shown_size(frame: VideoFrame, shape: Fraction, width: int) -> tuple[int, int]:
    """Of the frame before it is turned, so that it is at most `width` wide afterwards."""
    across, down = round(frame.width * shape), frame.height
    longest = down if _matrix(frame) and _turned(frame) else across
    if longest > width:
        across, down = round(across * width / longest), round(down * width / longest)
    return max(1, across), max(1, down)


def pixels(frame: VideoFrame, shape: Fraction, width: int, dynamic: Dynamic) -> Pixels:
    """Rows of RGB, at most `width` wide."""
    across, down = shown_size(frame, shape, width)
    hdr = dynamic is not Dynamic.SDR
    clear = one_field(frame) if frame.interlaced_frame else frame
    small: Any = clear.reformat(
        width=across,
        height=down,
        format="rgb48le" if hdr else "rgb24",
        src_colorspace=_coded(frame, hdr=hdr),
        dst_colorspace=_BT709,
        interpolation="LANCZOS",
    ).to_ndarray()
    rgb: Pixels = to_sdr(small, dynamic) if hdr else small
    return np.ascontiguousarray(turn(rgb, frame))


def _coded(frame: VideoFrame, *, hdr: bool) -> int:
    if hdr:
        return _BT2020
    said = int(frame.colorspace)
    if said in _KNOWN:
        return said
    return _BT709 if frame.height >= _HD else _BT601


def one_field(frame: VideoFrame) -> VideoFrame:
    """Of two moments in the lines of one frame the first; half as high."""
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=Fraction(1, 1000),
    )
    field, sink = graph.add("field", "type=top"), graph.add("buffersink")
    source.link_to(field)
    field.link_to(sink)
    graph.configure()
    graph.push(frame)
    found: Any = graph.pull()
    return found if isinstance(found, VideoFrame) else frame


def _matrix(frame: VideoFrame) -> tuple[int, int, int, int] | None:
    """How a player turns and mirrors it: the part of the display matrix that does so."""
    found = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]
    if found is None:
        return None
    numbers = np.frombuffer(bytes(found), "<i4")
    one, two, three, four = (int(np.sign(numbers[place])) for place in (0, 1, 3, 4))
    return one, two, three, four


def _turned(frame: VideoFrame) -> bool:
    matrix = _matrix(frame)
    return matrix is not None and not matrix[0] and not matrix[3]


def turn(rgb: Pixels, frame: VideoFrame) -> Pixels:
    """By the display matrix: (x, y) goes to (x, y) times it."""
    matrix = _matrix(frame)
    if matrix is None:
        return rgb
    across_x, across_y, down_x, down_y = matrix
    if across_x or down_y:
        rgb = rgb[:, ::-1] if across_x < 0 else rgb
        return rgb[::-1] if down_y < 0 else rgb
    rgb = rgb.transpose(1, 0, 2)
    rgb = rgb[::-1] if across_y < 0 else rgb
    return rgb[:, ::-1] if down_x < 0 else rgb


def frame_of(rgb: Pixels) -> VideoFrame:
    return av.VideoFrame.from_ndarray(rgb, format="rgb24")
