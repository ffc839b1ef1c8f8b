"""The inside of a speech child: one engine, its model loaded at the first call and kept."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from adapters.local_ai.messages import HearAnswer, HearCall
from adapters.runtime.child import Call, Methods
from domain.kernel.errors import Invalid

RATE: Final = 16_000
# As fine as pauses between phrases; a long stretch without any is cut where speech is weakest.
_DETECTION: Final = {"min_silence_duration_ms": 160, "speech_pad_ms": 200}

Samples = Any  # a numpy array of float32
Edges = tuple[int, int]  # in samples


class UnreadableSound(Invalid):
    code = "notes.unreadable-sound"


class Engine(Protocol):
    def hear(self, sound: Samples, speech: Sequence[Edges], language: str | None) -> HearAnswer: ...


def methods(settings: Mapping[str, object]) -> Methods:
    """`settings`: `engine` (moonshine, whisper), `threads`, and the folder of a `model`."""
    threads = int(str(settings.get("threads") or 1))
    _bound_threads(threads)
    engines: dict[str, Engine] = {}

    def hear(call: Call) -> HearAnswer:
        asked = call.read(HearCall)
        sound = _sound(str(call.scratch / asked.file))
        speech = _speech(sound)
        if not speech:  # nobody speaks: nothing is asked, so nothing can be invented
            return HearAnswer((), None, None, (), len(sound) * 1_000 // RATE)
        if not engines:
            engines["it"] = _engine(settings, threads)
        answer = engines["it"].hear(sound, speech, asked.language)
        answer.speech = tuple((a * 1_000 // RATE, b * 1_000 // RATE) for a, b in speech)
        return answer

    return {"hear": hear}


def _bound_threads(threads: int) -> None:
    """Before any library makes its pools; the hub is never asked."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["HF_HUB_OFFLINE"] = "1"
    allowed = sorted(os.sched_getaffinity(0))
    if threads < len(allowed):  # some runtimes count cores and nothing else
        first = os.getpid() % len(allowed)
        os.sched_setaffinity(0, [allowed[(first + n) % len(allowed)] for n in range(threads)])


def _engine(settings: Mapping[str, object], threads: int) -> Engine:
    if settings.get("engine") == "whisper":
        from entrypoints.children.whisper import Whisper

        return Whisper(str(settings["model"]), threads)
    from entrypoints.children.moonshine import Moonshine

    return Moonshine()


def _sound(path: str) -> Samples:
    """Mono at 16 kHz, whatever the file has; raises UnreadableSound."""
    from av.error import FFmpegError
    from faster_whisper.audio import decode_audio

    try:
        return decode_audio(path, sampling_rate=RATE)
    except (FFmpegError, IndexError, ValueError) as error:
        raise UnreadableSound("This sound cannot be decoded.") from error


def _speech(sound: Samples) -> list[Edges]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if len(sound) < RATE // 20:
        return []
    found = get_speech_timestamps(sound, VadOptions(**_DETECTION, max_speech_duration_s=15))
    return [(each["start"], each["end"]) for each in found]
