"""Which column of a sheet fills which field: suggested with a reason, or chosen by a person."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from domain.kernel.errors import Invalid

ACCEPTED: Final = 0.75  # from this score on a suggestion is used without asking
_WORTH_SHOWING: Final = 0.45
_LONGEST: Final = 80  # characters of a name that are compared
_CAMEL: Final = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_DIGITS: Final = re.compile(r"\d+")
_WORD: Final = re.compile(r"[^\W_]+")


Choice = Mapping[str, str | None]  # fields to headings; None: this field has no column


class Likeness(StrEnum):
    """Why a column is thought to be a field."""

    SAME = "same"
    SAME_LETTERS = "same-letters"  # but for case, accents and separators
    SAME_WORDS = "same-words"  # in another order
    LAST_WORDS = "last-words"  # “name” for client.name
    SIMILAR = "similar"
    CHOSEN = "chosen"  # by a person


class BadMapping(Invalid):
    """Facts: `unknown_fields`, `unknown_columns`, and the `fields` or `columns` there are."""

    code = "documents.bad-mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """`column` is a heading and `index` its position, None where nothing is like the field."""

    field: str
    column: str | None = None
    index: int | None = None
    score: float = 0.0
    likeness: Likeness | None = None

    @property
    def accepted(self) -> bool:
        return self.score >= ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Fields and the positions of their columns."""

    pairs: tuple[tuple[str, int], ...]

    def row(self, cells: Sequence[object]) -> dict[str, object]:
        """The cells of a row by the fields they fill."""
        return {name: cells[index] for name, index in self.pairs}


def suggest(fields: Sequence[str], columns: Sequence[str]) -> tuple[Suggestion, ...]:
    """For every field its best column; a column is suggested once. The best pairs go first."""
    forms = [_Form.of(column) for column in columns]
    pairs = []
    for position, name in enumerate(fields):
        form = _Form.of(name)
        for index, other in enumerate(forms):
            score, likeness = form.likeness(other)
            if score >= _WORTH_SHOWING:
                pairs.append((-score, position, index, likeness))
    found: dict[int, Suggestion] = {}
    taken: set[int] = set()
    for score, position, index, likeness in sorted(pairs):
        if position not in found and index not in taken:
            taken.add(index)
            found[position] = Suggestion(
                field=fields[position],
                column=columns[index],
                index=index,
                score=round(-score, 3),
                likeness=likeness,
            )
    return tuple(found.get(i, Suggestion(field=name)) for i, name in enumerate(fields))


def decide(
    fields: Sequence[str], columns: Sequence[str], chosen: Choice | None = None
) -> ColumnMap:
    """What a person chose; for fields they said nothing of, suggestions that are good enough.

    A column may fill several fields. Fields without a column are left out. Raises BadMapping.
    """
    chosen = chosen or {}
    check_choice(chosen, fields)
    places = {column: index for index, column in reversed(list(enumerate(columns)))}
    unknown = sorted({column for column in chosen.values() if column is not None} - set(places))
    if unknown:
        raise BadMapping(
            f"The sheet has no column “{unknown[0]}”.",
            unknown_fields=[],
            unknown_columns=unknown,
            columns=list(columns),
        )
    pairs = {name: places[column] for name, column in chosen.items() if column is not None}
    open_fields = [name for name in fields if name not in chosen]
    for each in suggest(open_fields, columns):
        if each.accepted and each.index is not None:
            pairs[each.field] = each.index
    return ColumnMap(pairs=tuple(pairs.items()))


def check_choice(chosen: Choice, fields: Iterable[str]) -> None:
    """Raises BadMapping where a field is chosen that there is not."""
    unknown = sorted(set(chosen) - set(fields))
    if unknown:
        raise BadMapping(
            f"The template has no field “{unknown[0]}”.",
            unknown_fields=unknown,
            unknown_columns=[],
            fields=list(fields),
        )


@dataclass(frozen=True, slots=True)
class _Form:
    """A name in the forms in which names are compared."""

    text: str
    words: tuple[str, ...]
    letters: str
    pairs: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "_Form":
        plain = _CAMEL.sub(" ", text[:_LONGEST])
        plain = unicodedata.normalize("NFKD", plain).casefold()
        plain = "".join(c for c in plain if not unicodedata.combining(c))
        words = tuple(_WORD.findall(plain))
        letters = "".join(words)
        framed = f"^{letters}$"
        return cls(text, words, letters, frozenset(map("".join, pairwise(framed))))

    def likeness(self, other: "_Form") -> tuple[float, Likeness]:
        """Between 0 and 1."""
        if self.text == other.text:
            return 1.0, Likeness.SAME
        if not self.letters or not other.letters:
            return 0.0, Likeness.SIMILAR
        if self.letters == other.letters:
            return 0.97, Likeness.SAME_LETTERS
        if sorted(self.words) == sorted(other.words):
            return 0.9, Likeness.SAME_WORDS
        shorter, longer = sorted((self.words, other.words), key=len)
        if longer[-len(shorter) :] == shorter:
            return 0.8 - 0.05 * (len(longer) - len(shorter)), Likeness.LAST_WORDS
        common = len(self.pairs & other.pairs)
        alike = 2 * common / (len(self.pairs) + len(other.pairs))
        numbered_alike = _DIGITS.findall(self.letters) == _DIGITS.findall(other.letters)
        return alike * (0.9 if numbered_alike else 0.6), Likeness.SIMILAR
