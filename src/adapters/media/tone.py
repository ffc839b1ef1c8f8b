"""HDR to SDR: what is as bright as paper stays so, and lights roll off."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.notes.media import Dynamic

Linear = NDArray[np.float32]

_WHITE: Final = 203.0  # candelas of a square metre, of paper in HDR (BT.2408)
_PEAK: Final = 1000.0  # brighter than this is white
_KNEE: Final = 0.7  # of what SDR can show; below it nothing is changed
_M1, _M2 = 2610 / 16384, 2523 / 32
_C1, _C2, _C3 = 3424 / 4096, 2413 / 128, 2392 / 128
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_TO_709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
_LUMINANCE: Final = np.array([0.2627, 0.6780, 0.0593], np.float32)


def to_sdr(rgb: NDArray[np.uint16], dynamic: Dynamic) -> NDArray[np.uint8]:
    """`rgb` of 16 bits in BT.2020, coded as PQ or HLG, to sRGB."""
    coded = rgb.astype(np.float32) / np.float32(65535)
    light = _from_pq(coded) if dynamic is Dynamic.PQ else _from_hlg(coded)
    shown = light / _WHITE
    bright = shown.max(axis=2, keepdims=True)
    shown *= _rolled_off(bright) / np.maximum(bright, 1e-6)
    srgb = np.clip(shown @ _TO_709.T, 0, 1)
    curved = np.where(srgb <= 0.0031308, 12.92 * srgb, 1.055 * srgb ** (1 / 2.4) - 0.055)  # noqa: PLR2004
    return (curved * 255 + 0.5).astype(np.uint8)


def _from_pq(coded: Linear) -> Linear:
    powered = coded ** (1 / _M2)
    linear: Linear = np.maximum(powered - _C1, 0) / (_C2 - _C3 * powered)
    return (10_000 * linear ** (1 / _M1)).astype(np.float32)


def _from_hlg(coded: Linear) -> Linear:
    """On a screen of 1000 candelas."""
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - _C) / _A) + _B) / 12)  # noqa: PLR2004
    luminance = np.maximum(scene @ _LUMINANCE, 1e-6)[..., None]
    return (1000 * luminance**0.2 * scene).astype(np.float32)


def _rolled_off(bright: Linear) -> Linear:
    """As it is below the knee, and from there a curve that reaches 1 at the peak."""
    span = _PEAK / _WHITE - _KNEE
    over = np.clip((bright - _KNEE) / span, 0, 1)
    curve = 1 - (1 - over) ** (span / (1 - _KNEE))
    return np.where(bright <= _KNEE, bright, _KNEE + (1 - _KNEE) * curve).astype(np.float32)
