"""Ask a language model for an answer that fits a schema; a broken one gets a second chance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from application.ai.requests import Errand, Requests
from domain.ai.language import Answer, Question
from domain.ai.ports import LanguageModel
from domain.ai.shapes import misfits
from domain.identity.access import Actor
from domain.kernel.errors import Invalid

_TOLD: Final = 5  # misfits that the model hears of
_ORDERS: Final = 300  # tokens of what is said besides
_QUOTED: Final = 4_000  # characters of a broken answer that go back


class UselessAnswer(Invalid):
    """Twice in a row the model answered with something that fits no schema; facts: `question`."""

    code = "ai.useless-answer"


@dataclass(frozen=True, slots=True)
class Ask:
    """Every request is in the ledger, the repair included."""

    requests: Requests

    async def __call__(
        self, actor: Actor, model: LanguageModel, question: Question, *, subject: UUID
    ) -> Mapping[str, Any]:
        """The answer as the schema wants it. Raises EngineFailed, EngineRefused, UselessAnswer."""
        answer = await self._once(actor, model, question, subject)
        wrong = _wrong(answer, question)
        if wrong:
            again = _repair(model, question, answer, wrong)
            answer = await self._once(actor, model, again, subject)
            wrong = _wrong(answer, question)
        if wrong or answer.value is None:
            raise UselessAnswer(
                "The language model did not answer in the form it was asked for.",
                question=question.name,
            )
        return answer.value

    async def _once(
        self, actor: Actor, model: LanguageModel, question: Question, subject: UUID
    ) -> Answer:
        errand = Errand(
            engine=model.traits.engine,
            model=model.traits.model,
            purpose=question.name,
            subject=subject,
        )
        return await self.requests(actor, errand, lambda: model.answer(question))


def _wrong(answer: Answer, question: Question) -> list[str]:
    if answer.value is None:
        return ["it was cut short" if answer.cut else "it is no JSON object"]
    return misfits(answer.value, question.schema)


def _repair(model: LanguageModel, question: Question, answer: Answer, wrong: list[str]) -> Question:
    """With the broken answer, where it is whole and there is room for it."""
    asked = model.count_tokens(question.instructions) + model.count_tokens(question.material)
    room = model.traits.context_tokens - asked - question.answer_tokens - _ORDERS
    quoted = answer.text[: _QUOTED if not answer.cut else 0]
    if model.count_tokens(quoted) > room:
        quoted = ""
    earlier = f"\n\n<earlier-answer>\n{quoted}\n</earlier-answer>" if quoted else ""
    told = "; ".join(wrong[:_TOLD])
    return replace(
        question,
        instructions=(
            f"{question.instructions}\n\nAn earlier answer could not be used: {told}. "
            "Answer with one JSON object of the schema and nothing else; be shorter if it was cut."
        ),
        material=f"{question.material}{earlier}",
        temperature=0.0,
    )
