"""Questions to a language model whose answers must fit a schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.ai.use import AiUse


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTraits:
    engine: str
    model: str
    context_tokens: int  # question and answer together
    answer_tokens: int  # the longest answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`schema` is a JSON Schema of an object, named `name`; `material` is data, never orders.

    An adapter puts `instructions` where the model takes orders and `material` where it takes text.
    """

    name: str
    instructions: str
    material: str
    schema: Mapping[str, Any]
    answer_tokens: int
    temperature: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`value` was read from JSON and is not checked against the schema yet; `text` is as it came.

    `cut`: the model stopped because the answer got too long.
    """

    value: Mapping[str, Any] | None
    text: str
    cut: bool
    use: AiUse
