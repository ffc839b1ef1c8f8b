"""Speech recognised on this machine, in child processes that keep their model warm."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from adapters.local_ai.messages import HearAnswer, HearCall
from adapters.local_ai.models import is_english_only
from adapters.local_ai.pools import MOONSHINE, WHISPER
from adapters.runtime.children import Children, Lease
from adapters.runtime.playing_time import ENOUGH, playing_ms
from domain.ai.ports import EngineFailed, EngineRefused, Transcriber
from domain.ai.speech import Heard, TranscriberTraits
from domain.ai.use import AiUse, Outcome
from domain.artifacts.ports import BlobStore
from domain.kernel.errors import DomainError, NotFound, Unavailable

_SOUND: Final = "sound"
_LONGEST_MS: Final = 30 * 60_000
_MOST_BYTES: Final = 128 << 20
_ENGLISH: Final = frozenset({"en"})
_PATIENCE: Final = 6  # times the length of the clip, on a machine that is busy
_LOADING_S: Final = 180


@dataclass(frozen=True, slots=True)
class ChildTranscriber(Transcriber):
    """`kind` of `pools`; `threads` is what its children may use of the processor."""

    children: Children
    blobs: BlobStore
    kind: str
    about: TranscriberTraits
    threads: int = 2

    @property
    def traits(self) -> TranscriberTraits:
        return self.about

    async def transcribe(self, key: str, *, language: str | None) -> Heard:
        use = AiUse(engine=self.about.engine, model=self.about.model, cost_micros=0)
        try:
            async with self.children.lease(self.kind) as child:
                began = time.monotonic()
                answer = await self._heard(child, key, language, use)
        except (NotFound, EngineRefused):
            raise
        except Unavailable as error:
            raise EngineFailed(
                str(error), replace(use, outcome=Outcome.FAILED), cause=error.code
            ) from error
        except DomainError as error:
            failed = replace(use, outcome=Outcome.FAILED)
            raise EngineRefused(str(error), failed, cause=error.code) from error
        wall_ms = round((time.monotonic() - began) * 1_000)
        return Heard(
            segments=answer.segments,
            language=answer.language,
            certainty=answer.certainty,
            speech=answer.speech,
            use=replace(use, audio_ms=answer.audio_ms, wall_ms=wall_ms),
        )

    async def _heard(self, child: Lease, key: str, language: str | None, use: AiUse) -> HearAnswer:
        head, size = await self._take(key, child.scratch / _SOUND, use)
        length = playing_ms(head, size)
        if length > self.about.longest_ms:
            raise EngineRefused(
                "This sound is too long for one request.",
                replace(use, outcome=Outcome.UNSENT),
                limit_ms=self.about.longest_ms,
            )
        wall = _LOADING_S + _PATIENCE * length / 1_000
        return await child.call(
            "hear",
            HearCall(file=_SOUND, language=language),
            returns=HearAnswer,
            wall_seconds=wall,
            cpu_seconds=round(wall * self.threads),
        )

    async def _take(self, key: str, target: Path, use: AiUse) -> tuple[bytes, int]:
        """From the store to the child's folder; answers its first bytes and its size."""
        head, size = b"", 0
        with target.open("wb") as file:
            async with aclosing(self.blobs.open(key)) as blocks:
                async for block in blocks:
                    head, size = (head + block)[:ENOUGH], size + len(block)
                    if size > _MOST_BYTES:
                        raise EngineRefused(
                            "This sound is too large for one request.",
                            replace(use, outcome=Outcome.UNSENT),
                            limit=_MOST_BYTES,
                        )
                    await asyncio.to_thread(file.write, block)
        return head, size


def moonshine(children: Children, blobs: BlobStore, threads: int) -> ChildTranscriber:
    """Its model comes in its package: no configuration, English only, no times of words."""
    about = TranscriberTraits(
        engine="moonshine",
        model="tiny-en",
        word_times=False,
        languages=_ENGLISH,
        longest_ms=_LONGEST_MS,
    )
    return ChildTranscriber(children, blobs, MOONSHINE, about, threads)


def faster_whisper(
    children: Children, blobs: BlobStore, threads: int, model: str
) -> ChildTranscriber:
    about = TranscriberTraits(
        engine="faster-whisper",
        model=Path(model).name if model.startswith(("/", "~")) else model,
        word_times=True,
        languages=_ENGLISH if is_english_only(model) else None,
        longest_ms=_LONGEST_MS,
    )
    return ChildTranscriber(children, blobs, WHISPER, about, threads)
