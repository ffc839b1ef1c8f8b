"""Sound for tests: shards of a recording as the listening stage makes them, and a voice."""

import io
import itertools
import wave
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from domain.artifacts.ports import BlobStore
from domain.notes.media import Span

RATE = 16_000
Sound = Any  # float32 at 16 kHz


@dataclass(frozen=True)
class TestShard:
    number: int
    span: Span
    key: str
    speech: tuple[Span, ...]

    __test__ = False


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float) -> Sound:
    made: Sound = np.random.default_rng(7).standard_normal(round(seconds * RATE)) * 0.05
    return made.astype(np.float32)


def tone(seconds: float) -> Sound:
    at = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 440 * at)).astype(np.float32)


@cache
def spoken(text: str) -> Sound:
    """`text` said by a synthetic voice, the same each time."""
    from hibari import Hibari

    voice = Hibari()
    said = np.asarray(voice(text, seed=0), np.float32)
    at = np.arange(len(said) * RATE // voice.sample_rate) * (voice.sample_rate / RATE)
    return np.interp(at, np.arange(len(said)), said).astype(np.float32)


def speech_in(sound: Sound) -> tuple[Span, ...]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    found = get_speech_timestamps(sound, VadOptions(min_silence_duration_ms=300, speech_pad_ms=200))
    return tuple(
        Span(start_ms=each["start"] * 1_000 // RATE, end_ms=each["end"] * 1_000 // RATE)
        for each in found
    )


def wav(sound: Sound) -> bytes:
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes())
    return sink.getvalue()


def flac(sound: Sound) -> bytes:
    import av

    sink = io.BytesIO()
    with av.open(sink, "w", format="flac") as file:
        stream = file.add_stream("flac", rate=RATE, layout="mono")
        samples = (np.clip(sound, -1, 1) * 32_767).astype("<i2")
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return sink.getvalue()


async def kept(blobs: BlobStore, key: str, content: bytes) -> str:
    async def blocks() -> AsyncIterator[bytes]:
        yield content

    await blobs.put(key, blocks(), overwrite=True)
    return key


async def shards_of(
    blobs: BlobStore, prefix: str, sound: Sound, longest_s: float
) -> Sequence[TestShard]:
    """Cut in the middle of pauses, each shard at most about `longest_s` long."""
    speech = speech_in(sound)
    end = len(sound) * 1_000 // RATE
    edges = [0]
    pauses = [(a.end_ms + b.start_ms) // 2 for a, b in itertools.pairwise(speech)]
    for pause, after in itertools.pairwise([*pauses, end]):
        if after - edges[-1] > longest_s * 1_000:
            edges.append(pause)
    edges.append(end)
    shards = []
    for number, (start, stop) in enumerate(itertools.pairwise(edges)):
        part = sound[start * RATE // 1_000 : stop * RATE // 1_000]
        key = await kept(blobs, f"{prefix}/audio-{number:05}.flac", flac(part))
        inside = tuple(each for each in speech if start <= each.start_ms < stop)
        span = Span(start_ms=start, end_ms=stop)
        shards.append(TestShard(number=number, span=span, key=key, speech=inside))
    return shards
