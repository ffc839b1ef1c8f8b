"""Questions put to any server that speaks OpenAI's protocol for chat."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import openai
from openai import AsyncOpenAI, Omit

from adapters.openai.completion import Completion, read_completion
from adapters.openai.faults import fault
from adapters.openai.recognition import Unreadable
from adapters.openai.tokens import count_tokens
from domain.ai.language import Answer, ModelTraits, Question
from domain.ai.ports import EngineFailed, EngineRefused, LanguageModel
from domain.ai.shapes import misfits
from domain.ai.use import AiUse, Outcome

ENGINE: Final = "openai"
PATIENCE_S: Final = 300.0
_CONNECT_S: Final = 10.0
_MOST_BYTES: Final = 8 << 20  # of one answer
_SCHEMA, _OBJECT, _WORDS = "json_schema", "json_object", "text"
_WEAKER: Final = {_SCHEMA: _OBJECT, _OBJECT: _WORDS}
_IN_WORDS: Final = (
    "Answer with one JSON object and nothing else, without fences or comments. "
    "It fits this JSON Schema:\n"
)


@dataclass(frozen=True, slots=True)
class _Manner:
    """What the server can take; one that complains is asked for less from then on."""

    format: str = _SCHEMA
    limit: str = "max_tokens"  # its name for the longest answer
    temperature: bool = True


@dataclass(slots=True)
class OpenAiLanguageModel(LanguageModel):
    """`patience` is how many seconds an answer may take."""

    client: AsyncOpenAI
    model: str
    context_tokens: int
    answer_tokens: int
    patience: float = PATIENCE_S
    manner: _Manner = field(default_factory=_Manner, init=False)

    @property
    def traits(self) -> ModelTraits:
        return ModelTraits(
            engine=ENGINE,
            model=self.model,
            context_tokens=self.context_tokens,
            answer_tokens=self.answer_tokens,
        )

    def count_tokens(self, text: str) -> int:
        return count_tokens(text)

    async def answer(self, question: Question) -> Answer:
        use = AiUse(engine=ENGINE, model=self.model)
        began, manner = time.monotonic(), self.manner
        try:
            async with asyncio.timeout(self.patience):
                raw = await self._ask(question, manner, use)
        except TimeoutError:
            raise EngineFailed(
                "The engine did not answer in time.", _after(use, began, Outcome.UNKNOWN)
            ) from None
        except openai.OpenAIError as error:
            raise self._fault(error, manner, _after(use, began, Outcome.FAILED)) from error
        use = _after(use, began, Outcome.OK)
        try:
            found = read_completion(json.loads(raw))
        except (Unreadable, ValueError, RecursionError) as error:
            failed = replace(use, outcome=Outcome.FAILED)
            raise EngineFailed("The engine's answer cannot be read.", failed) from error
        self._learn(found, question, manner)
        return Answer(
            value=found.value,
            text=found.text,
            cut=found.cut,
            use=self._counted(use, question, found),
        )

    async def _ask(self, question: Question, manner: _Manner, use: AiUse) -> bytes:
        async with self.client.chat.completions.with_streaming_response.create(
            model=self.model,
            messages=[
                {"role": "system", "content": _instructions(question, manner)},
                {"role": "user", "content": question.material},
            ],
            timeout=openai.Timeout(self.patience, connect=_CONNECT_S),
            temperature=question.temperature if manner.temperature else Omit(),
            response_format=_format(question, manner),
            extra_body={manner.limit: min(question.answer_tokens, self.answer_tokens)},
        ) as answer:
            return await _content(answer.iter_bytes(), replace(use, outcome=Outcome.UNKNOWN))

    def _learn(self, found: Completion, question: Question, manner: _Manner) -> None:
        """A server that does not mind the schema has to be told it in words."""
        fits = found.value is not None and not misfits(found.value, question.schema)
        if manner.format == _SCHEMA and not fits and not found.cut:
            self._weaken(manner, replace(manner, format=_OBJECT))

    def _fault(
        self, error: openai.OpenAIError, manner: _Manner, use: AiUse
    ) -> EngineFailed | EngineRefused:
        """What a server does not know is left out and asked again, which costs no attempt."""
        weaker = _weaker(error, manner)
        if weaker is None:
            return fault(error, use)
        self._weaken(manner, weaker)
        return EngineFailed(
            "The engine does not know this form of question.", use, retry_after=0.0, again=True
        )

    def _weaken(self, asked: _Manner, weaker: _Manner) -> None:
        """Once for each thing, however many questions were under way."""
        if self.manner == asked:
            self.manner = weaker

    def _counted(self, use: AiUse, question: Question, found: Completion) -> AiUse:
        """By the server; a guess where it does not count."""
        asked, told = found.input_tokens, found.output_tokens
        if asked is None:
            asked = count_tokens(question.instructions) + count_tokens(question.material)
        if told is None:
            told = count_tokens(found.text)
        return replace(use, input_tokens=asked, output_tokens=told)


async def _content(blocks: AsyncIterator[bytes], use: AiUse) -> bytes:
    content = bytearray()
    try:
        async for block in blocks:
            content += block
            if len(content) > _MOST_BYTES:
                break
    except Exception as error:  # the SDK passes on whatever its transport raises
        raise EngineFailed("The engine broke off.", use) from error
    if len(content) > _MOST_BYTES:
        raise EngineFailed("The engine's answer has no end.", use)
    return bytes(content)


def _weaker(error: openai.OpenAIError, manner: _Manner) -> _Manner | None:
    if not isinstance(error, openai.APIStatusError) or error.status_code not in {400, 422, 500}:
        return None
    said = str(error).lower()
    weaker = _WEAKER.get(manner.format)
    if weaker and any(word in said for word in ("response_format", "json_schema", "json_object")):
        return replace(manner, format=weaker)
    if manner.limit == "max_tokens" and "max_completion_tokens" in said:
        return replace(manner, limit="max_completion_tokens")
    if manner.temperature and "temperature" in said:
        return replace(manner, temperature=False)
    return None


def _format(question: Question, manner: _Manner) -> Any:
    if manner.format == _SCHEMA:
        name = "".join(each if each.isalnum() else "_" for each in question.name)
        schema = {"name": name, "schema": dict(question.schema), "strict": True}
        return {"type": _SCHEMA, "json_schema": schema}
    return {"type": _OBJECT} if manner.format == _OBJECT else Omit()


def _instructions(question: Question, manner: _Manner) -> str:
    if manner.format == _SCHEMA:
        return question.instructions
    schema = json.dumps(question.schema, ensure_ascii=False, separators=(",", ":"))
    return f"{question.instructions}\n\n{_IN_WORDS}{schema}"


def _after(use: AiUse, began: float, outcome: Outcome) -> AiUse:
    return replace(use, wall_ms=round((time.monotonic() - began) * 1_000), outcome=outcome)
