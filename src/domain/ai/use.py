"""What one request to an engine took; the ledger keeps every one, retries and failures included."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    OK = "ok"
    FAILED = "failed"  # the engine said no, or its answer was of no use
    UNKNOWN = "unknown"  # no answer came; it may have been charged


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
