"""A whole recording heard once: shards cut at pauses, where somebody speaks, and how loud it is."""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from adapters.media.messages import Done, ListenAnswer, ListenCall, MadeShard
from adapters.media.opening import audio_at, opened, packets
from adapters.media.probing import heard
from adapters.media.shard_cuts import cut_within, quietest
from adapters.media.sound import Samples, SoundClock
from adapters.media.voice import RATE, WINDOW, WINDOW_MS, Voice, spoken

Tell = Callable[[object], None]
_EARLIEST: Final = 0.7  # of the wanted length
_HEARD_AT_ONCE: Final = 30 * RATE // WINDOW * WINDOW  # samples
_AUDIBLE: Final = 33.0  # -60 dB of full scale
_TOLD_EVERY: Final = 20_000  # milliseconds of sound


@dataclass(slots=True, kw_only=True)
class _Desk:
    """The shard at hand, its samples and what is known of each window."""

    call: ListenCall
    folder: Path
    tell: Tell
    voice: Voice = field(default_factory=Voice)
    start: int = 0  # window
    number: int = 0
    speech_ms: int = 0
    energy: float = 0.0
    loud: int = 0
    pending: list[Samples] = field(default_factory=list)
    waiting: int = 0
    sound: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    said: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    levels: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def take(self, samples: Samples) -> None:
        self.pending.append(samples)
        self.waiting += samples.shape[1]
        if self.waiting >= _HEARD_AT_ONCE:
            self.hear()
            while len(self.said) >= self.call.longest_ms // WINDOW_MS:
                self.cut()

    def hear(self) -> None:
        if not self.pending:
            return
        fresh = np.concatenate(self.pending, axis=1)[0]
        whole = len(fresh) // WINDOW * WINDOW
        rest = fresh[whole:]
        self.pending, self.waiting = ([rest[None, :]] if len(rest) else []), len(rest)
        fresh = fresh[:whole]
        windows = fresh.reshape(-1, WINDOW).astype(np.float32)
        levels = np.sqrt((windows * windows).mean(axis=1))
        audible = levels[levels > _AUDIBLE]
        self.energy += float((audible.astype(np.float64) ** 2).sum())
        self.loud += len(audible)
        self.sound = np.concatenate([self.sound, fresh])
        self.said = np.concatenate([self.said, self.voice.probabilities(fresh)])
        self.levels = np.concatenate([self.levels, levels])

    def cut(self) -> None:
        """One shard off the front; a pause before the wanted length is best, then one after it."""
        wanted, longest = (
            self.call.shard_ms // WINDOW_MS,
            min(self.call.longest_ms // WINDOW_MS, len(self.said)),
        )
        early = int(wanted * _EARLIEST)
        at = cut_within(self.said, self.levels, early, wanted)
        if at is None:
            at = cut_within(self.said, self.levels, wanted, longest)
        if at is None:
            at = cut_within(self.said, self.levels, wanted // 10, early)
        self.write(quietest(self.levels, early, longest) if at is None else at)

    def write(self, windows: int, rest: NDArray[np.int16] | None = None) -> None:
        start_ms = self.start * WINDOW_MS
        samples = self.sound[: windows * WINDOW]
        if rest is not None:
            samples = np.concatenate([samples, rest])
        end_ms = start_ms + round(len(samples) * 1000 / RATE)
        speech = spoken(self.said[:windows], start_ms, end_ms)
        name = f"audio-{self.number:05}.flac"
        data = flac(samples)
        (self.folder / name).write_bytes(data)
        self.tell(
            MadeShard(
                number=self.number,
                start_ms=start_ms,
                end_ms=end_ms,
                name=name,
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                speech=speech,
            )
        )
        self.number, self.start = self.number + 1, self.start + windows
        self.speech_ms += sum(span.length_ms for span in speech)
        self.sound, self.said = self.sound[windows * WINDOW :], self.said[windows:]
        self.levels = self.levels[windows:]

    def finish(self) -> None:
        self.hear()
        while len(self.said) > self.call.shard_ms // WINDOW_MS:
            self.cut()
        rest = self.pending[0][0] if self.pending else None
        if len(self.said) or rest is not None:
            self.write(len(self.said), rest)

    @property
    def level_db(self) -> float | None:
        if not self.loud:
            return None
        return round(20 * math.log10(math.sqrt(self.energy / self.loud) / 32768), 1)


def listen(path: Path, call: ListenCall, folder: Path, tell: Tell) -> ListenAnswer:
    """Shards go to `folder` and are told one by one. Raises NotMedia, DamagedMedia."""
    desk = _Desk(call=call, folder=folder, tell=tell)
    clock = SoundClock(zero=Fraction(call.offset_ms, 1000), rate=RATE)
    end, told = call.duration_ms * RATE // 1000, 0
    for frame in sounds(path, call.track):
        if clock.position > end:
            break
        for samples in clock.take(frame):
            desk.take(samples)
        if clock.position * 1000 // RATE - told >= _TOLD_EVERY:
            told = clock.position * 1000 // RATE
            tell(Done(ms=min(told, call.duration_ms)))
    for samples in clock.finish(end):
        desk.take(samples)
    desk.finish()
    return ListenAnswer(
        speech_ms=desk.speech_ms,
        level_db=desk.level_db,
        gaps=tuple(clock.gaps),
        decoded_ms=round(clock.decoded * 1000),
    )


def sounds(path: Path, track: int) -> Iterator[AudioFrame]:
    with opened(path) as container:
        stream = audio_at(container, track)
        for packet in packets(container, stream):
            yield from heard(stream, packet)
        yield from heard(stream, None)


def flac(samples: NDArray[np.int16]) -> bytes:
    """The same bytes for the same samples."""
    import io

    file = io.BytesIO()
    with av.open(file, "w", format="flac", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono")
        stream.codec_context.options = {"flags": "+bitexact"}
        for start in range(0, len(samples), 60 * RATE):
            frame = AudioFrame.from_ndarray(
                samples[None, start : start + 60 * RATE], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
