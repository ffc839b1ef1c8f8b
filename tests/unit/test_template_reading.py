"""The inside of tags is read by a small grammar, and mistakes come with what to write instead."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.conditions import holds
from domain.documents.filters import FILTERS, check_filters
from domain.documents.grammar import (
    Constant,
    Else,
    Expression,
    FilterCall,
    For,
    If,
    Length,
    Path,
    Truth,
)
from domain.documents.reading import read_condition, read_expression, read_statement
from domain.documents.tokens import BadTag
from domain.documents.values import find

ROW = {"a": 1, "b": "", "n": "12", "s": "x", "c": {"d": [{"e": 5}]}, "xs": ["x", "y"], "t": "true"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name", Expression(Path(("name",)))),
        (" client.name ", Expression(Path(("client", "name")))),
        ("items[0].name", Expression(Path(("items", "0", "name")))),
        ("client['name']", Expression(Path(("client", "name")))),
        ("größe", Expression(Path(("größe",)))),
        ("'text'", Expression(Constant("text"))),
        ("-1.5", Expression(Constant(-1.5))),
        ("x|upper", Expression(Path(("x",)), (FilterCall("upper"),))),
        (
            "x | image(width=40mm, height = 2.5cm)",
            Expression(
                Path(("x",)),
                (
                    FilterCall(
                        "image",
                        (),
                        (("width", Length(1_440_000)), ("height", Length(900_000))),
                    ),
                ),
            ),
        ),
        (
            "x | replace(“a”, ‘b’)",
            Expression(Path(("x",)), (FilterCall("replace", ("a", "b")),)),
        ),
        (
            'x | default("l’ami") | upper',
            Expression(Path(("x",)), (FilterCall("default", ("l’ami",)), FilterCall("upper"))),
        ),
    ],
)
def test_expressions(text: str, expected: Expression) -> None:
    assert read_expression(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", True),
        ("b", False),
        ("not b", True),
        ("a and not b", True),
        ("b or a", True),
        ("b or a and b", False),
        ("(b or a) and a", True),
        ("n > 9", True),
        ("n ≥ 12 and n ≤ 12", True),
        ("n == 12", True),
        ("n = '12'", True),
        ("s <> 'y'", True),
        ("s == “x”", True),
        ("a == true", True),
        ("t == true", True),
        ("b is none", True),
        ("a is not none", True),
        ("missing is defined", False),
        ("missing == none", True),
        ("missing > 3", False),
        ("c.d.0.e == 5", True),
        ("'y' in xs", True),
        ("'z' not in xs", True),
        ("'x' in s", True),
        ("3 < 12", True),
        ("'3' < '12'", True),
    ],
)
def test_conditions(text: str, expected: bool) -> None:  # noqa: FBT001
    def lookup(expression: Expression) -> object:
        operand = expression.operand
        return find(ROW, operand) if isinstance(operand, Path) else operand.value

    assert holds(read_condition(text), lookup) is expected


def test_statements() -> None:
    assert read_statement(" for x in xs ") == For("x", Expression(Path(("xs",))))
    assert read_statement("if\u00a0a") == If(Truth(Expression(Path(("a",)))))
    assert isinstance(read_statement("else:"), Else)


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("first-name", "tag-unreadable", "first_name"),
        ("a b", "tag-unreadable", ""),
        ("a if b else c", "tag-unreadable", "{% if"),
        ("a |", "tag-unreadable", "filter"),
        ("a | currency(EUR)", "tag-unreadable", 'currency("EUR")'),
        ('a | default("x', "tag-unreadable", "quote"),
        ("a.b()", "tag-calls", "name"),
        ("a.__class__", "name-private", "letter"),
        ("a['__class__']", "name-private", "letter"),
        ("a | uper", "filter-unknown", "upper"),
        ("a | money", "filter-unknown", "currency"),
        ("a | date(1)", "filter-argument", "date"),
        ("a | number(pattern=1, pattern=2)", "filter-argument", "number"),
        ("a | image(widht=1mm)", "filter-argument", "image"),
        ("a | image | upper", "filter-argument", "last"),
        ("a | image(width=0mm)", "filter-argument", "image"),
        ("a | truncate(99999999)", "filter-argument", "truncate"),
        ("x" * 3_000, "tag-unreadable", "}}"),
    ],
)
def test_mistakes_say_what_to_write(text: str, code: str, hint: str) -> None:
    with pytest.raises(BadTag) as bad:
        check_filters(read_expression(text))

    assert bad.value.code == f"documents.{code}"
    assert hint in bad.value.hint


@pytest.mark.parametrize(
    ("text", "near"),
    [("enfor", "endfor"), ("end if", "endif"), ("esle", "else"), ("fi x", ""), ("if", "if")],
)
def test_a_misspelt_statement_is_paired_as_what_it_resembles(text: str, near: str) -> None:
    with pytest.raises(BadTag) as bad:
        read_statement(text)

    assert bad.value.near in {near, "endfor"} if text == "end if" else bad.value.near == near


def test_every_filters_example_is_right() -> None:
    for found in FILTERS.values():
        check_filters(read_expression(found.example if "|" in found.example else "x | upper"))


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_a_bad_tag(text: str) -> None:
    for read in (read_expression, read_condition, read_statement):
        with suppress(BadTag):
            read(text)
