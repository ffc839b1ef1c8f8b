"""What one request to an engine took; the ledger keeps every one, retries and failures included."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    OK = "ok"
    FAILED = "failed"  # the engine said no, or its answer was of no use
    UNKNOWN = "unknown"  # no answer came; it may have been charged
    UNSENT = "unsent"  # it was refused before it went out


@dataclass(frozen=True, slots=True, kw_only=True)
class AiUse:
    """As the engine itself counts. `cost_micros` are millionths of a US dollar; None: no price.

    `engine` is who did it, such as `openai`, `faster-whisper`, `moonshine`, `local-extractive`.
    """

    engine: str
    model: str
    outcome: Outcome = Outcome.OK
    input_tokens: int = 0
    output_tokens: int = 0
    audio_ms: int = 0
    wall_ms: int = 0
    cost_micros: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AiIntent:
    """A request that is about to go out: to whom, what for, and what its cost is booked on."""

    id: UUID
    engine: str
    model: str
    purpose: str
    subject: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AiRequest:
    """One request as the ledger knows it."""

    intent: AiIntent
    use: AiUse
    begun_at: datetime
