"""All problems of a row are found at once, each with its code; clean rows give plain values."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.cell_values import CellLocale
from domain.documents.row_check import RowCheck


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str = "it"
    kind: str = "text"
    required: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    fields: tuple["Field", ...] = ()


KINDS = (
    *("text", "number", "currency", "date", "boolean", "image", "link", "list", "object"),
    *("subdocument", "choice"),
)
ARTIFACT = "artifact:0198c5a4-7b1e-7000-8000-000000000001"
PICTURE = "data:image/png;base64,AAAA"


def value_of(field: Field, cell: object, **how: Any) -> object:
    checked = RowCheck(fields=[field], **how)({field.name: cell})
    assert checked.problems == ()
    return checked.values[field.name]


def code_of(field: Field, cell: object, **how: Any) -> str:
    checked = RowCheck(fields=[field], **how)({field.name: cell})
    assert checked.values == {}
    (problem,) = checked.problems
    assert problem.expected
    assert problem.expected in problem.message or problem.code == "row.missing-value"
    return problem.code


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("text", "  Ada ", "Ada"),
        ("text", 5.0, "5"),
        ("text", date(2026, 1, 2), "2026-01-02"),
        ("text", '="00123"', "00123"),
        ("text", "=1+1", "=1+1"),
        ("number", "1,234.50", "1234.50"),
        ("number", 5, 5),
        ("number", 2.5, "2.5"),
        ("currency", "€ 5.00", "5.00"),
        ("date", "31/12/2026", "2026-12-31"),
        ("date", date(2026, 1, 2), "2026-01-02"),
        ("boolean", "ja", True),
        ("boolean", 0, False),
        ("image", PICTURE, PICTURE),
        ("image", ARTIFACT, ARTIFACT),
        ("link", "https://example.org/a?b", "https://example.org/a?b"),
        ("link", "www.example.org", "https://www.example.org"),
        ("link", "mailto:a@example.org", "mailto:a@example.org"),
        ("subdocument", ARTIFACT, ARTIFACT),
        ("list", "a; b;;c", ["a", "b", "c"]),
        ("list", "a;b\nc", ["a;b", "c"]),
        ("list", '["a", 1]', ["a", 1]),
        ("list", ["a"], ["a"]),
        ("object", '{"a": 1}', {"a": 1}),
        ("object", {"a": 1}, {"a": 1}),
    ],
)
def test_values_are_made_plain(kind: str, cell: object, value: object) -> None:
    assert value_of(Field(kind=kind), cell) == value


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        ("text", ["a"], "row.not-a-text"),
        ("text", "x" * 100_001, "row.too-long"),
        ("number", "five", "row.not-a-number"),
        ("number", "1e31", "row.not-a-number"),
        ("number", True, "row.not-a-number"),
        ("number", {"a": 1}, "row.not-a-number"),
        ("currency", "1.234,56", "row.not-a-number"),
        ("date", "31/13/2026", "row.not-a-date"),
        ("date", 46022, "row.not-a-date"),
        ("date", ["a"], "row.not-a-date"),
        ("boolean", "perhaps", "row.not-yes-or-no"),
        ("boolean", [], "row.not-yes-or-no"),
        ("image", "https://example.org/a.png", "row.not-a-picture"),
        ("image", "data:image/svg+xml;base64,AAAA", "row.not-a-picture"),
        ("image", "file:///etc/passwd", "row.not-a-picture"),
        ("image", "../../etc/passwd", "row.not-a-picture"),
        ("link", "javascript:alert(1)", "row.not-a-link"),
        ("link", "data:text/html,x", "row.not-a-link"),
        ("link", "file:///etc/passwd", "row.not-a-link"),
        ("link", "mailto:" + "@" * 100_000 + " x", "row.not-a-link"),
        ("subdocument", "letter.docx", "row.not-an-artifact"),
        ("object", "a", "row.not-an-object"),
        ("object", "{", "row.not-json"),
        ("list", "[" * 100_000, "row.not-json"),
        ("list", "[1, 2", "row.not-json"),
        ("list", list(range(10_001)), "row.too-many-items"),
    ],
)
def test_each_kind_says_what_it_wants(kind: str, cell: object, code: str) -> None:
    assert code_of(Field(kind=kind), cell) == code


@pytest.mark.parametrize("cell", ["#N/A", "#DIV/0! ", "#REF!"])
def test_the_error_of_a_formula_is_no_value(cell: str) -> None:
    (problem,) = RowCheck(fields=[Field()])({"it": cell}).problems

    assert (problem.code, problem.found) == ("row.error-cell", cell.strip())
    assert RowCheck(fields=[Field()])({"it": "#N/A or not"}).ok


def test_pictures_from_the_web_are_taken_where_they_are_allowed() -> None:
    url = "https://example.org/a.png"

    assert value_of(Field(kind="image"), url, urls=True) == url
    assert code_of(Field(kind="image"), "ftp://example.org/a.png", urls=True) == "row.not-a-picture"


def test_numbers_and_dates_follow_the_locale() -> None:
    german = CellLocale.of("de")

    assert value_of(Field(kind="number"), "1.234,56", locale=german) == "1234.56"
    assert code_of(Field(kind="number"), "1,234.56", locale=german) == "row.not-a-number"


def test_a_choice_is_found_whatever_the_case_and_written_as_the_template_has_it() -> None:
    field = Field(kind="choice", choices=("Mr", "Ms", "MR"))

    assert value_of(field, " ms ") == "Ms"
    assert value_of(field, "MR") == "MR"
    assert value_of(field, "mr") == "Mr"
    assert code_of(field, "Dr") == "row.not-a-choice"


@pytest.mark.parametrize("cell", [None, "", "  ", "\u00a0"])
def test_an_empty_cell_is_missing_where_a_value_is_required(cell: str | None) -> None:
    assert code_of(Field(required=True), cell) == "row.missing-value"
    assert value_of(Field(required=True, kind="date", default="1/2/2026"), cell) == "2026-02-01"
    assert RowCheck(fields=[Field(kind="date")])({"it": cell}).values == {}


@pytest.mark.parametrize("cell", [0, 0.0, False])
def test_zero_and_no_are_values(cell: float) -> None:
    assert RowCheck(fields=[Field(required=True)])({"it": cell}).ok


def test_every_problem_of_a_row_is_told() -> None:
    fields = [
        Field(name="a", required=True),
        Field(name="b", kind="date"),
        Field(name="c", kind="number"),
        Field(name="d"),
    ]
    checked = RowCheck(fields=fields)({"b": "x" * 100, "c": "y", "d": "fine"}, surplus=2)

    assert [(p.field, p.code) for p in checked.problems] == [
        ("", "row.surplus-cells"),
        ("a", "row.missing-value"),
        ("b", "row.not-a-date"),
        ("c", "row.not-a-number"),
    ]
    assert len(checked.problems[2].found) == 61
    assert not checked.ok


def test_names_with_dots_are_found_in_columns_and_in_objects() -> None:
    check = RowCheck(fields=[Field(name="client.name", required=True)])

    assert check({"client.name": "Ada"}).values == {"client.name": "Ada"}
    assert check({"client": {"name": "Ada"}}).values == {"client.name": "Ada"}
    assert not check({"client": "Ada"}).ok


def test_a_list_of_plain_values_is_checked_value_by_value() -> None:
    check = RowCheck(
        fields=[Field(name="sizes", kind="list", fields=(Field(kind="number", name=""),))]
    )

    assert check({"sizes": "1; 2.50"}).values == {"sizes": ["1", "2.50"]}
    assert [p.field for p in check({"sizes": ["1", "x"]}).problems] == ["sizes[1]"]


def test_items_of_a_list_are_checked_one_by_one() -> None:
    price = Field(name="price", kind="number", required=True)
    field = Field(name="items", kind="list", fields=(price, Field(name="text")))
    check = RowCheck(fields=[field])

    good = check({"items": '[{"price": "1,000", "text": "x", "more": 1}]'})
    bad = check({"items": [{"price": "x"}, {"text": "y"}, 5]})

    assert good.values == {"items": [{"price": "1000", "text": "x", "more": 1}]}
    assert [(p.field, p.code) for p in bad.problems] == [
        ("items[0].price", "row.not-a-number"),
        ("items[1].price", "row.missing-value"),
        ("items[2]", "row.not-an-object"),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.sampled_from(KINDS), json_values)
def test_any_value_is_taken_or_has_a_problem(kind: str, value: object) -> None:
    checked = RowCheck(fields=[Field(kind=kind)])({"it": value})

    assert len(checked.values) + len(checked.problems) <= 1
    assert all(p.code.startswith("row.") for p in checked.problems)
