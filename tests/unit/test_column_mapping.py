"""Columns are matched to fields by their names, with a reason, and never twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.mapping import BadMapping, ColumnMap, Likeness, decide, suggest


@pytest.mark.parametrize(
    ("field", "column", "likeness"),
    [
        ("last_name", "last_name", Likeness.SAME),
        ("last_name", "Last Name", Likeness.SAME_LETTERS),
        ("last_name", "LastName", Likeness.SAME_LETTERS),
        ("prenom", "Prénom", Likeness.SAME_LETTERS),
        ("straße", "STRASSE", Likeness.SAME_LETTERS),
        ("client.name", "Client-Name:", Likeness.SAME_LETTERS),
        ("name_client", "client name", Likeness.SAME_WORDS),
        ("client.name", "Name", Likeness.LAST_WORDS),
        ("email", "e-mail", Likeness.SAME_LETTERS),
        ("invoice_date", "InvoiceDates", Likeness.SIMILAR),
    ],
)
def test_a_column_is_recognised_and_it_is_said_how(
    field: str, column: str, likeness: Likeness
) -> None:
    (found,) = suggest([field], ["Something", column, "Else"])

    assert (found.column, found.index, found.likeness) == (column, 1, likeness)
    assert found.accepted


@pytest.mark.parametrize(("field", "column"), [("city", "amount"), ("a", "b"), ("x", "!!!")])
def test_what_is_not_alike_is_not_suggested(field: str, column: str) -> None:
    (found,) = suggest([field], [column])

    assert (found.column, found.index, found.accepted) == (None, None, False)


def test_a_better_reason_wins_a_column() -> None:
    found = suggest(["client.name", "name"], ["Name"])

    assert [s.column for s in found] == [None, "Name"]


def test_suggestions_that_are_not_good_enough_are_shown_but_not_used() -> None:
    (found,) = suggest(["phone"], ["telephone"])

    assert found.column == "telephone"
    assert decide(["phone"], ["telephone"]).pairs == ()


def test_names_that_differ_in_a_number_are_not_taken_for_each_other() -> None:
    (found,) = suggest(["instalment_payment_1"], ["instalment_payment_2"])

    assert not found.accepted


def test_a_person_may_choose_and_leave_out() -> None:
    chosen = decide(["a", "b"], ["x", "y", "b"], {"a": "y", "b": None})

    assert chosen == ColumnMap(pairs=(("a", 1),))
    assert chosen.row(["1", "2", "3"]) == {"a": "2"}


def test_what_a_person_says_nothing_of_goes_by_its_name() -> None:
    chosen = decide(["due_date", "name", "ref"], ["Name", "Due", "ref"], {"due_date": "Due"})

    assert chosen.row(["Ada", "1 May", "7"]) == {"due_date": "1 May", "name": "Ada", "ref": "7"}


def test_choosing_a_column_for_one_field_takes_it_from_no_other() -> None:
    assert decide(["a", "name"], ["name"], {"a": "name"}).pairs == (("a", 0), ("name", 0))


def test_the_first_of_two_equal_headings_is_meant() -> None:
    assert decide(["a"], ["x", "x"], {"a": "x"}).pairs == (("a", 0),)


@pytest.mark.parametrize("chosen", [{"z": "x"}, {"a": "z"}])
def test_a_choice_that_names_nothing_is_refused(chosen: dict[str, str]) -> None:
    with pytest.raises(BadMapping) as refused:
        decide(["a"], ["x"], chosen)

    assert "z" in str(refused.value)


names = st.lists(st.text(max_size=12), max_size=12)


@given(names, names)
def test_any_names_are_matched_one_to_one_and_always_alike(
    fields: list[str], columns: list[str]
) -> None:
    found = suggest(fields, columns)
    used = [s.index for s in found if s.index is not None]

    assert [s.field for s in found] == fields
    assert len(used) == len(set(used))
    assert all(s.index is None or columns[s.index] == s.column for s in found)
    assert all(0 <= s.score <= 1 for s in found)
    assert found == suggest(fields, columns)
