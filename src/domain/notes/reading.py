"""What came out of reading one passage, checked against its words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from domain.notes.chaptering import ChapterStart
from domain.notes.grounding import Grounder
from domain.notes.highlight import Highlight, Proposal, Rejection
from domain.notes.outline import Point, TermEntry
from domain.notes.support import has_said_numbers, is_about, is_borne_out, stems_of
from domain.notes.transcript import Segment
from domain.notes.writing import one_line

_LONGEST: Final = {"text": 600, "title": 80, "why": 300, "meaning": 300, "term": 80, "owner": 80}
_ENOUGH_SEGMENTS: Final = 8  # in which a topic is spoken of more than once
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


def checked(
    answer: Mapping[str, Any],
    segments: Sequence[Segment],
    duration_ms: int,
    *,
    translated: bool = False,
) -> Reading:
    """An answer of a model as far as the passage bears it out; nothing else of it gets through.

    Points, decisions and actions come with a quote that must have been said; what they rest on is
    where it was said, not where the model says. A sentence that its quote does not bear out gives
    way to the quote. `translated`: the notes are in another language than the talk.
    """
    check = _Check(
        Grounder(segments, duration_ms),
        {each.number: each for each in segments},
        " ".join(f"{each.speaker or ''} {each.text}" for each in segments),
        translated,
    )
    return Reading(
        summary=check.about(_text(answer.get("summary"), 2_000)),
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
    segments: Mapping[int, Segment]
    said: str
    translated: bool
    dropped: dict[str, int] = field(default_factory=dict)

    def points(self, items: object) -> tuple[Point, ...]:
        found = []
        for item in _items(items):
            text = _text(item.get("text"), _LONGEST["text"])
            where = self._where(item) if text else None
            if where is not None:
                said = self._context(where)
                borne = is_borne_out(text, said, translated=self.translated)
                found.append(
                    Point(
                        text=text if borne else where.quote,
                        segments=where.segments,
                        owner=self._named(item.get("owner")),
                        due=self._named(item.get("due")),
                    )
                )
        return tuple(found)

    def about(self, text: str) -> str:
        """Nothing, where it has numbers that nobody said or is about something else."""
        known = has_said_numbers(text, self.said)
        return text if known and (self.translated or is_about(text, self.said)) else ""

    def _topic(self, text: str) -> str:
        """Nothing, where it is of what was said but once: that is no topic, and may be an order."""
        if self.translated or len(self.segments) < _ENOUGH_SEGMENTS:
            return self.about(text)
        once: set[str] = set()
        again: set[str] = set()
        for segment in self.segments.values():
            stems = stems_of(segment.text)
            again |= once & stems
            once |= stems
        mine = stems_of(text)
        return self.about(text) if not mine or mine & again else ""

    def _named(self, value: object) -> str | None:
        """Who or when, as it was said."""
        text = _text(value, _LONGEST["owner"])
        return text if text and one_line(text).casefold() in self.said.casefold() else None

    def _context(self, where: Highlight) -> str:
        said = (self.segments[each] for each in where.segments)
        return " ".join(f"{each.speaker or ''} {each.text}" for each in said)

    def proposals(self, items: object) -> tuple[Proposal, ...]:
        found = []
        for item in _items(items):
            where = self._where(item)
            if where is not None:
                found.append(
                    Proposal(
                        segments=where.segments,
                        quote=where.quote,
                        why=self.about(_text(item.get("why"), _LONGEST["why"])),
                        title=self.about(_text(item.get("title"), _LONGEST["title"])),
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
            at = named if _is_number(named) and named in self.segments else said.number
            meaning = self.about(_text(item.get("meaning"), _LONGEST["meaning"]))
            found.append(TermEntry(term=term, meaning=meaning, segment=at))
        return tuple(found)

    def chapters(self, items: object) -> tuple[ChapterStart, ...]:
        found = []
        for item in _items(items):
            number = item.get("segment")
            title = self._topic(_text(item.get("title"), _LONGEST["title"]))
            if _is_number(number) and number in self.segments and title:
                summary = self._topic(_text(item.get("summary"), _LONGEST["text"]))
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
            if _is_number(item):
                yield item


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: object, longest: int) -> str:
    """One line, cut at a word; what is no text is none."""
    if not isinstance(value, str):
        return ""
    text = one_line(value)
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0] + "…"
