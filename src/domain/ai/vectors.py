"""Texts as vectors that can be compared."""

from dataclasses import dataclass

from domain.ai.use import AiUse


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderTraits:
    """Vectors of different models are not comparable."""

    engine: str
    model: str
    dimensions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """One vector a text, of length 1 each."""

    vectors: tuple[tuple[float, ...], ...]
    use: AiUse
