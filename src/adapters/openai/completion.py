"""Answers of `/chat/completions`, read with suspicion: models talk around what they were asked."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.openai.recognition import Unreadable

_THOUGHT: Final = re.compile(
    r"<(think|thinking|thought|reasoning|reflection)>.*?</\1>", re.DOTALL | re.IGNORECASE
)
_THOUGHT_UNTIL: Final = re.compile(
    r"^.*</(?:think|thinking|thought|reasoning|reflection)>", re.DOTALL | re.IGNORECASE
)
_FENCE: Final = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\r?\n?(.*?)```", re.DOTALL)
_OPENINGS: Final = 50  # places where an object may begin that are tried
_LONGEST: Final = 400_000  # characters of an answer that are looked at
_DEEPEST: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The tokens are the server's count; None where it gives none."""

    text: str
    value: Mapping[str, Any] | None
    cut: bool
    input_tokens: int | None
    output_tokens: int | None


def read_completion(answer: Any) -> Completion:
    """`answer` is parsed JSON. Raises Unreadable where it is no completion."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("choices"), list):
        raise Unreadable("no choices")
    choice = answer["choices"][0] if answer["choices"] else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise Unreadable("no message")
    content = message.get("content")
    text = content if isinstance(content, str) else _joined(content)
    cut = choice.get("finish_reason") == "length"
    usage = answer.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return Completion(
        text=text,
        value=None if cut else object_in(text),
        cut=cut,
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
    )


def object_in(text: str) -> Mapping[str, Any] | None:
    """The JSON object in an answer: bare, fenced, or with words and thoughts around it."""
    text = text[:_LONGEST]
    without = _THOUGHT_UNTIL.sub("", _THOUGHT.sub("", text))
    for candidate in _candidates(without):
        found = _object(candidate)
        if found is not None:
            return found
    return _largest(without)


def _candidates(text: str) -> Iterator[str]:
    yield text
    yield from (found[1] for found in _FENCE.finditer(text))


def _object(text: str) -> Mapping[str, Any] | None:
    text = text.strip().lstrip("\ufeff")
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text, strict=False, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not _too_deep(found) else None


def _largest(text: str) -> Mapping[str, Any] | None:
    """The longest object that begins anywhere: the answer, and not an example before it."""
    decoder = json.JSONDecoder(strict=False, parse_constant=_no_number)
    best: tuple[int, Mapping[str, Any] | None] = (0, None)
    at = text.find("{")
    for _ in range(_OPENINGS):
        if at < 0:
            break
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            found, end = None, at + 1
        if isinstance(found, dict) and found and end - at > best[0] and not _too_deep(found):
            best = (end - at, found)
        at = text.find("{", end)
    return best[1]


def _no_number(name: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(name)


def _too_deep(value: Any, left: int = _DEEPEST) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(_too_deep(each, left - 1) for each in value.values())
    if isinstance(value, list):
        return left == 0 or any(_too_deep(each, left - 1) for each in value)
    return False


def _joined(content: Any) -> str:
    """Some servers answer in parts."""
    if not isinstance(content, list):
        return ""
    parts = (each.get("text") for each in content if isinstance(each, Mapping))
    return "".join(part for part in parts if isinstance(part, str))


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 10**12 else None
