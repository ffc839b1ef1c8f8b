"""Highlights: what was said word for word, where, and why it matters."""

from dataclasses import dataclass
from enum import StrEnum


class Match(StrEnum):
    EXACT = "exact"
    CLOSE = "close"  # a few letters differ; what is published is what was said
    REPAIRED = "repaired"  # found in other segments than named


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a model or a rule thinks is worth it; nothing of it is believed before it is checked."""

    segments: tuple[int, ...]
    quote: str
    why: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """How a quote was found in the words. `similarity` from 0 to 1, at least 0.9."""

    match: Match
    similarity: float
    first_word: int  # index in its first segment
    last_word: int  # index in its last segment
    estimated: bool  # the times of these words are estimates


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """`quote` is the transcript's own text; the times are those of its first and last word."""

    number: int
    start_ms: int
    end_ms: int
    title: str
    quote: str
    why: str
    segments: tuple[int, ...]
    grounding: Grounding


class Rejection(StrEnum):
    """Why a proposal was not published."""

    NOT_SAID = "not-said"
    NO_SEGMENT = "no-segment"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    REPEATED = "repeated"
    UNREADABLE = "unreadable"
