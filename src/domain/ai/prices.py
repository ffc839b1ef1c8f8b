"""What requests cost, as data: a table of prices somebody keeps, never numbers in the program."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.ai.use import AiUse
from domain.kernel.errors import Invalid

_MILLION = 1_000_000
_MINUTE_MS = 60_000


class BadPrices(Invalid):
    code = "ai.bad-prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """In millionths of a US dollar: per million tokens, and per minute of sound."""

    input_tokens: int = 0
    output_tokens: int = 0
    audio_minute: int = 0

    def __post_init__(self) -> None:
        if min(self.input_tokens, self.output_tokens, self.audio_minute) < 0:
            raise BadPrices("A price is not negative.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """By model; `version` says which list it is, and stands beside each cost in the ledger."""

    version: str = ""
    models: Mapping[str, Price] = field(default_factory=dict)

    def priced(self, use: AiUse) -> AiUse:
        """With its cost, rounded up; what has one keeps it, and without a price there is none."""
        price = self.models.get(use.model)
        if use.cost_micros is not None or price is None:
            return use
        parts = (
            use.input_tokens * price.input_tokens * _MINUTE_MS,
            use.output_tokens * price.output_tokens * _MINUTE_MS,
            use.audio_ms * price.audio_minute * _MILLION,
        )
        return replace(use, cost_micros=-(-sum(parts) // (_MILLION * _MINUTE_MS)))
