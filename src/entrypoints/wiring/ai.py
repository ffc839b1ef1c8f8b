"""Engines behind which models stand, the ledger of what is asked of them, and prices."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NewType

import msgspec
from dishka import Provider, Scope, provide
from openai import AsyncOpenAI
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.local_ai.analyst import ChildTextAnalyst
from adapters.local_ai.embedder import ChildEmbedder
from adapters.local_ai.models import find_model, installed
from adapters.local_ai.pools import speech_kinds, text_kinds
from adapters.local_ai.transcriber import faster_whisper, moonshine
from adapters.openai.embedder import OpenAiEmbedder
from adapters.openai.language_model import OpenAiLanguageModel
from adapters.openai.transcriber import OpenAiTranscriber, client_of
from adapters.packs.builtin import BuiltinPacks
from adapters.runtime.children import Children
from adapters.sql.ai_ledger import SqlAiLedger
from application.ai.ask import Ask
from application.ai.requests import Requests
from domain.ai.models import LanguageModels
from domain.ai.ports import AiLedger, Embedder, Transcriber
from domain.ai.prices import PriceTable
from domain.ai.transcribers import AUTO, Transcribers
from domain.artifacts.ports import BlobStore
from domain.kernel.ports import Ids
from domain.notes.ports import TextAnalyst
from domain.prompts.ports import PromptPacks
from entrypoints.children import SPEECH, TEXTS
from entrypoints.settings import Settings
from entrypoints.variables import BadSetting

# Children that read texts; those of documents and media are others.
Readers = NewType("Readers", Children)


class Ai(Provider):
    scope = Scope.APP

    packs = provide(BuiltinPacks, provides=PromptPacks)
    ask = provide(Ask)

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
    async def client(self, settings: Settings) -> AsyncIterator[AsyncOpenAI]:
        """Of the server that is set; without one nobody uses it."""
        url = settings.openai_base_url or "http://localhost"
        async with client_of(url, settings.openai_api_key) as client:
            yield client

    @provide
    def models(self, settings: Settings, client: AsyncOpenAI) -> LanguageModels:
        if not (settings.openai_base_url and settings.openai_chat_model):
            return LanguageModels({})
        model = OpenAiLanguageModel(
            client,
            settings.openai_chat_model,
            settings.openai_chat_context,
            settings.openai_chat_answer,
            settings.openai_chat_seconds,
        )
        return LanguageModels({"openai": model})

    @provide
    async def readers(self, settings: Settings) -> AsyncIterator[Readers]:
        """They start when first needed."""
        async with Children(text_kinds(TEXTS), settings.scratch_dir) as children:
            yield Readers(children)

    @provide
    def analyst(self, readers: Readers) -> TextAnalyst:
        return ChildTextAnalyst(readers)

    @provide
    def embedder(self, settings: Settings, client: AsyncOpenAI, readers: Readers) -> Embedder:
        if settings.openai_base_url and settings.openai_embed_model:
            model, length = settings.openai_embed_model, settings.openai_embed_dimensions
            return OpenAiEmbedder(client, model, length)
        return ChildEmbedder(readers)

    @provide
    async def transcribers(
        self, settings: Settings, blobs: BlobStore, client: AsyncOpenAI
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
            if settings.openai_base_url and settings.openai_transcribe_model:
                model = settings.openai_transcribe_model
                engines["openai"] = OpenAiTranscriber(client, blobs, model)
            if folder is not None:
                engines["faster-whisper"] = faster_whisper(children, blobs, threads, name)
            engines["moonshine"] = moonshine(children, blobs, threads)
            yield Transcribers(_preferred(engines, settings.transcriber))


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
