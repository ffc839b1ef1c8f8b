"""Loaded by schemathesis: lets some of what it makes up name things that exist.

`API_THINGS` holds them as JSON, parameter name to values. Which one is taken, and whether one is,
follows from the value made up, so a seed still decides everything.
"""

import json
import os
from typing import Any
from zlib import crc32

import schemathesis

THINGS: dict[str, list[str]] = json.loads(os.environ.get("API_THINGS", "{}"))


def _real(values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    return {name: _one(name, value) for name, value in values.items()}


def _one(name: str, value: Any) -> Any:
    """Three of four well-formed ids become one of ours."""
    chance = crc32(f"{name}{value}".encode())
    if name not in THINGS or chance % 4 == 0 or len(str(value)) != len(THINGS[name][0]):
        return value
    return THINGS[name][chance // 4 % len(THINGS[name])]


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    return _real(path_parameters)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    return _real(body)


@schemathesis.hook
def map_headers(context: Any, headers: Any) -> Any:
    """Every other If-Match is that of an untouched thing."""
    if isinstance(headers, dict) and crc32(str(headers.get("If-Match")).encode()) % 2:
        return {name: '"v1"' if name == "If-Match" else value for name, value in headers.items()}
    return headers


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """No cursor that is made up is ever good, so most requests are better off without one."""
    if isinstance(query, dict) and crc32(str(query.get("cursor")).encode()) % 8:
        return {name: value for name, value in query.items() if name != "cursor"}
    return query
