"""Notes without a model: the speakers' own sentences, chosen by how central they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.notes.chaptering import ChapterStart
from domain.notes.highlight import Proposal
from domain.notes.outline import Point, TermEntry
from domain.notes.ports import TextAnalyst
from domain.notes.reading import Reading
from domain.notes.transcript import Segment
from domain.notes.writing import split_words

_WORDS: Final = range(6, 46)  # of a sentence that can stand alone
_SEGMENTS_A_POINT: Final = 3  # one sentence in so many is worth a point
_FEWEST: Final = 6  # points of a passage, as far as it has sentences
_MOST_TERMS: Final = 8
_DECIDED: Final = re.compile(
    r"\b(?:we|they|it was) (?:have |has |had )?(?:decided|agreed)\b", re.IGNORECASE
)
_TO_DO: Final = re.compile(
    r"\b(?:action item|to[- ]do|(?:will|shall|must|needs? to|has to|have to|going to) \w+ .*\b"
    r"(?:by|until|before|on) (?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|by (?:tomorrow|next week))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LocalReading:
    """The same words give the same reading."""

    analyst: TextAnalyst

    async def __call__(
        self, segments: Sequence[Segment], starts: Sequence[ChapterStart], language: str | None
    ) -> Reading:
        if not segments:
            return Reading()
        texts = [segment.text for segment in segments]
        ranks = await self.analyst.rank(texts, language)
        able = [at for at, text in enumerate(texts) if len(split_words(text)) in _WORDS]
        able = able or list(range(len(texts)))
        best = sorted(able, key=lambda at: -ranks[at])
        wanted = max(len(segments) // _SEGMENTS_A_POINT, _FEWEST)
        chosen = best[:wanted]
        terms = await self.analyst.terms(texts, language, _MOST_TERMS)
        return Reading(
            summary=" ".join(texts[at] for at in sorted(best[:3])),
            points=tuple(_point(segments[at]) for at in sorted(chosen)),
            decisions=_matching(segments, _DECIDED),
            actions=_matching(segments, _TO_DO),
            questions=tuple(_point(each) for each in segments if each.text.endswith("?"))[:3],
            terms=tuple(
                TermEntry(term=term, meaning="", segment=segments[at].number) for term, at in terms
            ),
            chapters=tuple(starts),
            proposals=tuple(
                Proposal(segments=(segments[at].number,), quote=segments[at].text, why="")
                for at in best[:3]
            ),
        )


def _point(segment: Segment) -> Point:
    return Point(text=segment.text, segments=(segment.number,), owner=segment.speaker)


def _matching(segments: Sequence[Segment], cue: re.Pattern[str]) -> tuple[Point, ...]:
    return tuple(_point(each) for each in segments if cue.search(each.text))[:5]
