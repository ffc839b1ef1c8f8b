"""Speech recognised by any server that speaks OpenAI's protocol."""

import asyncio
import json
import time
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Final

import openai
from openai import AsyncOpenAI, Omit

from adapters.openai.faults import fault
from adapters.openai.recognition import Recognition, Unreadable, read_answer
from adapters.runtime.playing_time import ENOUGH, playing_ms
from domain.ai.ports import EngineFailed, EngineRefused, Transcriber
from domain.ai.speech import Heard, TranscriberTraits
from domain.ai.use import AiUse, Outcome
from domain.artifacts.ports import BlobStore

ENGINE: Final = "openai"
_MOST_BYTES: Final = 25 * 1024 * 1024  # of one upload, by OpenAI's rules
_LONGEST_MS: Final = 23 * 60_000  # likewise, 1400 s
_PATIENCE_S: Final = 60.0
_CONNECT_S: Final = 10.0
_FLAC: Final = b"fLaC"


@dataclass(frozen=True, slots=True)
class _Form:
    """What is asked for; a server that refuses one is asked for less from then on."""

    format: str
    times: tuple[str, ...] = ()


_FORMS: Final = (
    _Form("verbose_json", ("word", "segment")),
    _Form("verbose_json"),
    _Form("json"),
)
_COMPLAINTS: Final = ("response_format", "timestamp_granularities", "verbose_json", "granularit")


def client_of(base_url: str, key: str) -> AsyncOpenAI:
    """Retries are ours, so that each is in the ledger."""
    return AsyncOpenAI(
        base_url=base_url,
        api_key=key or "none",
        max_retries=0,
        timeout=openai.Timeout(_PATIENCE_S, connect=_CONNECT_S),
    )


@dataclass(slots=True)
class OpenAiTranscriber(Transcriber):
    """`slack` seconds and the clip's own length are how long an answer may take."""

    client: AsyncOpenAI
    blobs: BlobStore
    model: str
    slack: float = _PATIENCE_S
    form: int = field(default=0, init=False)  # index in _FORMS

    @property
    def traits(self) -> TranscriberTraits:
        return TranscriberTraits(
            engine=ENGINE,
            model=self.model,
            word_times=bool(_FORMS[self.form].times),
            languages=None,
            longest_ms=_LONGEST_MS,
            most_bytes=_MOST_BYTES,
        )

    async def transcribe(self, key: str, *, language: str | None) -> Heard:
        use = AiUse(engine=ENGINE, model=self.model, outcome=Outcome.UNSENT)
        content = await self._content(key, use)
        length_ms = _length_ms(content)
        if length_ms > _LONGEST_MS:
            raise EngineRefused("This sound is too long for one request.", use, limit=_LONGEST_MS)
        use = replace(use, audio_ms=length_ms, outcome=Outcome.OK)
        began = time.monotonic()
        form = self.form
        try:
            async with asyncio.timeout(self.slack + length_ms / 1_000):
                raw = await self._ask(content, language, _FORMS[form])
        except TimeoutError:
            raise EngineFailed(
                "The engine did not answer in time.", _after(use, began, Outcome.UNKNOWN)
            ) from None
        except openai.OpenAIError as error:
            raise self._fault(error, form, _after(use, began, Outcome.FAILED)) from error
        return self._heard(raw, _after(use, began, Outcome.OK), length_ms, language)

    def _heard(self, raw: bytes, use: AiUse, length_ms: int, language: str | None) -> Heard:
        try:
            found = read_answer(json.loads(raw), length_ms)
        except (Unreadable, ValueError, RecursionError) as error:
            failed = replace(use, outcome=Outcome.FAILED)
            raise EngineFailed("The engine's answer cannot be read.", failed) from error
        return Heard(
            segments=found.segments,
            language=found.language or language,
            certainty=None,
            use=_counted(use, found),
        )

    async def _content(self, key: str, use: AiUse) -> bytes:
        content = bytearray()
        async with aclosing(self.blobs.open(key)) as blocks:
            async for block in blocks:
                content += block
                if len(content) > _MOST_BYTES:
                    raise EngineRefused(
                        "This sound is too large for one request.", use, limit=_MOST_BYTES
                    )
        return bytes(content)

    async def _ask(self, content: bytes, language: str | None, form: _Form) -> bytes:
        name = "sound.flac" if content.startswith(_FLAC) else "sound.wav"
        media_type = "audio/flac" if content.startswith(_FLAC) else "audio/wav"
        times: Any = list(form.times) or Omit()
        wanted: Any = form.format
        answer = await self.client.audio.transcriptions.with_raw_response.create(
            file=(name, content, media_type),
            model=self.model,
            language=language or Omit(),
            response_format=wanted,
            timestamp_granularities=times,
            temperature=0,
            timeout=openai.Timeout(self.slack + _length_ms(content) / 1_000, connect=_CONNECT_S),
        )
        raw: bytes = answer.http_response.content
        return raw

    def _fault(
        self, error: openai.OpenAIError, form: int, use: AiUse
    ) -> EngineFailed | EngineRefused:
        """A server that does not know the form is asked again for less, which costs no attempt."""
        unknown = isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError)
        if unknown and form + 1 < len(_FORMS):
            said = str(error).lower()
            if any(word in said for word in _COMPLAINTS):
                self.form = max(self.form, form + 1)
                return EngineFailed(
                    "The engine does not know this form of answer.",
                    use,
                    retry_after=0.0,
                    again=True,
                )
        return fault(error, use)


def _after(use: AiUse, began: float, outcome: Outcome) -> AiUse:
    return replace(use, wall_ms=round((time.monotonic() - began) * 1_000), outcome=outcome)


def _counted(use: AiUse, found: Recognition) -> AiUse:
    return replace(
        use,
        input_tokens=found.input_tokens,
        output_tokens=found.output_tokens,
        audio_ms=use.audio_ms if found.audio_ms is None else found.audio_ms,
    )


def _length_ms(content: bytes) -> int:
    return playing_ms(content[:ENOUGH], len(content))
