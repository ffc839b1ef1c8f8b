"""Engines behind which models stand: each does one request a call, and says what it took.

Whoever calls them retries, repairs and writes the ledger (`application/ai`); an adapter does not.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.ai.language import Answer, ModelTraits, Question
from domain.ai.speech import Heard, TranscriberTraits
from domain.ai.use import AiIntent, AiRequest, AiUse
from domain.ai.vectors import Embedded, EmbedderTraits
from domain.identity.access import Actor
from domain.kernel.errors import Invalid, Unavailable


class EngineFailed(Unavailable):
    """The engine is down, throttles, stalls or broke off; facts: `engine`, `retry_after` (s).

    `use` is what the request took, as far as anybody knows.
    """

    code = "ai.engine-failed"

    def __init__(self, message: str, use: AiUse, **facts: object) -> None:
        super().__init__(message, engine=use.engine, **facts)
        self.use = use


class EngineRefused(Invalid):
    """The engine will not take this request, now or later; facts: `engine`, `status`."""

    code = "ai.engine-refused"

    def __init__(self, message: str, use: AiUse, **facts: object) -> None:
        super().__init__(message, engine=use.engine, **facts)
        self.use = use


class Transcriber(Protocol):
    @property
    @abstractmethod
    def traits(self) -> TranscriberTraits: ...

    @abstractmethod
    async def transcribe(self, key: str, *, language: str | None) -> Heard:
        """What is said in the stored object `key`: FLAC or WAV, mono, 16 kHz, 16 bit.

        `language` None: find out. Silence is an empty answer. Raises EngineFailed, EngineRefused,
        and BlobNotFound.
        """


class LanguageModel(Protocol):
    @property
    @abstractmethod
    def traits(self) -> ModelTraits: ...

    @abstractmethod
    def count_tokens(self, text: str) -> int:
        """By a real tokenizer; where the model's own is unknown, by one that counts no fewer."""

    @abstractmethod
    async def answer(self, question: Question) -> Answer:
        """Raises EngineFailed, EngineRefused."""


class Embedder(Protocol):
    @property
    @abstractmethod
    def traits(self) -> EmbedderTraits: ...

    @abstractmethod
    async def embed(self, texts: Sequence[str]) -> Embedded:
        """In one request. Raises EngineFailed, EngineRefused."""


class AiLedger(Protocol):
    """Every request to an engine, for good: each on its own, whatever becomes of the caller's work.

    What was begun and never settled is told as `Outcome.UNKNOWN`: whoever asked has died.
    """

    @abstractmethod
    async def begin(self, actor: Actor, intent: AiIntent) -> None:
        """Before the request goes out. Its id is the caller's choice and never used twice."""

    @abstractmethod
    async def settle(self, actor: Actor, intent: AiIntent, use: AiUse) -> None:
        """What it took, once it is known; a second time changes nothing."""

    @abstractmethod
    async def record(self, actor: Actor, use: AiUse, *, purpose: str, subject: UUID) -> None:
        """Both at once, for a request that is over."""

    @abstractmethod
    async def requests(self, actor: Actor, *, subject: UUID) -> tuple[AiRequest, ...]:
        """Those made for `subject` in the actor's workspace, in the order they went out."""
