"""Reads the inside of a tag: `client.name | upper`, `for x in items`, `if total > 100`."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Final, TypeVar, cast

from domain.documents.grammar import (
    AllOf,
    AnyOf,
    Argument,
    Comparison,
    Condition,
    Constant,
    Elif,
    Else,
    EndFor,
    EndIf,
    Expression,
    FilterCall,
    For,
    Given,
    If,
    Not,
    Operator,
    Path,
    Statement,
    Truth,
)
from domain.documents.tokens import BadTag, Token, tokens

MAX_TAG: Final = 2_000  # characters; longer is not a tag a person wrote
MAX_NESTING: Final = 20  # brackets and `not` inside one condition

_COMPARES: Final = {
    "==": "==", "=": "==", "!=": "!=", "<>": "!=", "≠": "!=", "<": "<", ">": ">",
    "<=": "<=", "≤": "<=", ">=": ">=", "≥": ">=", "in": "in",
}  # fmt: skip
_WORDS: Final = {"true": True, "false": False, "none": None}
_KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "if", "else", "for", *_WORDS})
_STATEMENTS: Final = ("for", "if", "elif", "else", "endfor", "endif")

_T = TypeVar("_T")


def read_expression(text: str) -> Expression:
    """What stands in `{{ }}`. Raises BadTag."""
    return _Reader(text).whole(_Reader.expression)


def read_condition(text: str) -> Condition:
    """What stands behind `if`. Raises BadTag."""
    return _Reader(text).whole(_Reader.condition)


def read_statement(text: str) -> Statement:
    """What stands in `{% %}`. Raises BadTag; `near` then names the statement it most resembles."""
    word, rest = (*text.split(maxsplit=1), "", "")[:2]
    word = word.rstrip(":")
    simple: dict[str, Callable[[], Statement]] = {
        "else": Else,
        "endfor": EndFor,
        "endif": EndIf,
        "for": lambda: _read_for(rest),
        "if": lambda: If(read_condition(rest)),
        "elif": lambda: Elif(read_condition(rest)),
    }
    if word not in simple:
        raise _unknown_statement(word)
    if word in {"else", "endfor", "endif"} and rest.strip():
        raise BadTag("documents.tag-unreadable", f"“{word}” takes nothing behind it.", near=word)
    try:
        return simple[word]()
    except BadTag as bad:
        bad.near = word
        raise


def check_name(segments: tuple[str, ...]) -> None:
    """Names that begin with an underscore are how templates reach into a program: never."""
    for segment in segments:
        if segment.startswith("_"):
            raise BadTag(
                "documents.name-private",
                f"“{segment}” is not a name a field may have.",
                "Begin field names with a letter.",
            )


def _unknown_statement(word: str) -> BadTag:
    near = next(iter(get_close_matches(word.lower(), _STATEMENTS, 1, 0.6)), "")
    near = near or ("endfor" if word in {"end", "endeach"} else "")
    hint = f"Did you mean “{near}”?" if near else "There are for, if, elif, else, endfor, endif."
    return BadTag("documents.statement-unknown", f"“{word}” is not a statement.", hint, near)


def _read_for(text: str) -> For:
    reader = _Reader(text)
    variable = reader.take("path", "a name for each item: {% for item in items %}")
    check_name((variable.text,))
    if "." in variable.text or variable.text in _KEYWORDS or variable.text == "loop":
        raise BadTag("documents.tag-unreadable", f"“{variable.text}” cannot name an item.")
    reader.take_word("in")
    return For(variable.text, reader.whole(_Reader.expression))


class _Reader:
    """Recursive descent over the tokens of one tag."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TAG:
            raise BadTag("documents.tag-unreadable", "The tag is too long.", "Is }} missing?")
        self._tokens = list(tokens(text))
        self._at = 0
        self._depth = 0

    def whole(self, rule: "Callable[[_Reader], _T]") -> _T:
        result = rule(self)
        rest = self._peek()
        if rest.kind != "end":
            raise self._surprise(rest)
        return result

    def expression(self) -> Expression:
        operand = self._operand()
        filters: list[FilterCall] = []
        while self._accept("|"):
            filters.append(self._filter())
        return Expression(operand, tuple(filters))

    def condition(self) -> Condition:
        parts = [self._conjunction()]
        while self._accept_word("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def take(self, kind: str, wanted: str) -> Token:
        token = self._peek()
        if token.kind != kind:
            raise self._surprise(token, f"Here belongs {wanted}.")
        self._at += 1
        return token

    def take_word(self, word: str) -> None:
        if not self._accept_word(word):
            raise self._surprise(self._peek(), f"Here belongs the word “{word}”.")

    def _conjunction(self) -> Condition:
        parts = [self._negation()]
        while self._accept_word("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _negation(self) -> Condition:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise BadTag("documents.tag-unreadable", "The condition is nested too deeply.")
        try:
            if self._accept_word("not"):
                return Not(self._negation())
            if self._accept("("):
                inside = self.condition()
                self._take_sign(")")
                return inside
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        left = self.expression()
        if self._accept_word("is"):
            return self._test(left)
        negated = self._accept_word("not")
        token = self._peek()
        operator = _COMPARES.get(token.text) if token.kind in {"sign", "path"} else None
        if operator is None:
            if negated:
                raise self._surprise(token, "Here belongs “in”.")
            return Truth(left)
        self._at += 1
        compared = Comparison(left, cast("Operator", operator), self.expression())
        return Not(compared) if negated else compared

    def _test(self, left: Expression) -> Condition:
        negated = self._accept_word("not")
        word = self.take("path", "“defined” or “none”").text.lower()
        if word not in {"defined", "none"} or not isinstance(left.operand, Path):
            raise BadTag("documents.tag-unreadable", f"There is no test “{word}”.")
        given = Given(left.operand)
        return given if (word == "defined") != negated else Not(given)

    def _operand(self) -> Path | Constant:
        token = self._peek()
        if token.kind in {"string", "number"}:
            self._at += 1
            return Constant(cast("str | int | float", token.value))
        if token.kind == "path" and token.text.lower() in _WORDS:
            self._at += 1
            return Constant(_WORDS[token.text.lower()])
        if token.kind != "path" or token.text in _KEYWORDS:
            raise self._surprise(token, "Here belongs the name of a field.")
        self._at += 1
        segments = tuple(token.text.split("."))
        check_name(segments)
        if self._peek().text == "(":
            raise BadTag(
                "documents.tag-calls",
                f"“{token.text}(…)” would run something; a template only names values.",
                "Write the name, and filters behind |.",
            )
        return Path(segments)

    def _filter(self) -> FilterCall:
        name = self.take("path", "the name of a filter, such as upper").text
        positional: list[Argument] = []
        named: list[tuple[str, Argument]] = []
        if self._accept("("):
            while not self._accept(")"):
                self._argument(name, positional, named)
                if self._peek().text != ")":
                    self._take_sign(",")
        return FilterCall(name, tuple(positional), tuple(named))

    def _argument(
        self, of: str, positional: list[Argument], named: list[tuple[str, Argument]]
    ) -> None:
        token = self._peek()
        following = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if token.kind == "path" and following.text == "=":
            self._at += 2
            named.append((token.text, self._value(of)))
        elif named:
            raise self._surprise(token, "Arguments with a name come last.")
        else:
            positional.append(self._value(of))

    def _value(self, of: str) -> Argument:
        token = self._peek()
        self._at += 1
        if token.kind in {"string", "number", "length"}:
            return token.value
        if token.kind == "path" and token.text.lower() in _WORDS:
            return _WORDS[token.text.lower()]
        if token.kind == "path":
            raise BadTag(
                "documents.tag-unreadable",
                f"“{token.text}” needs quotes.",
                f'Write {of}("{token.text}").',
            )
        raise self._surprise(token, "Here belongs a value.")

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _accept(self, sign: str) -> bool:
        if self._peek().kind == "sign" and self._peek().text == sign:
            self._at += 1
            return True
        return False

    def _accept_word(self, word: str) -> bool:
        if self._peek().kind == "path" and self._peek().text == word:
            self._at += 1
            return True
        return False

    def _take_sign(self, sign: str) -> None:
        if not self._accept(sign):
            raise self._surprise(self._peek(), f"Here belongs “{sign}”.")

    @staticmethod
    def _surprise(token: Token, hint: str = "") -> BadTag:
        if token.kind == "end":
            return BadTag("documents.tag-unreadable", "The tag ends too early.", hint)
        if token.text in {"if", "else"}:
            hint = "Write {% if … %}…{% else %}…{% endif %} around the text."
        return BadTag("documents.tag-unreadable", f"“{token.text}” does not belong here.", hint)
