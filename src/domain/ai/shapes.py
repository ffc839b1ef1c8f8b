"""Whether a value has the shape that a JSON Schema asks for; the part of it that we use."""

from collections.abc import Mapping
from typing import Any, Final

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def misfits(value: Any, schema: Mapping[str, Any], at: str = "answer") -> list[str]:
    """What does not fit and where, in words; empty where all does.

    Knows `type` (one or several), `properties`, `required`, `items`, `enum`; more is not asked.
    """
    wanted = schema.get("type")
    kinds = [wanted] if isinstance(wanted, str) else list(wanted or ())
    if kinds and not any(_is(value, kind) for kind in kinds):
        return [f"{at} should be {' or '.join(kinds)}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at} should be one of {', '.join(map(str, schema['enum']))}"]
    if isinstance(value, dict):
        missing = [
            f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value
        ]
        inner = [
            wrong
            for name, each in schema.get("properties", {}).items()
            if name in value
            for wrong in misfits(value[name], each, f"{at}.{name}")
        ]
        return missing + inner
    if isinstance(value, list) and "items" in schema:
        return [
            wrong
            for number, each in enumerate(value)
            for wrong in misfits(each, schema["items"], f"{at}[{number}]")
        ]
    return []


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])
