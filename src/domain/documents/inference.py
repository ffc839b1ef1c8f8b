"""Works out a template's fields and their kinds from its marks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.documents.conditions import expressions_of
from domain.documents.fields import TemplateField
from domain.documents.filters import FILTERS
from domain.documents.grammar import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    Expression,
    Given,
    Not,
    Path,
    Truth,
)
from domain.documents.marks import ConditionMark, FieldKind, LoopMark, Mark, Place

_PLACES: Final = 20  # kept a field
_SEVERAL: Final = (  # of two kinds seen for one field, the one that says more
    FieldKind.LIST, FieldKind.IMAGE, FieldKind.SUBDOCUMENT, FieldKind.LINK, FieldKind.CURRENCY,
    FieldKind.DATE, FieldKind.NUMBER, FieldKind.CHOICE, FieldKind.BOOLEAN, FieldKind.TEXT,
)  # fmt: skip
_MEASURES: Final = frozenset({"<", ">", "<=", ">="})
_EXAMPLES: Final = {
    FieldKind.NUMBER: "12.5",
    FieldKind.CURRENCY: "1250.00",
    FieldKind.DATE: "2026-01-31",
    FieldKind.BOOLEAN: "yes",
    FieldKind.LINK: "https://example.com",
    FieldKind.IMAGE: "data:image/png;base64,…",
}


@dataclass(slots=True)
class _Seen:
    kinds: set[FieldKind] = field(default_factory=set)
    choices: dict[str, None] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    count: int = 0
    printed: int = 0
    sheltered: int = 0  # printed where a missing value is taken care of
    conditional: bool = True
    default: str | None = None
    items: "dict[str, _Seen]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Use:
    """One appearance of a path in a mark."""

    path: Path
    kind: FieldKind | None
    printed: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()


def infer_fields(marks: Sequence[Mark]) -> tuple[TemplateField, ...]:
    """In the order in which they first occur; marks are indexed by their numbers."""
    root: dict[str, _Seen] = {}
    for mark in marks:
        for use in _uses(mark):
            _note(root, use, mark, marks)
    return tuple(_field(name, seen) for name, seen in root.items())


def boolean_paths(fields: Sequence[TemplateField]) -> frozenset[str]:
    """Names of fields that only ever say yes or no, those of list items included."""
    found = {field.name for field in fields if field.kind is FieldKind.BOOLEAN}
    for inner in fields:
        found |= {f"{inner.name}[].{name}" for name in boolean_paths(inner.fields)}
    return frozenset(found)


def canonical(path: Path, mark: Mark, marks: Sequence[Mark]) -> str | None:
    """A path as seen from the row: item.name in a loop over items is items[].name.

    None for loop.index and its like.
    """
    for loop in _loops_around(mark, marks):
        if path.head == loop.variable:
            if not isinstance(loop.items.operand, Path):
                return None
            outer = canonical(loop.items.operand, loop, marks)
            rest = ".".join(path.segments[1:])
            return None if outer is None else f"{outer}[].{rest}"
        if path.head == "loop":
            return None
    return str(path)


def _note(root: dict[str, _Seen], use: _Use, mark: Mark, marks: Sequence[Mark]) -> None:
    name = canonical(use.path, mark, marks)
    if name is None:
        return
    home = root
    *lists, last = name.split("[].")
    for outer in lists:
        home = home.setdefault(outer, _Seen(kinds={FieldKind.LIST})).items
    seen = home.setdefault(last, _Seen())
    seen.count += 1
    if use.kind is not None:
        seen.kinds.add(use.kind)
    seen.choices.update(dict.fromkeys(use.choices))
    if len(seen.places) < _PLACES:
        seen.places.append(mark.place)
    around = list(_conditions_around(mark, marks))
    seen.conditional = seen.conditional and bool(around)
    if use.printed:
        seen.printed += 1
        tested = any(use.path in _paths(condition) for condition in around)
        seen.sheltered += tested or use.default is not None
    if seen.default is None:
        seen.default = use.default


def _uses(mark: Mark) -> Iterator[_Use]:
    if isinstance(mark, LoopMark):
        if isinstance(mark.items.operand, Path):
            yield _Use(mark.items.operand, FieldKind.LIST)
    elif isinstance(mark, ConditionMark):
        for condition in mark.branches:
            if condition is not None:
                yield from _tested(condition)
    elif isinstance(mark.expression.operand, Path):
        kind = mark.kind or _kind_of(mark.expression) or FieldKind.TEXT
        default = _default(mark.expression) or mark.fallback
        path = mark.expression.operand
        yield _Use(path, kind, printed=True, default=default, choices=mark.choices)


def _default(expression: Expression) -> str | None:
    for call in expression.filters:
        if call.name == "default" and call.positional:
            return str(call.positional[0])
    return None


def _tested(condition: Condition) -> Iterator[_Use]:
    match condition:
        case Truth(expression):
            yield from _tested_use(expression, FieldKind.BOOLEAN)
        case Given(path):
            yield _Use(path, None)
        case Not(inner):
            yield from _tested(inner)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _tested(part)
        case Comparison(left, operator, right):
            for one, other in ((left, right), (right, left)):
                measured = operator in _MEASURES and _is_number(other)
                yield from _tested_use(one, FieldKind.NUMBER if measured else None)


def _tested_use(expression: Expression, kind: FieldKind | None) -> Iterator[_Use]:
    if isinstance(expression.operand, Path):
        yield _Use(expression.operand, _kind_of(expression) or kind)


def _is_number(expression: Expression) -> bool:
    operand = expression.operand
    return isinstance(operand, Constant) and isinstance(operand.value, int | float)


def _kind_of(expression: Expression) -> FieldKind | None:
    for call in expression.filters:
        takes = FILTERS[call.name].takes if call.name in FILTERS else None
        if takes is not None:
            return takes
    return None


def _paths(condition: Condition) -> set[Path]:
    found = (expression.operand for expression in expressions_of(condition))
    return {operand for operand in found if isinstance(operand, Path)}


def _conditions_around(mark: Mark, marks: Sequence[Mark]) -> Iterator[Condition]:
    """The conditions of the branches a mark stands in; an else stands for those before it."""
    while mark.parent is not None:
        outer = marks[mark.parent]
        if isinstance(outer, ConditionMark):
            taken = outer.branches[mark.branch]
            yield from (branch for branch in (outer.branches[0], taken) if branch is not None)
        mark = outer


def _loops_around(mark: Mark, marks: Sequence[Mark]) -> Iterator[LoopMark]:
    while mark.parent is not None:
        mark = marks[mark.parent]
        if isinstance(mark, LoopMark):
            yield mark


def _field(name: str, seen: _Seen) -> TemplateField:
    kinds = seen.kinds - {FieldKind.BOOLEAN} if FieldKind.TEXT in seen.kinds else seen.kinds
    kind = next((kind for kind in _SEVERAL if kind in kinds), FieldKind.TEXT)
    inner = tuple(_field(key, item) for key, item in seen.items.items())
    if any(item.name == "" for item in inner) and len(inner) > 1:
        inner = tuple(item for item in inner if item.name)
    choices = tuple(seen.choices)
    required = seen.printed > seen.sheltered and kind is not FieldKind.BOOLEAN
    return TemplateField(
        name=name,
        kind=kind,
        required=required,
        conditional=seen.conditional,
        default=seen.default,
        example=_EXAMPLES.get(kind) or _example(name, choices),
        choices=choices,
        fields=inner,
        places=tuple(seen.places),
        count=seen.count,
    )


def _example(name: str, choices: tuple[str, ...]) -> str:
    if choices:
        return choices[0]
    return name.rsplit(".", 1)[-1].replace("_", " ").capitalize()
