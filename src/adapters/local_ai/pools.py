"""The kinds of child processes that listen and read: a model is loaded once and kept warm."""

from collections.abc import Sequence
from pathlib import Path

from adapters.local_ai.models import model_files
from adapters.runtime.limits import MIB, ChildKind, Limits

MOONSHINE = "speech-moonshine"
WHISPER = "speech-whisper"
TEXTS = "texts"
_START_SECONDS = 120.0


def speech_kinds(
    target: str, *, processes: int, threads: int, whisper: Path | None = None
) -> Sequence[ChildKind]:
    """`target` is the module and function that answers; `whisper` the folder of a model."""
    kinds = [
        ChildKind(
            name=MOONSHINE,
            target=target,
            processes=processes,
            limits=_limits(1536 * MIB),
            settings={"engine": "moonshine", "threads": threads},
        )
    ]
    if whisper is not None:
        files = model_files(whisper)
        size = sum(file.stat().st_size for file in files)
        folders = {str(whisper), *(str(file.resolve().parent) for file in files)}
        kinds.append(
            ChildKind(
                name=WHISPER,
                target=target,
                processes=processes,
                limits=_limits(1536 * MIB + 2 * size),  # read once as it is, once as integers
                settings={"engine": "whisper", "threads": threads, "model": str(whisper)},
                readable=tuple(sorted(folders)),
            )
        )
    return kinds


def _limits(memory: int) -> Limits:
    """Time is bounded at each call, by the length of what is heard."""
    return Limits(
        memory_bytes=memory,
        recycle_above_bytes=memory * 3 // 4,
        recycle_after_calls=500,
        start_seconds=_START_SECONDS,
    )


def text_kinds(target: str) -> Sequence[ChildKind]:
    """A child that reads text without a model; ten hours of speech take it some seconds."""
    limits = Limits(
        memory_bytes=1024 * MIB,
        wall_seconds=300,
        cpu_seconds=300,
        start_seconds=_START_SECONDS,
    )
    return [ChildKind(name=TEXTS, target=target, limits=limits)]
