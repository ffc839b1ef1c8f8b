"""Answers of `/audio/transcriptions`, read with suspicion: servers differ, and some lie."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.ai.speech import HeardSegment, HeardWord
from domain.notes.writing import is_unspaced

_LONGEST_TEXT: Final = 2_000_000
_LANGUAGES: Final = {  # what OpenAI's own server writes instead of a code
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "polish": "pl", "russian": "ru", "ukrainian": "uk",
    "chinese": "zh", "mandarin": "zh", "japanese": "ja", "korean": "ko", "arabic": "ar",
    "turkish": "tr", "hindi": "hi", "swedish": "sv", "danish": "da", "norwegian": "no",
    "finnish": "fi", "czech": "cs", "greek": "el", "hebrew": "he", "hungarian": "hu",
    "romanian": "ro", "vietnamese": "vi", "thai": "th", "indonesian": "id", "catalan": "ca",
    "persian": "fa", "bulgarian": "bg", "croatian": "hr", "slovak": "sk", "slovenian": "sl",
}  # fmt: skip


class Unreadable(ValueError):
    """The answer is not of the shape that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    segments: tuple[HeardSegment, ...]
    language: str | None
    input_tokens: int
    output_tokens: int
    audio_ms: int | None  # as the server counts


def read_answer(answer: Any, length_ms: int) -> Recognition:
    """`answer` is parsed JSON; times are kept within the clip. Raises Unreadable."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("text"), str):
        raise Unreadable("no text")
    if len(answer["text"]) > _LONGEST_TEXT:
        raise Unreadable("too much text")
    words = _words(answer.get("words"), length_ms)
    segments = _segments(answer.get("segments"), words, length_ms)
    if not segments and answer["text"].strip():
        text, end = answer["text"].strip(), max(length_ms, 1)
        start = words[0].start_ms if words else 0
        end = words[-1].end_ms if words else end
        segments = (
            HeardSegment(start_ms=start, end_ms=max(end, start), text=text, words=tuple(words)),
        )
    usage = answer.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    seconds = _number(usage.get("seconds"))
    return Recognition(
        segments=segments,
        language=_language(answer.get("language")),
        input_tokens=_count(usage.get("input_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
        audio_ms=None if seconds is None else round(seconds * 1_000),
    )


def _segments(given: Any, words: list[HeardWord], length_ms: int) -> tuple[HeardSegment, ...]:
    """Each with the words whose middle lies in it; a word between two goes to the nearer one."""
    found = []
    for each in _mappings(given):
        start, end = _span(each, length_ms)
        text = each.get("text")
        if isinstance(text, str) and text.strip():
            found.append((start, end, text.strip(), each))
    found.sort(key=lambda each: (each[0], each[1]))
    own: list[list[HeardWord]] = [[] for _ in found]
    at = 0
    for word in words:
        middle = (word.start_ms + word.end_ms) / 2
        while at + 1 < len(found) and middle > (found[at][1] + found[at + 1][0]) / 2:
            at += 1
        if found:
            own[at].append(word)
    return tuple(
        HeardSegment(
            start_ms=start,
            end_ms=end,
            text=text,
            words=tuple(inside),
            no_speech=_number(each.get("no_speech_prob")),
            log_probability=_number(each.get("avg_logprob")),
            compression=_number(each.get("compression_ratio")),
        )
        for (start, end, text, each), inside in zip(found, own, strict=True)
    )


def _words(given: Any, length_ms: int) -> list[HeardWord]:
    """Some servers give pieces of words: what begins without a space where others have one."""
    pieces = [each for each in _mappings(given) if isinstance(each.get("word"), str)]
    spaced = any(each["word"][:1].isspace() for each in pieces)
    found: list[HeardWord] = []
    for each in pieces:
        text = each["word"].strip()
        start, end = _span(each, length_ms)
        probability = _number(each.get("probability"))
        if not text:
            continue
        glued = spaced and found and not each["word"][:1].isspace() and not is_unspaced(text)
        if glued:
            text, start = found[-1].text + text, found[-1].start_ms
            found.pop()
        found.append(
            HeardWord(start_ms=start, end_ms=max(end, start), text=text, probability=probability)
        )
    return sorted(found, key=lambda word: word.start_ms)


def _mappings(given: Any) -> Iterable[Mapping[str, Any]]:
    return [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []


def _span(each: Mapping[str, Any], length_ms: int) -> tuple[int, int]:
    """Within the clip; what is no time is where the clip begins or ends."""
    start, end = _number(each.get("start")), _number(each.get("end"))
    begin = 0 if start is None else min(max(round(start * 1_000), 0), length_ms)
    finish = length_ms if end is None else min(max(round(end * 1_000), begin), length_ms)
    return begin, finish


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if abs(value) < 10**9 else None


def _count(value: Any) -> int:
    found = _number(value)
    return max(round(found), 0) if found is not None else 0


def _language(value: Any) -> str | None:
    """As ISO 639-1."""
    if not isinstance(value, str):
        return None
    name = value.strip().lower()
    if name in _LANGUAGES:
        return _LANGUAGES[name]
    code = name.partition("-")[0]
    return code if len(code) == 2 and code.isalpha() else None  # noqa: PLR2004
