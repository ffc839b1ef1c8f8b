"""Fields of templates: edits, what a new version inherits, and the schema of a row."""

import pytest

from domain.documents.field_settings import (
    BadFieldSettings,
    FieldEdit,
    UnknownField,
    carried_over,
    edited,
)
from domain.documents.fields import TemplateField, row_schema
from domain.documents.marks import FieldKind

NAME = TemplateField(name="name", required=True)
PRICE = TemplateField(name="price", kind=FieldKind.CURRENCY)
LINES = TemplateField(name="lines", kind=FieldKind.LIST, fields=(PRICE,))


def test_an_edit_changes_what_it_names_and_nothing_else() -> None:
    edits = (
        FieldEdit(name="name", label="Full name", required=False, default="customer"),
        FieldEdit(name="lines[].price", kind=FieldKind.NUMBER),
    )

    name, lines = edited((NAME, LINES), edits)

    assert (name.label, name.required, name.default, name.kind) == (
        "Full name", False, "customer", FieldKind.TEXT,
    )  # fmt: skip
    assert lines.fields[0].kind is FieldKind.NUMBER
    assert edited((name,), (FieldEdit(name="name", default=""),))[0].default is None


def test_an_edit_of_a_field_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(UnknownField) as told:
        edited((NAME, LINES), (FieldEdit(name="nmae"),))

    assert told.value.facts == {"field": "nmae", "known": ["name", "lines", "lines[].price"]}


@pytest.mark.parametrize(
    "edit",
    [
        FieldEdit(name="name", kind=FieldKind.CHOICE),
        FieldEdit(name="name", choices=("a", "b"), default="c"),
        FieldEdit(name="name", kind=FieldKind.LIST),
        FieldEdit(name="name", label="x" * 2_001),
        FieldEdit(name="name", choices=tuple(map(str, range(501)))),
    ],
)
def test_settings_that_contradict_themselves_are_refused(edit: FieldEdit) -> None:
    with pytest.raises(BadFieldSettings):
        edited((NAME,), (edit,))


def test_a_new_version_keeps_what_people_set_for_the_fields_it_still_has() -> None:
    before = edited(
        (NAME, LINES, TemplateField(name="gone")),
        (
            FieldEdit(name="name", label="Full name", required=False),
            FieldEdit(name="lines[].price", required=True),
        ),
    )
    found = (NAME, LINES, TemplateField(name="new", kind=FieldKind.DATE))

    name, lines, new = carried_over(found, before)

    assert (name.label, name.required) == ("Full name", False)
    assert lines.fields[0].required
    assert new == found[2]


def test_a_field_that_became_a_list_starts_afresh() -> None:
    found = TemplateField(name="name", kind=FieldKind.LIST, fields=(PRICE,))

    assert carried_over((found,), (NAME,)) == (found,)


def test_the_schema_of_a_row_says_what_is_required_and_of_what_type() -> None:
    state = TemplateField(
        name="state", kind=FieldKind.CHOICE, choices=("open", "paid"), default="open", required=True
    )
    birthday = TemplateField(name="birthday", kind=FieldKind.DATE, example="1970-01-31")

    schema = row_schema((NAME, state, birthday, LINES))

    assert schema["required"] == ["name"]
    assert schema["properties"]["state"]["enum"] == ["open", "paid"]
    assert schema["properties"]["birthday"] == {
        "type": "string", "format": "date", "examples": ["1970-01-31"],
    }  # fmt: skip
    assert schema["properties"]["lines"]["items"]["properties"]["price"]["type"] == [
        "number", "string",
    ]  # fmt: skip
