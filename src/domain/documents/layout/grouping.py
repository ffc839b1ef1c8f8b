"""Sections that go on below one another on the same paper."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from domain.documents.layout.arranged import ArrangedSection
from domain.documents.layout.pages import Start

Group: TypeAlias = list[tuple[int, ArrangedSection]]  # with the number of each section


def page_groups(sections: Iterable[ArrangedSection]) -> Iterator[Group]:
    """Each group begins a new page; its first section decides paper and furniture.

    The next column of a page with one is the next page.
    """
    group: Group = []
    for at, arranged in enumerate(sections):
        continues = arranged.section.start is Start.CONTINUOUS or (
            arranged.section.start is Start.COLUMN and len(arranged.section.columns) > 1
        )
        if group and not (continues and _same_paper(group[0][1], arranged)):
            yield group
            group = []
        group.append((at, arranged))
    yield group


def _same_paper(first: ArrangedSection, second: ArrangedSection) -> bool:
    a, b = first.section.page, second.section.page
    return (a.width, a.height) == (b.width, b.height)
