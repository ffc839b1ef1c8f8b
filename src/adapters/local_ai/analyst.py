"""Text read without a model, in a child process."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.local_ai.messages import SentencesCall, TermsCall, TextsCall, TopicsCall
from adapters.local_ai.pools import TEXTS
from adapters.runtime.children import Children
from domain.notes.ports import TextAnalyst


@dataclass(frozen=True, slots=True)
class ChildTextAnalyst(TextAnalyst):
    children: Children

    async def sentences(self, text: str, language: str | None) -> tuple[str, ...]:
        call = SentencesCall(text, language)
        return await self.children.call(TEXTS, "sentences", call, returns=tuple[str, ...])

    async def rank(self, sentences: Sequence[str], language: str | None) -> tuple[float, ...]:
        call = TextsCall(list(sentences), language)
        return await self.children.call(TEXTS, "rank", call, returns=tuple[float, ...])

    async def shifts(self, texts: Sequence[str]) -> tuple[float, ...]:
        call = TextsCall(list(texts))
        return await self.children.call(TEXTS, "shifts", call, returns=tuple[float, ...])

    async def terms(
        self, texts: Sequence[str], language: str | None, most: int
    ) -> tuple[tuple[str, int], ...]:
        call = TermsCall(list(texts), language, most)
        return await self.children.call(TEXTS, "terms", call, returns=tuple[tuple[str, int], ...])

    async def topics(
        self, groups: Sequence[Sequence[str]], language: str | None, most: int
    ) -> tuple[tuple[str, ...], ...]:
        call = TopicsCall([list(group) for group in groups], language, most)
        return await self.children.call(TEXTS, "topics", call, returns=tuple[tuple[str, ...], ...])
