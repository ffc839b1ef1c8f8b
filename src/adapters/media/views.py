"""A frame as it is compared with others: small tiles, a perceptual hash, and how good it is."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Tiles = NDArray[np.uint8]  # planes, rows, columns

COLUMNS: Final = 64
ROWS: Final = 36
_FACTOR: Final = 5  # sharpness is judged on so many times more pixels each way
CHANGE: Final = 0.05 * 255  # of one tile; a mean over all of them would not see a line of text
_SOME: Final = 3  # tiles
_MASK: Final = 3  # times the usual movement
_STIR: Final = 2  # of 255, from one frame to the next
_OFTEN: Final = 0.2  # of the frames
_FADING: Final = 0.98  # what moved is forgotten by and by
_EDGE: Final = 24  # between the lightest and the darkest of a tile that shows something
_SHARP: Final = 150.0  # variance of the Laplacian at which a picture is half as sharp as can be


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a glimpse leaves out is 0."""

    pts: int
    tiles: Tiles
    sharpness: float = 0.0
    content: float = 0.0
    look: int = 0


def glimpse_of(frame: VideoFrame) -> View:
    """Enough to compare."""
    return View(pts=frame.pts or 0, tiles=tiles_of(frame))


def view_of(frame: VideoFrame) -> View:
    """Enough to choose."""
    bright: Any = frame.reformat(
        width=COLUMNS * _FACTOR, height=ROWS * _FACTOR, format="gray", interpolation="AREA"
    ).to_ndarray()
    tiles = tiles_of(frame)
    blocks = bright.reshape(ROWS, _FACTOR, COLUMNS, _FACTOR)
    spread = blocks.max(axis=(1, 3)).astype(np.int16) - blocks.min(axis=(1, 3))
    return View(
        pts=frame.pts or 0,
        tiles=tiles,
        sharpness=_sharpness(bright),
        content=round(float((spread > _EDGE).mean()), 4),
        look=_look(tiles[0]),
    )


def tiles_of(frame: VideoFrame) -> Tiles:
    small: Any = frame.reformat(
        width=COLUMNS, height=ROWS, format="yuv444p", interpolation="AREA"
    ).to_ndarray()
    tiles: Tiles = small
    return tiles


def _sharpness(bright: NDArray[np.uint8]) -> float:
    grey = bright.astype(np.int16)
    edges = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2]
    found = float((edges - grey[1:-1, 2:]).astype(np.float32).var())
    return round(found / (found + _SHARP), 4)


def _waves(length: int) -> NDArray[np.float64]:
    places = (np.arange(length) + 0.5) * np.pi / length
    return np.cos(np.arange(8)[:, None] * places)


_ACROSS: Final = _waves(COLUMNS)
_DOWN: Final = _waves(ROWS)


def _look(bright: NDArray[np.uint8]) -> int:
    """The signs of the lowest waves of the picture, beside their median."""
    waves = (_DOWN @ bright.astype(np.float64) @ _ACROSS.T).reshape(-1)
    waves[0] = 0.0  # how bright it is says nothing
    bits = waves > np.median(waves)
    return int(np.packbits(bits).view(">u8")[0])


def difference(one: Tiles, other: Tiles) -> NDArray[np.int16]:
    """Of each tile, the largest of its planes."""
    apart: NDArray[np.int16] = np.abs(one.astype(np.int16) - other).max(axis=0)
    return apart


def differs(apart: NDArray[np.int16]) -> bool:
    """Some tiles do, or one does very much; less than that is a pointer, or the coder's doing."""
    return int((apart > CHANGE).sum()) >= _SOME or bool(apart.max() > 2 * CHANGE)


def _nothing() -> NDArray[np.int16]:
    return np.zeros((ROWS, COLUMNS), np.int16)


@dataclass(slots=True)
class Movement:
    """What moves all the time, as a face in a corner does, is no change of the picture."""

    _measured: deque[NDArray[np.int16]] = field(default_factory=lambda: deque(maxlen=5))
    _restless: NDArray[np.int16] = field(default_factory=_nothing)
    usual: NDArray[np.int16] = field(default_factory=_nothing)

    def measure(self, one: Tiles, other: Tiles) -> None:
        """Two frames of the same picture, a moment apart."""
        self._note(_spread(difference(one, other)))

    def rest(self) -> None:
        self._note(_nothing())

    def _note(self, moved: NDArray[np.int16]) -> None:
        self._measured.append(moved)
        self._restless = (self._restless * _FADING).astype(np.int16)
        usual = np.median(np.stack(self._measured), axis=0).astype(np.int16)
        self.usual = np.maximum(usual, self._restless)

    def study(self, shown: Sequence[Tiles]) -> None:
        """Many frames one after the other: what moves in many of them will go on so."""
        stack = np.stack([tiles[0] for tiles in shown]).astype(np.int16)
        often = (np.abs(np.diff(stack, axis=0)) > _STIR).mean(axis=0) > _OFTEN
        reach = np.where(often, stack.max(axis=0) - stack.min(axis=0), 0)
        self._restless = np.maximum(self._restless, _spread(reach.astype(np.int16)) // 2)
        self.usual = np.maximum(self.usual, self._restless)

    def changed(self, one: Tiles, other: Tiles) -> bool:
        return differs(difference(one, other) - self.usual * _MASK)

    @property
    def share(self) -> float:
        """Of the picture that moves."""
        return float((self.usual > CHANGE / _MASK).mean())


def _spread(moved: NDArray[np.int16]) -> NDArray[np.int16]:
    """Each tile with its neighbours: what moves arrives there, too."""
    padded = np.pad(moved, 1, mode="edge")
    rows = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
