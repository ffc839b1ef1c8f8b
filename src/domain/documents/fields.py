"""The fields of a template as people see and edit them, and the JSON Schema of a row."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.documents.marks import FieldKind, Place

Json = dict[str, object]

_SCHEMAS: Final[dict[FieldKind, Json]] = {
    FieldKind.TEXT: {"type": ["string", "number"]},
    FieldKind.NUMBER: {"type": ["number", "string"]},
    FieldKind.CURRENCY: {"type": ["number", "string"]},
    FieldKind.DATE: {"type": "string", "format": "date"},
    FieldKind.BOOLEAN: {"type": ["boolean", "string", "number"]},
    FieldKind.CHOICE: {"type": ["string", "number"]},
    FieldKind.IMAGE: {
        "type": "string",
        "description": "A data URI, artifact:<id> or an allowed URL.",
    },
    FieldKind.LINK: {"type": "string", "format": "uri"},
    FieldKind.SUBDOCUMENT: {"type": "string", "description": "The id of a DOCX artifact."},
    FieldKind.OBJECT: {"type": "object"},
    FieldKind.LIST: {"type": "array"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateField:
    """A value that a row gives; `name` is its path, `fields` are those of a list's items.

    A list whose items are plain values has one field without a name.
    """

    name: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    label: str = ""  # what people call it, where they gave it a name of their own
    conditional: bool = False  # it is only asked for inside {% if %}
    default: str | None = None
    example: str = ""
    choices: tuple[str, ...] = ()
    fields: tuple["TemplateField", ...] = ()
    places: tuple[Place, ...] = ()  # the first few
    count: int = 0  # how often it occurs


def row_schema(fields: Iterable[TemplateField]) -> Json:
    """The JSON Schema (2020-12) that a row of data must meet."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_object(fields),
    }


def _object(fields: Iterable[TemplateField]) -> Json:
    root = _Group({}, [])
    for field in fields:
        *groups, name = field.name.split(".")
        group = root
        for segment in groups:
            group = group.inner(segment)
        group.properties[name] = _schema(field)
        if field.required and field.default is None and not field.conditional:
            group.required.append(name)
    return root.schema()


@dataclass(slots=True)
class _Group:
    properties: "dict[str, Json | _Group]"
    required: list[str]

    def inner(self, name: str) -> "_Group":
        found = self.properties.get(name)
        if not isinstance(found, _Group):
            found = self.properties[name] = _Group({}, [])
        return found

    def schema(self) -> Json:
        return {
            "type": "object",
            "properties": {
                name: value.schema() if isinstance(value, _Group) else value
                for name, value in self.properties.items()
            },
            "required": [
                *self.required,
                *(
                    name
                    for name, value in self.properties.items()
                    if isinstance(value, _Group) and value.schema()["required"]
                ),
            ],
        }


def _schema(field: TemplateField) -> Json:
    schema = dict(_SCHEMAS[field.kind])
    if field.label:
        schema["title"] = field.label
    if field.kind is FieldKind.LIST and field.fields:
        plain = field.fields[0] if field.fields[0].name == "" else None
        schema["items"] = _schema(plain) if plain else _object(field.fields)
    if field.choices:
        schema["examples" if field.kind is not FieldKind.CHOICE else "enum"] = list(field.choices)
    elif field.example:
        schema["examples"] = [field.example]
    if field.default is not None:
        schema["default"] = field.default
    return schema
