"""Whether a condition holds for a row's values."""

from collections.abc import Callable, Iterator
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from domain.documents.grammar import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Expression,
    Given,
    Not,
    Truth,
)
from domain.documents.values import NotANumber, is_given, says_yes, to_number

_COMPARE: Final[dict[str, Callable[[Any, Any], object]]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    ">": gt,
    "<=": le,
    ">=": ge,
}

Lookup = Callable[[Expression], object]


def holds(condition: Condition, lookup: Lookup) -> bool:
    """`lookup` gives an expression's value, None where the row has none."""
    match condition:
        case Truth(expression):
            return bool(lookup(expression))
        case Given(path):
            return is_given(lookup(Expression(path)))
        case Not(inner):
            return not holds(inner, lookup)
        case AllOf(inner):
            return all(holds(part, lookup) for part in inner)
        case AnyOf(inner):
            return any(holds(part, lookup) for part in inner)
        case Comparison(left, operator, right):
            return _compare(lookup(left), operator, lookup(right))


def expressions_of(condition: Condition) -> Iterator[Expression]:
    match condition:
        case Truth(expression):
            yield expression
        case Given(path):
            yield Expression(path)
        case Not(inner):
            yield from expressions_of(inner)
        case AllOf(inner) | AnyOf(inner):
            for part in inner:
                yield from expressions_of(part)
        case Comparison(left, _, right):
            yield left
            yield right


def _compare(left: object, operator: str, right: object) -> bool:
    if operator == "in":
        return _contains(right, left)
    a, b = _alike(left, right)
    try:
        return bool(_COMPARE[operator](a, b))
    except TypeError:  # nothing is neither less nor more than something
        return False


def _contains(whole: object, part: object) -> bool:
    if isinstance(whole, str):
        return part is not None and str(part) in whole
    if isinstance(whole, list | tuple):
        return any(_compare(item, "==", part) for item in whole)
    return False


def _alike(left: object, right: object) -> tuple[object, object]:
    """Both as numbers where both are, else both as text: a sheet gives "3" where JSON gives 3."""
    if isinstance(left, bool) or isinstance(right, bool):
        return says_yes(left), says_yes(right)
    if left is None or right is None:
        return left or None, right or None
    try:
        return to_number(left), to_number(right)
    except NotANumber:
        return _text(left), _text(right)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)
