"""Styles of notes, as data: which sections one has, in which order, and how long it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.notes.note import UnknownStyle


class Section(StrEnum):
    SUMMARY = "summary"
    POINTS = "points"
    DECISIONS = "decisions"
    ACTIONS = "actions"
    CHAPTERS = "chapters"
    HIGHLIGHTS = "highlights"
    TERMS = "terms"
    QUESTIONS = "questions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """`sentences` bounds the summary, `points` and `highlights` how many there are at most."""

    name: str
    title: str
    purpose: str
    sections: tuple[Section, ...]
    sentences: int
    points: int
    highlights: int


_STYLES: Final = (
    Style(
        name="brief",
        title="Brief",
        purpose="what somebody in a hurry has to know",
        sections=(Section.SUMMARY, Section.POINTS, Section.HIGHLIGHTS),
        sentences=4,
        points=5,
        highlights=4,
    ),
    Style(
        name="study",
        title="Study notes",
        purpose="what a student wants to learn from and look up again",
        sections=(
            *(Section.SUMMARY, Section.POINTS, Section.CHAPTERS, Section.HIGHLIGHTS),
            *(Section.TERMS, Section.QUESTIONS),
        ),
        sentences=8,
        points=12,
        highlights=8,
    ),
    Style(
        name="minutes",
        title="Minutes",
        purpose="what was decided in a meeting, and who does what until when",
        sections=(
            *(Section.SUMMARY, Section.DECISIONS, Section.ACTIONS, Section.POINTS),
            *(Section.CHAPTERS, Section.HIGHLIGHTS),
        ),
        sentences=5,
        points=12,
        highlights=6,
    ),
    Style(
        name="blog",
        title="Article",
        purpose="a readable account for people who were not there",
        sections=(Section.SUMMARY, Section.CHAPTERS, Section.HIGHLIGHTS, Section.TERMS),
        sentences=10,
        points=8,
        highlights=6,
    ),
)
STYLES: Final[Mapping[str, Style]] = MappingProxyType({style.name: style for style in _STYLES})


def require_style(name: str) -> Style:
    """Raises UnknownStyle."""
    try:
        return STYLES[name]
    except KeyError:
        raise UnknownStyle(
            f"There is no style “{name}”; there are {', '.join(STYLES)}.",
            style=name,
            styles=list(STYLES),
        ) from None
