"""Pictures that data names by web address: where they are allowed, and which a row asks for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.documents.fields import TemplateField
from domain.documents.marks import FieldKind
from domain.documents.row_values import BadValue, as_items, is_web_address


@dataclass(frozen=True, slots=True)
class UrlsOfInstallation:
    """Whether whoever runs this installation lets its workspaces allow addresses at all."""

    allowed: bool


def picture_addresses(fields: Iterable[TemplateField], row: Mapping[str, Any]) -> frozenset[str]:
    """Those in picture fields; an address in a text is a text."""
    return frozenset(_of_row(tuple(fields), row))


def _of_row(fields: tuple[TemplateField, ...], row: Mapping[str, Any]) -> Iterator[str]:
    for field in fields:
        value = _found(row, field.name)
        if field.kind is FieldKind.LIST:
            yield from _of_items(field, value)
        elif field.kind is FieldKind.IMAGE:
            if value is None or value == "":
                value = field.default
            if isinstance(value, str) and is_web_address(value.strip()):
                yield value.strip()


def _of_items(field: TemplateField, value: Any) -> Iterator[str]:
    """A list of mappings, or of plain values: then its one field has no name."""
    if not field.fields or value is None:
        return
    plain = field.fields[0].name == ""
    try:
        items = as_items(value)
    except BadValue:
        return  # the check of the row says so
    for item in items:
        if plain:
            yield from _of_row(field.fields, {"": item})
        elif isinstance(item, Mapping):
            yield from _of_row(field.fields, item)


def _found(row: Mapping[str, Any], name: str) -> Any:
    """By its whole name, as checked rows have it, else step by step, as in JSON."""
    if name in row:
        return row[name]
    value: Any = row
    for step in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value
