"""The rooms headers and footers have, and whether they may need more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.runtime.typefaces.guessing import guessed_height
from adapters.runtime.typefaces.typography import Typography
from domain.documents.layout.arranged import Arranged, ArrangedSection, Flow
from domain.documents.layout.grouping import page_groups

_SHARE: Final = 0.8  # what is estimated higher than this part of its room is measured


@dataclass(frozen=True, slots=True)
class Room:
    """From `distance` to `margin`, both from the paper's edge. `name` is the sources' own."""

    name: str
    flows: tuple[Flow, ...]
    width: float
    margin: float
    distance: float

    def is_tight(self, typography: Typography, values: Sequence[Any]) -> bool:
        """Whether a row of these values may need more."""
        limit = (self.margin - self.distance) * _SHARE
        return any(
            guessed_height(flow, self.width, typography, values) > limit for flow in self.flows
        )


def rooms_of(arranged: ArrangedSection) -> tuple[Room, ...]:
    """The first page has a room of its own: text begins where its own header ends."""
    headers, footers, page = arranged.headers, arranged.footers, arranged.section.page

    def room(name: str, flows: Sequence[Flow | None], margin: float, distance: float) -> Room:
        kept = tuple(flow for flow in flows if flow is not None)
        return Room(name, kept, page.text_width, margin, distance)

    found = [
        room("top-room", (headers.usual, headers.even), page.top, page.header),
        room("bottom-room", (footers.usual, footers.even, footers.first), page.bottom, page.footer),
    ]
    if arranged.section.title_page:
        found.append(room("first-room", (headers.first,), page.top, page.header))
    return tuple(found)


def rooms_by_section(document: Arranged) -> dict[int, tuple[Room, ...]]:
    """Of each section that begins a page of its own, by its number."""
    return {group[0][0]: rooms_of(group[0][1]) for group in page_groups(document.sections)}


def tight_sections(
    rooms: Mapping[int, tuple[Room, ...]], typography: Typography, values: Sequence[Any]
) -> frozenset[int]:
    return frozenset(
        index
        for index, found in rooms.items()
        if any(room.is_tight(typography, values) for room in found)
    )
