"""Walks an arranged document."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from domain.documents.layout.arranged import Arranged, Line
from domain.documents.layout.binding import Value
from domain.documents.layout.nodes import Bookmark, Link, Text
from domain.documents.layout.styles import ParagraphStyle, TextStyle


def lines_of(node: Any) -> Iterator[Line]:
    """Every paragraph below a node, wherever it nests."""
    if isinstance(node, Line):
        yield node
    if isinstance(node, tuple):
        for below in node:
            yield from lines_of(below)
    elif is_dataclass(node) and not isinstance(node, TextStyle | ParagraphStyle):
        for entry in fields(node):
            value = getattr(node, entry.name)
            if isinstance(value, tuple) or is_dataclass(value):
                yield from lines_of(value)


def letters_of(node: Any) -> set[str]:
    """Every letter that stands below a node of a layout."""
    if isinstance(node, Text):
        return set(node.text)
    if isinstance(node, tuple):
        return set().union(*(letters_of(below) for below in node))
    if not is_dataclass(node) or isinstance(node, TextStyle | ParagraphStyle):
        return set()
    return set().union(*(letters_of(getattr(node, entry.name)) for entry in fields(node)))


def shows_values(node: Any) -> bool:
    """Whether anything below a node comes from the row."""
    if isinstance(node, Value):
        return True
    if isinstance(node, tuple):
        return any(shows_values(below) for below in node)
    if not is_dataclass(node) or isinstance(node, TextStyle | ParagraphStyle):
        return False
    return any(shows_values(getattr(node, entry.name)) for entry in fields(node))


def linked_bookmarks(document: Arranged) -> dict[str, str]:
    """Short labels for the bookmarks that some link leads to, by name."""
    wanted: dict[str, None] = {}
    existing: set[str] = set()
    for line in lines_of(document):
        for inline in line.inlines:
            if isinstance(inline, Link) and inline.target.startswith("#"):
                wanted.setdefault(inline.target[1:])
            elif isinstance(inline, Bookmark):
                existing.add(inline.name)
    return {name: f"mark-{at}" for at, name in enumerate(wanted) if name in existing}
