"""Engines behind which models stand, the ledger of what is asked of them, and prices."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.local_ai.models import find_model, installed
from adapters.local_ai.pools import speech_kinds
from adapters.local_ai.transcriber import faster_whisper, moonshine
from adapters.openai.transcriber import OpenAiTranscriber, client_of
from adapters.runtime.children import Children
from adapters.sql.ai_ledger import SqlAiLedger
from application.ai.requests import Requests
from domain.ai.ports import AiLedger, Transcriber
from domain.ai.prices import PriceTable
from domain.ai.transcribers import AUTO, Transcribers
from domain.artifacts.ports import BlobStore
from domain.kernel.ports import Ids
from entrypoints.children import SPEECH
from entrypoints.settings import Settings
from entrypoints.variables import BadSetting


class Ai(Provider):
    scope = Scope.APP

    @provide
    def ledger(self, engine: AsyncEngine) -> AiLedger:
        return SqlAiLedger(engine)

    @provide
    def prices(self, settings: Settings) -> PriceTable:
        return read_prices(settings.ai_prices)

    @provide
    def requests(self, ledger: AiLedger, ids: Ids, prices: PriceTable) -> Requests:
        return Requests(ledger, ids, prices)

    @provide
    async def transcribers(
        self, settings: Settings, blobs: BlobStore
    ) -> AsyncIterator[Transcribers]:
        """The best first. Children start when first needed, and keep their model warm."""
        name, folder = whisper_model(settings)
        threads = min(max(settings.speech_threads, 1), os.cpu_count() or 1)
        kinds = speech_kinds(
            SPEECH,
            processes=max(1, (os.cpu_count() or 1) // threads),
            threads=threads,
            whisper=folder,
        )
        engines: dict[str, Transcriber] = {}
        async with Children(kinds, settings.scratch_dir) as children:
            client = client_of(
                settings.openai_base_url or "http://localhost", settings.openai_api_key
            )
            if settings.openai_base_url and settings.openai_transcribe_model:
                model = settings.openai_transcribe_model
                engines["openai"] = OpenAiTranscriber(client, blobs, model)
            if folder is not None:
                engines["faster-whisper"] = faster_whisper(children, blobs, threads, name)
            engines["moonshine"] = moonshine(children, blobs, threads)
            yield Transcribers(_preferred(engines, settings.transcriber))
            await client.close()


def whisper_model(settings: Settings) -> tuple[str, Path | None]:
    """The model that is named, else the largest that was fetched. Raises BadSetting."""
    name = settings.whisper_model
    if name:
        folder = find_model(name, settings.models_dir)
        if folder is None:
            raise BadSetting(
                f"ATELIER_WHISPER_MODEL: there is no model {name}; `atelier models fetch` gets one",
                variables=("ATELIER_WHISPER_MODEL",),
            )
        return name, folder
    ours = max(installed(settings.models_dir), key=lambda model: model.bytes, default=None)
    return ("", None) if ours is None else (ours.name, ours.folder)


def read_prices(path: str) -> PriceTable:
    """`{"version": "2026-11", "models": {"whisper-1": {"audio_minute": 6000}}}`."""
    if not path:
        return PriceTable()
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=PriceTable)
    except (OSError, ValueError) as error:
        raise BadSetting(f"ATELIER_AI_PRICES: {error}", variables=("ATELIER_AI_PRICES",)) from error


def _preferred(engines: dict[str, Transcriber], name: str) -> dict[str, Transcriber]:
    """The one the settings name goes first. Raises BadSetting."""
    if name == AUTO:
        return engines
    if name not in engines:
        raise BadSetting(
            f"ATELIER_TRANSCRIBER: {name} is not set up here; there is {', '.join(engines)}",
            variables=("ATELIER_TRANSCRIBER",),
        )
    return {name: engines[name]} | engines
