"""What came out of reading one passage, checked against its words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from domain.notes.chaptering import ChapterStart
from domain.notes.grounding import Grounder
from domain.notes.highlight import Highlight, Proposal, Rejection
from domain.notes.outline import Point, TermEntry
from domain.notes.transcript import Segment
from domain.notes.writing import one_line

_LONGEST: Final = {"text": 600, "title": 120, "why": 300, "meaning": 300, "term": 80, "owner": 80}
_MOST: Final = 60  # of each kind in one passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`proposals` were found in the words already. `dropped` counts what was not, by reason."""

    summary: str = ""
    points: tuple[Point, ...] = ()
    decisions: tuple[Point, ...] = ()
    actions: tuple[Point, ...] = ()
    questions: tuple[Point, ...] = ()
    terms: tuple[TermEntry, ...] = ()
    chapters: tuple[ChapterStart, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)


def checked(answer: Mapping[str, Any], segments: Sequence[Segment], duration_ms: int) -> Reading:
    """An answer of a model as far as the passage bears it out; nothing else of it gets through.

    Points, decisions and actions come with a quote that must have been said; what they rest on is
    where it was said, not where the model says.
    """
    check = _Check(Grounder(segments, duration_ms), {each.number for each in segments})
    return Reading(
        summary=_text(answer.get("summary"), 2_000),
        points=check.points(answer.get("points")),
        decisions=check.points(answer.get("decisions")),
        actions=check.points(answer.get("actions")),
        questions=check.points(answer.get("questions")),
        terms=check.terms(answer.get("terms"), segments),
        chapters=check.chapters(answer.get("chapters")),
        proposals=check.proposals(answer.get("highlights")),
        dropped=dict(check.dropped),
    )


@dataclass(slots=True)
class _Check:
    grounder: Grounder
    numbers: set[int]
    dropped: dict[str, int] = field(default_factory=dict)

    def points(self, items: object) -> tuple[Point, ...]:
        found = []
        for item in _items(items):
            text = _text(item.get("text"), _LONGEST["text"])
            where = self._where(item) if text else None
            if where is not None:
                found.append(
                    Point(
                        text=text,
                        segments=where.segments,
                        owner=_text(item.get("owner"), _LONGEST["owner"]) or None,
                        due=_text(item.get("due"), _LONGEST["owner"]) or None,
                    )
                )
        return tuple(found)

    def proposals(self, items: object) -> tuple[Proposal, ...]:
        found = []
        for item in _items(items):
            where = self._where(item)
            if where is not None:
                found.append(
                    Proposal(
                        segments=where.segments,
                        quote=where.quote,
                        why=_text(item.get("why"), _LONGEST["why"]),
                        title=_text(item.get("title"), _LONGEST["title"]),
                    )
                )
        return tuple(found)

    def terms(self, items: object, segments: Sequence[Segment]) -> tuple[TermEntry, ...]:
        """A term has to be said somewhere in the passage."""
        found = []
        for item in _items(items):
            term = _text(item.get("term"), _LONGEST["term"])
            said = next((s for s in segments if term.casefold() in s.text.casefold()), None)
            if not term or said is None:
                self._drop(Rejection.NOT_SAID)
                continue
            named = item.get("segment")
            at = named if isinstance(named, int) and named in self.numbers else said.number
            meaning = _text(item.get("meaning"), _LONGEST["meaning"])
            found.append(TermEntry(term=term, meaning=meaning, segment=at))
        return tuple(found)

    def chapters(self, items: object) -> tuple[ChapterStart, ...]:
        found = []
        for item in _items(items):
            number, title = item.get("segment"), _text(item.get("title"), _LONGEST["title"])
            if isinstance(number, int) and number in self.numbers and title:
                summary = _text(item.get("summary"), _LONGEST["text"])
                found.append(ChapterStart(segment=number, title=title, summary=summary))
            else:
                self._drop(Rejection.NO_SEGMENT)
        return tuple(found)

    def _where(self, item: Mapping[str, Any]) -> Highlight | None:
        proposal = Proposal(
            segments=tuple(_numbers(item.get("segments"))),
            quote=_text(item.get("quote"), 2_000),
            why="",
        )
        found = self.grounder.ground(proposal, 1)
        if isinstance(found, Rejection):
            self._drop(found)
            return None
        return found

    def _drop(self, reason: Rejection) -> None:
        self.dropped[reason.value] = self.dropped.get(reason.value, 0) + 1


def _items(items: object) -> list[Mapping[str, Any]]:
    if not isinstance(items, list):
        return []
    return [item for item in items[:_MOST] if isinstance(item, Mapping)]


def _numbers(items: object) -> Iterable[int]:
    if isinstance(items, list):
        for item in items[:50]:
            if isinstance(item, int) and not isinstance(item, bool):
                yield item


def _text(value: object, longest: int) -> str:
    """One line, cut at a word; what is no text is none."""
    if not isinstance(value, str):
        return ""
    text = one_line(value)
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0] + "…"
