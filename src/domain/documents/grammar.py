"""The closed grammar of template tags: paths, filters, conditions, loops. Nothing is executed."""

from dataclasses import dataclass
from typing import Final, Literal

Scalar = str | int | float | bool | None
Operator = Literal["==", "!=", "<", ">", "<=", ">=", "in"]

EMU_PER_UNIT: Final = {
    "mm": 36_000,
    "cm": 360_000,
    "in": 914_400,
    "pt": 12_700,
    "px": 9_525,  # at 96 dots an inch, as browsers and Word count them
}


@dataclass(frozen=True, slots=True)
class Length:
    """A size on paper, in English Metric Units (914,400 an inch), as Word measures."""

    emu: int


Argument = Scalar | Length


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value is found in a row: names, and positions in lists, from the outside in."""

    segments: tuple[str, ...]

    @property
    def head(self) -> str:
        return self.segments[0]

    def __str__(self) -> str:
        return ".".join(self.segments)


@dataclass(frozen=True, slots=True)
class Constant:
    value: Scalar


@dataclass(frozen=True, slots=True)
class FilterCall:
    name: str
    positional: tuple[Argument, ...] = ()
    named: tuple[tuple[str, Argument], ...] = ()


@dataclass(frozen=True, slots=True)
class Expression:
    operand: Path | Constant
    filters: tuple[FilterCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """A value used as yes or no."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Given:
    """Whether the row has a value here at all."""

    path: Path


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Expression
    operator: Operator
    right: Expression


@dataclass(frozen=True, slots=True)
class Not:
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple["Condition", ...]


Condition = Truth | Given | Comparison | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class For:
    variable: str
    source: Expression


@dataclass(frozen=True, slots=True)
class If:
    condition: Condition


@dataclass(frozen=True, slots=True)
class Elif:
    condition: Condition


@dataclass(frozen=True, slots=True)
class Else:
    pass


@dataclass(frozen=True, slots=True)
class EndFor:
    pass


@dataclass(frozen=True, slots=True)
class EndIf:
    pass


Statement = For | If | Elif | Else | EndFor | EndIf
