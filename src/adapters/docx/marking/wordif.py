"""Reads Word's IF field: { IF { MERGEFIELD vip } = "yes" "then this" "else that" }."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Final, cast

from adapters.docx.fieldcodes import WordField
from adapters.docx.wordml import Element, w
from domain.documents.grammar import (
    Comparison,
    Condition,
    Constant,
    Expression,
    Operator,
    Path,
)

_OPERATORS: Final = {"=": "==", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_SIGNS: Final = "=<>"
_QUOTES: Final = '"“”„'

Piece = WordField | tuple[str, Element | None]  # a field, or text with its run's properties


class TooComplex(Exception):
    """Said in words that complete “left to Word: …”."""


@dataclass(frozen=True, slots=True)
class Branching:
    condition: Condition
    then: list[Piece]
    otherwise: list[Piece]


def read_if(field: WordField) -> Branching:
    """Raises TooComplex for what is not a comparison of two simple things."""
    if not field.is_whole() or field.is_simple():
        raise TooComplex("it runs over several paragraphs")
    words = _words(field)
    if len(words) < 5 or _plain(words[0]).upper() != "IF":  # noqa: PLR2004
        raise TooComplex("it does not compare two things")
    left, operator, right, then = words[1:5]
    sign = _OPERATORS.get(_plain(operator))
    if sign is None:
        raise TooComplex("its comparison is not one of = <> < > <= >=")
    if any(wildcard in _plain(right) for wildcard in "*?"):
        raise TooComplex("it compares with wildcards")
    for piece in (*then, *(words[5] if len(words) > 5 else [])):  # noqa: PLR2004
        if isinstance(piece, WordField) and piece.keyword() not in {"MERGEFIELD", "IF"}:
            raise TooComplex(f"it has {piece.keyword()} inside")
    condition = Comparison(_operand(left), cast("Operator", sign), _operand(right))
    return Branching(condition, then, words[5] if len(words) > 5 else [])  # noqa: PLR2004


def _operand(pieces: list[Piece]) -> Expression:
    fields = [piece for piece in pieces if isinstance(piece, WordField)]
    if not fields:
        return Expression(Constant(_plain(pieces)))
    arguments = fields[0].arguments()
    if len(pieces) != 1 or fields[0].keyword() != "MERGEFIELD" or not arguments:
        raise TooComplex("it compares more than one field")
    return Expression(Path(tuple(arguments[0].split("."))))


def _plain(pieces: list[Piece]) -> str:
    return "".join(piece[0] for piece in pieces if not isinstance(piece, WordField))


def _words(field: WordField) -> list[list[Piece]]:
    """The code cut at spaces outside of quotes, and around the comparison's sign."""
    cutter = _Cutter()
    for piece in _characters(field):
        cutter.take(piece)
    return cutter.finish()


class _Cutter:
    def __init__(self) -> None:
        self._words: list[list[Piece]] = []
        self._word: list[Piece] | None = None
        self._quoted = self._escaped = False

    def take(self, piece: Piece) -> None:
        text = piece[0] if isinstance(piece, tuple) else ""
        if self._escaped:
            self._escaped = False
            self._grow(piece)
        elif text == "\\" and self._quoted:
            self._escaped = True
        elif text and text in _QUOTES:
            self._quote()
        elif self._quoted:
            self._grow(piece)
        else:
            self._bare(text, piece)

    def finish(self) -> list[list[Piece]]:
        self._end()
        return self._words

    def _quote(self) -> None:
        self._quoted = not self._quoted
        if not self._quoted and self._word is None:
            self._word = []
        self._end()
        self._word = [] if self._quoted else None

    def _bare(self, text: str, piece: Piece) -> None:
        """Outside of quotes: a space ends a word, a sign stands alone, the rest makes words."""
        if text.isspace() or (text != "" and text in _SIGNS) != self._in_sign():
            self._end()
        if not text.isspace():
            self._grow(piece)

    def _in_sign(self) -> bool:
        shown = _plain(self._word or [])
        return shown != "" and set(shown) <= set(_SIGNS)

    def _end(self) -> None:
        if self._word is not None:
            self._words.append(self._word)
        self._word = None

    def _grow(self, piece: Piece) -> None:
        self._word = _grown(self._word, piece)


def _grown(word: list[Piece] | None, piece: Piece) -> list[Piece]:
    """A word with one more piece; characters of one run stay one text."""
    word = [] if word is None else word
    last = word[-1] if word else None
    if isinstance(piece, tuple) and isinstance(last, tuple) and last[1] is piece[1]:
        word[-1] = (last[0] + piece[0], last[1])
    else:
        word.append(piece)
    return word


def _characters(field: WordField) -> Iterator[Piece]:
    for element in field.code:
        if isinstance(element, WordField):
            yield element
            continue
        look = element.getparent().find(w("rPr"))
        look = None if look is None else deepcopy(look)
        for character in element.text or "":
            yield character, look
