"""The inside of a child that reads text without a model: sentences, ranks, topics, vectors."""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from adapters.local_ai.messages import SentencesCall, TermsCall, TextsCall, TopicsCall
from adapters.runtime.child import Call, Methods

_BLOCK: Final = 4_000  # characters that are cut in one go: the rules are slow on long texts
_OTHER: Final = "en"


def methods(settings: Mapping[str, object]) -> Methods:
    """One thread: sums of numbers come out the same each time, and nobody spins at a barrier."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_HUB_OFFLINE"] = "1"
    return {
        "sentences": _sentences,
        "rank": _rank,
        "shifts": _shifts,
        "terms": _terms,
        "topics": _topics,
        "embed": _embed,
    }


def _sentences(call: Call) -> list[str]:
    asked = call.read(SentencesCall)
    segmenter = _segmenter((asked.language or _OTHER).partition("-")[0].lower())
    return [
        sentence.strip()
        for block in _blocks(asked.text)
        for sentence in segmenter.segment(block)
        if sentence.strip()
    ]


def _rank(call: Call) -> tuple[float, ...]:
    from adapters.local_ai.ranking import central

    asked = call.read(TextsCall)
    return central(asked.texts, asked.language)


def _shifts(call: Call) -> tuple[float, ...]:
    from adapters.local_ai.meaning import shifts

    return shifts(call.read(TextsCall).texts)


def _terms(call: Call) -> tuple[tuple[str, int], ...]:
    from adapters.local_ai.key_terms import key_terms

    asked = call.read(TermsCall)
    return key_terms(asked.texts, asked.language, asked.most)


def _topics(call: Call) -> tuple[tuple[str, ...], ...]:
    from adapters.local_ai.key_terms import topics

    asked = call.read(TopicsCall)
    return topics(asked.groups, asked.language, asked.most)


def _embed(call: Call) -> list[list[float]]:
    from adapters.local_ai.meaning import vectors

    found: list[list[float]] = vectors(call.read(TextsCall).texts).tolist()
    return found


@cache
def _segmenter(language: str) -> Any:
    import pysbd
    from pysbd.languages import LANGUAGE_CODES

    return pysbd.Segmenter(language if language in LANGUAGE_CODES else _OTHER, clean=False)


def _blocks(text: str) -> Iterator[str]:
    """At line ends or spaces, so that no word is cut."""
    at = 0
    while len(text) - at > _BLOCK:
        end = max(text.rfind(mark, at, at + _BLOCK) for mark in (". ", "。", "\n", " "))
        end = end + 1 if end > at else at + _BLOCK
        yield text[at:end]
        at = end
    yield text[at:]
