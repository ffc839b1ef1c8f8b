"""Puts one row into a layout: loops unrolled, branches taken, values in their places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final, TypeAlias

from domain.documents.layout.nodes import (
    Condition,
    Field,
    Loop,
    StyledRow,
)
from domain.documents.layout.pages import Furniture, Layout, Section
from domain.documents.layout.styles import ParagraphStyle, TextStyle

Row: TypeAlias = Mapping[int, Any]  # bindings; see domain/documents/bindings.py
_EMPTY: Final[Row] = {}


@dataclass(frozen=True, slots=True)
class Value:
    r"""What field `Field` became: the `at`-th value of the row, in reading order.

    `value` is text (\n breaks the line, \t is a tab) or an object of the bindings: an image, a
    link.
    """

    at: int
    value: Any
    style: TextStyle
    piece: int | None = None  # one of the pieces between its tabs


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The open places of a layout in reading order, and nothing else."""

    nodes: tuple[Any, ...]  # k | ("loop", k, Skeleton) | ("condition", k, (Skeleton, …))

    def values(self, row: Row) -> tuple[list[Any], list[Any]]:
        """The row's values in reading order, and the shape they give the document.

        Two rows of one shape differ only in the text of their values.
        """
        values: list[Any] = []
        shape: list[Any] = []
        self._collect(row, values, shape)
        return values, shape

    def _collect(self, row: Row, values: list[Any], shape: list[Any]) -> None:
        for node in self.nodes:
            if isinstance(node, int):
                value = row.get(node, "")
                values.append(value)
                shape.append(_kind(value))
            elif node[0] == "loop":
                rounds = row.get(node[1], ())
                shape.append(len(rounds))
                for inner in rounds:
                    node[2]._collect(inner, values, shape)  # noqa: SLF001
            else:
                taken, inner = row.get(node[1], (-1, _EMPTY))
                shape.append(taken)
                if 0 <= taken < len(node[2]):
                    node[2][taken]._collect(inner, values, shape)  # noqa: SLF001


def _kind(value: Any) -> Any:
    """What of a value changes more than letters: its type, and whether it is text with tabs."""
    return value.count("\t") if isinstance(value, str) else type(value).__name__


def skeleton_of(layout: Layout) -> Skeleton:
    return Skeleton(tuple(_open_places(_parts(layout))))


def _parts(layout: Layout) -> Iterator[Any]:
    for section in layout.sections:
        yield section.blocks
        for furniture in (section.headers, section.footers):
            yield furniture.usual
            yield furniture.first
            yield furniture.even


def _open_places(node: Any) -> Iterator[Any]:
    """Open places below a node, in the order in which `_Binder` meets them."""
    if isinstance(node, Field):
        yield node.k
    elif isinstance(node, Loop):
        yield ("loop", node.k, Skeleton(tuple(_open_places(node.body))))
    elif isinstance(node, Condition):
        branches = tuple(Skeleton(tuple(_open_places(branch))) for branch in node.branches)
        yield ("condition", node.k, branches)
    elif isinstance(node, StyledRow):
        yield from _open_places(node.looks[0][1])
    else:
        for below in _below(node):
            yield from _open_places(below)


def _below(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple) or hasattr(node, "__next__"):
        yield from node
    elif is_dataclass(node) and not isinstance(node, TextStyle | ParagraphStyle):
        for entry in fields(node):
            value = getattr(node, entry.name)
            if is_dataclass(value) or isinstance(value, tuple):
                yield value


def bind(layout: Layout, row: Row) -> Layout:
    """The layout with no open place left but rows that still depend on where they stand."""
    binder = _Binder()
    return replace(
        layout, sections=tuple(_bind_section(binder, section, row) for section in layout.sections)
    )


def _bind_section(binder: "_Binder", section: Section, row: Row) -> Section:
    blocks = binder.all(section.blocks, row)
    headers, footers = (
        Furniture(
            usual=binder.maybe(furniture.usual, row),
            first=binder.maybe(furniture.first, row),
            even=binder.maybe(furniture.even, row),
        )
        for furniture in (section.headers, section.footers)
    )
    return replace(section, blocks=blocks, headers=headers, footers=footers)


class _Binder:
    """Numbers the values while it walks; keeps untouched nodes as they are."""

    def __init__(self) -> None:
        self._next = 0

    def maybe(self, nodes: tuple[Any, ...] | None, row: Row) -> tuple[Any, ...] | None:
        return None if nodes is None else self.all(nodes, row)

    def all(self, nodes: tuple[Any, ...], row: Row) -> tuple[Any, ...]:
        found: list[Any] = []
        for node in nodes:
            found.extend(self._one(node, row))
        same = len(found) == len(nodes) and all(a is b for a, b in zip(found, nodes, strict=True))
        return nodes if same else tuple(found)

    def _one(self, node: Any, row: Row) -> list[Any]:
        if isinstance(node, Field):
            return [self._value(node, row)]
        if isinstance(node, Loop):
            return [done for inner in row.get(node.k, ()) for done in self.all(node.body, inner)]
        if isinstance(node, Condition):
            taken, inner = row.get(node.k, (-1, _EMPTY))
            chosen = node.branches[taken] if 0 <= taken < len(node.branches) else ()
            return list(self.all(chosen, inner))
        if isinstance(node, StyledRow):
            return [self._styled(node, row)]
        return [self._inside(node, row)]

    def _value(self, node: Field, row: Row) -> Value:
        self._next += 1
        return Value(self._next - 1, row.get(node.k, ""), node.style)

    def _styled(self, node: StyledRow, row: Row) -> StyledRow:
        """Every look of a row holds the same fields, so each look counts from the same number."""
        start = self._next
        looks = []
        for place, look in node.looks:
            self._next = start
            looks.append((place, self._inside(look, row)))
        return StyledRow(node.care, tuple(looks))

    def _inside(self, node: Any, row: Row) -> Any:
        changed = {}
        for entry in fields(node):
            value = getattr(node, entry.name)
            if isinstance(value, tuple) and value and is_dataclass(value[0]):
                done: Any = self.all(value, row)
            elif is_dataclass(value) and not isinstance(value, TextStyle | ParagraphStyle):
                done = self._inside(value, row)
            else:
                continue
            if done is not value:
                changed[entry.name] = done
        return replace(node, **changed) if changed else node
