"""Counts list paragraphs in reading order and writes their numbers."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from domain.documents.layout.nodes import Marker
from domain.documents.layout.numbers import formatted
from domain.documents.layout.pages import Level, Sequence

_PLACE: Final = re.compile(r"%([1-9])")


@dataclass(slots=True)
class Counter:
    """Counters of every list; call `numbered` once a paragraph, in order."""

    sequences: dict[str, Sequence]
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    def numbered(self, marker: Marker) -> Marker:
        """The marker with its text."""
        sequence = self.sequences.get(marker.sequence)
        if sequence is None or marker.level >= len(sequence.levels):
            return marker
        level = sequence.levels[marker.level]
        if level.format == "bullet":
            return replace(marker, text=level.text)
        counts = self._counts.setdefault(sequence.continues or sequence.name, {})
        self._begin(sequence, counts)
        at = marker.level
        counts[at] = counts.get(at, level.start - 1) + 1
        for deeper in [deeper for deeper in counts if deeper > at]:
            if _restarts(sequence.levels[deeper], at):
                del counts[deeper]
        return replace(marker, text=_written(sequence, level, at, counts))

    def _begin(self, sequence: Sequence, counts: dict[int, int]) -> None:
        """A list that starts its own numbers does so at its first paragraph."""
        for at, start in sequence.starts:
            if (sequence.name, at) not in self._begun:
                self._begun.add((sequence.name, at))
                counts[at] = start - 1


def _restarts(level: Level, counted: int) -> bool:
    """Whether a level starts again once level `counted` (from 0) has counted."""
    return level.restart is None or counted < level.restart


def _written(sequence: Sequence, level: Level, at: int, counts: dict[int, int]) -> str:
    def one(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        if place > at or place >= len(sequence.levels):
            return ""
        shown = sequence.levels[place]
        kind = "decimal" if level.legal and shown.format != "none" else shown.format
        return formatted(counts.get(place, shown.start), kind)

    return _PLACE.sub(one, level.text) if level.format != "none" else _PLACE.sub("", level.text)
