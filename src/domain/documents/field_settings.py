"""What people set on the fields of a template: edits, and what a new version inherits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.documents.fields import TemplateField
from domain.documents.marks import FieldKind
from domain.documents.rows import MissingPolicy
from domain.kernel.errors import Invalid

MAX_CHOICES: Final = 500
MAX_TEXT: Final = 2_000


class UnknownField(Invalid):
    """Facts: `field`, `known`."""

    code = "documents.unknown-field"


class BadFieldSettings(Invalid):
    """Facts: `field`."""

    code = "documents.bad-field-settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldEdit:
    """New settings of the field `name`; None leaves a setting, an empty text clears it.

    Fields of the items of a list are named as in `lines[].price`.
    """

    name: str
    kind: FieldKind | None = None
    label: str | None = None
    required: bool | None = None
    default: str | None = None
    example: str | None = None
    choices: tuple[str, ...] | None = None


def edited(
    fields: tuple[TemplateField, ...], edits: Sequence[FieldEdit]
) -> tuple[TemplateField, ...]:
    """Every edit applied. Raises UnknownField, BadFieldSettings."""
    by_name = {edit.name: edit for edit in edits}
    result = _apply(fields, by_name, "")
    if by_name:
        unknown = next(iter(by_name))
        raise UnknownField(
            f"The template has no field “{unknown}”.",
            field=unknown,
            known=[name for name, _ in flat(fields)],
        )
    return result


def carried_over(
    found: tuple[TemplateField, ...], before: tuple[TemplateField, ...]
) -> tuple[TemplateField, ...]:
    """Fields found in a new version, with the settings people gave to those of the same name."""
    known = dict(flat(before))
    return tuple(_carried(field, known, "") for field in found)


def flat(fields: Iterable[TemplateField], prefix: str = "") -> Iterator[tuple[str, TemplateField]]:
    """Every field with its full name, those of list items behind their list."""
    for field in fields:
        yield prefix + field.name, field
        yield from flat(field.fields, f"{prefix}{field.name}[].")


def bare(fields: Iterable[TemplateField]) -> tuple[TemplateField, ...]:
    """Without the places, which only people look at."""
    return tuple(replace(each, fields=bare(each.fields), places=()) for each in fields)


def to_check(fields: Iterable[TemplateField], missing: MissingPolicy) -> tuple[TemplateField, ...]:
    """Fields as a row is checked against them: where missing values are no error, none is required.

    A field that is only asked for under some condition is left to the engine.
    """
    return tuple(
        replace(
            field,
            required=field.required and not field.conditional and missing is MissingPolicy.ERROR,
            fields=to_check(field.fields, missing),
            places=(),
        )
        for field in fields
    )


def _apply(
    fields: tuple[TemplateField, ...], edits: dict[str, FieldEdit], prefix: str
) -> tuple[TemplateField, ...]:
    result = []
    for field in fields:
        edit = edits.pop(prefix + field.name, None)
        changed = field if edit is None else _edited(field, edit)
        inner = _apply(field.fields, edits, f"{prefix}{field.name}[].")
        result.append(replace(changed, fields=inner))
    return tuple(result)


def _edited(field: TemplateField, edit: FieldEdit) -> TemplateField:
    changed = replace(
        field,
        kind=field.kind if edit.kind is None else edit.kind,
        label=field.label if edit.label is None else edit.label,
        required=field.required if edit.required is None else edit.required,
        default=field.default if edit.default is None else edit.default or None,
        example=field.example if edit.example is None else edit.example,
        choices=field.choices if edit.choices is None else tuple(dict.fromkeys(edit.choices)),
    )
    _check(changed)
    if changed.kind is not field.kind and FieldKind.LIST in {changed.kind, field.kind}:
        raise _bad(changed, "is a list where the template loops over it, and only there")
    return changed


def _check(field: TemplateField) -> None:
    texts = (field.label, field.default or "", field.example, *field.choices)
    if max(map(len, texts)) > MAX_TEXT:
        raise _bad(field, f"has a text of more than {MAX_TEXT} characters")
    if len(field.choices) > MAX_CHOICES:
        raise _bad(field, f"has more than {MAX_CHOICES} choices")
    if field.kind is FieldKind.CHOICE and not field.choices:
        raise _bad(field, "is a choice and needs choices")
    if field.choices and field.default and field.default not in field.choices:
        raise _bad(field, "has a default that is none of its choices")


def _bad(field: TemplateField, why: str) -> BadFieldSettings:
    return BadFieldSettings(f"The field “{field.name}” {why}.", field=field.name)


def _carried(
    field: TemplateField, known: Mapping[str, TemplateField], prefix: str
) -> TemplateField:
    name = prefix + field.name
    inner = tuple(_carried(each, known, f"{name}[].") for each in field.fields)
    old = known.get(name)
    if old is None or (FieldKind.LIST in {old.kind, field.kind} and old.kind is not field.kind):
        return replace(field, fields=inner)
    return replace(
        field,
        kind=old.kind,
        label=old.label,
        required=old.required,
        default=old.default,
        example=old.example,
        choices=field.choices or old.choices,
        fields=inner,
    )
