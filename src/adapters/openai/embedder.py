"""Texts as vectors by any server that speaks OpenAI's protocol."""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import openai
from openai import AsyncOpenAI

from adapters.openai.faults import fault
from domain.ai.ports import Embedder, EngineFailed
from domain.ai.use import AiUse, Outcome
from domain.ai.vectors import Embedded, EmbedderTraits

ENGINE: Final = "openai"
_PATIENCE_S: Final = 60.0
_NOTHING: Final = "."  # servers refuse a text without a letter in it


@dataclass(frozen=True, slots=True)
class OpenAiEmbedder(Embedder):
    """`patience` is how many seconds an answer may take."""

    client: AsyncOpenAI
    model: str
    dimensions: int
    patience: float = _PATIENCE_S

    @property
    def traits(self) -> EmbedderTraits:
        return EmbedderTraits(engine=ENGINE, model=self.model, dimensions=self.dimensions)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        use = AiUse(engine=ENGINE, model=self.model)
        if not texts:
            return Embedded(vectors=(), use=replace(use, outcome=Outcome.UNSENT))
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.patience):
                answer: Any = await self.client.embeddings.create(
                    model=self.model,
                    input=[text if text.strip() else _NOTHING for text in texts],
                    encoding_format="float",
                )
        except TimeoutError:
            unknown = _after(use, began, Outcome.UNKNOWN)
            raise EngineFailed("The engine did not answer in time.", unknown) from None
        except openai.OpenAIError as error:
            raise fault(error, _after(use, began, Outcome.FAILED)) from error
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            failed = _after(use, began, Outcome.FAILED)
            raise EngineFailed("The engine's answer cannot be read.", failed) from error
        use = replace(_after(use, began, Outcome.OK), input_tokens=_tokens(answer))
        found = _vectors(answer, len(texts), self.dimensions)
        if found is None:
            failed = replace(use, outcome=Outcome.FAILED)
            raise EngineFailed("The engine's answer is not one vector a text.", failed)
        return Embedded(vectors=found, use=use)


def _vectors(answer: Any, texts: int, dimensions: int) -> tuple[tuple[float, ...], ...] | None:
    """In the order of the texts, made one long; None where they are not what was asked for."""
    data = getattr(answer, "data", None)
    if not isinstance(data, list) or len(data) != texts:
        return None
    rows: dict[Any, tuple[float, ...]] = {}
    for each in data:
        row = _unit(getattr(each, "embedding", None), dimensions)
        if row is not None:
            rows[getattr(each, "index", None)] = row
    return tuple(rows[at] for at in range(texts)) if set(rows) == set(range(texts)) else None


def _unit(numbers: Any, dimensions: int) -> tuple[float, ...] | None:
    if not isinstance(numbers, list) or len(numbers) != dimensions:
        return None
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in numbers):
        return None
    length = math.sqrt(math.fsum(each * each for each in numbers))
    return tuple(each / length for each in numbers) if length else None


def _tokens(answer: Any) -> int:
    count = getattr(getattr(answer, "usage", None), "prompt_tokens", 0)
    return count if isinstance(count, int) and count >= 0 else 0


def _after(use: AiUse, began: float, outcome: Outcome) -> AiUse:
    return replace(use, wall_ms=round((time.monotonic() - began) * 1_000), outcome=outcome)
