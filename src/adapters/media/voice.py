"""Where somebody speaks: Silero's detector, fed as the sound comes, in windows of 32 ms."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.notes.media import Span

RATE: Final = 16_000
WINDOW: Final = 512  # samples
WINDOW_MS: Final = 32
_CONTEXT: Final = 64  # samples of the window before
_BATCH: Final = 1024  # windows, about half a minute
_STATE: Final = (1, 1, 128)

SPEECH: Final = 0.5
SILENCE: Final = 0.35  # between the two it goes on as it was
_JOIN: Final = 8  # windows; shorter pauses are part of what is said
_SHORTEST: Final = 3
_PAD: Final = 3

Probabilities = NDArray[np.float32]


class Voice:
    """Probabilities of speech, one a window, in order; what it has heard shapes what it hears."""

    def __init__(self) -> None:
        self._h: NDArray[np.float32]
        self._c: NDArray[np.float32]
        self._tail: NDArray[np.float32]
        self._forget()

    def _forget(self) -> None:
        self._h, self._c = np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32)
        self._tail = np.zeros(_CONTEXT, np.float32)

    @cached_property
    def _model(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(
            str(_model_file()), providers=["CPUExecutionProvider"], sess_options=options
        )

    def probabilities(self, samples: NDArray[np.int16]) -> Probabilities:
        """Of whole windows; pure silence is not worth asking about."""
        windows = samples.reshape(-1, WINDOW)
        found = np.zeros(len(windows), np.float32)
        for start in range(0, len(windows), _BATCH):
            batch = windows[start : start + _BATCH]
            if batch.any():
                found[start : start + len(batch)] = self._heard(
                    batch.astype(np.float32) / np.float32(32768)
                )
            else:
                self._forget()
        return found

    def _heard(self, windows: NDArray[np.float32]) -> Probabilities:
        before = np.vstack([self._tail, windows[:-1, -_CONTEXT:]])
        self._tail = windows[-1, -_CONTEXT:].copy()
        given = {"input": np.hstack([before, windows]), "h": self._h, "c": self._c}
        said, self._h, self._c = self._model.run(None, given)
        return np.asarray(said, np.float32).reshape(-1)


def _model_file() -> Path:
    """It comes with faster-whisper, which is not loaded for it."""
    found = find_spec("faster_whisper")
    if found is None or found.origin is None:
        raise FileNotFoundError("faster_whisper is not installed")
    return next(Path(found.origin).with_name("assets").glob("silero_vad*.onnx"))


def spoken(probabilities: Probabilities, start_ms: int, end_ms: int) -> tuple[Span, ...]:
    """Stretches of speech between these times, the first window beginning at the first."""
    spans = []
    for first, last in _joined(list(_runs(probabilities.tolist()))):
        sooner = max(start_ms, start_ms + (first - _PAD) * WINDOW_MS)
        later = min(end_ms, start_ms + (last + _PAD) * WINDOW_MS)
        if later > sooner:
            spans.append(Span(start_ms=sooner, end_ms=later))
    return tuple(spans)


def _runs(probabilities: Sequence[float]) -> Iterator[tuple[int, int]]:
    begun: int | None = None
    for place, probability in enumerate(probabilities):
        if begun is None and probability >= SPEECH:
            begun = place
        elif begun is not None and probability < SILENCE:
            yield begun, place
            begun = None
    if begun is not None:
        yield begun, len(probabilities)


def _joined(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and first - joined[-1][1] < _JOIN:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(first, last) for first, last in joined if last - first >= _SHORTEST]
