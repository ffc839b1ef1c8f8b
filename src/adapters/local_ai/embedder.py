"""Texts as vectors by a small model that comes in its package, in a child process."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.local_ai.messages import TextsCall
from adapters.local_ai.pools import TEXTS
from adapters.runtime.children import Children
from domain.ai.ports import Embedder, EngineFailed, EngineRefused
from domain.ai.use import AiUse, Outcome
from domain.ai.vectors import Embedded, EmbedderTraits
from domain.kernel.errors import DomainError, Unavailable

ENGINE: Final = "wordllama"
MODEL: Final = "l2-supercat-256"
DIMENSIONS: Final = 256


@dataclass(frozen=True, slots=True)
class ChildEmbedder(Embedder):
    """A text without a word has a direction of its own, like every other."""

    children: Children

    @property
    def traits(self) -> EmbedderTraits:
        return EmbedderTraits(engine=ENGINE, model=MODEL, dimensions=DIMENSIONS)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        use = AiUse(engine=ENGINE, model=MODEL, cost_micros=0)
        began = time.monotonic()
        try:
            found = await self.children.call(
                TEXTS, "embed", TextsCall(list(texts)), returns=tuple[tuple[float, ...], ...]
            )
        except Unavailable as error:
            failed = replace(use, outcome=Outcome.FAILED)
            raise EngineFailed(str(error), failed, cause=error.code) from error
        except DomainError as error:
            failed = replace(use, outcome=Outcome.FAILED)
            raise EngineRefused(str(error), failed, cause=error.code) from error
        wall_ms = round((time.monotonic() - began) * 1_000)
        return Embedded(vectors=found, use=replace(use, wall_ms=wall_ms))
