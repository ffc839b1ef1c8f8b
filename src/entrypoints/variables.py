"""How environment variables become typed fields of one frozen dataclass."""

import base64
import binascii
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from domain.kernel.errors import Invalid

PREFIX: Final = "ATELIER_"
BOOTSTRAP: Final = frozenset(  # read by the shell script
    {"ATELIER_HOME", "ATELIER_PYTHON", "ATELIER_SYSTEM_PACKAGES"}
)


class BadSetting(Invalid):
    """Facts: `variables`, the names of all that are missing, unknown or unreadable."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class Key:
    """A named 32-byte secret. In a list of keys the first one makes, all of them check."""

    id: str
    secret: bytes = field(repr=False)


def text(value: str) -> str:
    return value


def number(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("must be a whole number")
    return int(value)


def flag(value: str) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if value.lower() not in known:
        raise ValueError("must be true or false")
    return known[value.lower()]


def words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def folder(value: str) -> Path:
    path = Path(value).expanduser()
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(word) for word in words(value))


def url(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if urlsplit(value).scheme not in schemes:
            raise ValueError(f"must be a URL that starts with {' or '.join(schemes)}://")
        return value.rstrip("/") if value.startswith("http") else value

    return read


def one_of(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    def read(value: str) -> StrEnum:
        if value not in set(kind):
            raise ValueError(f"must be one of {', '.join(kind)}")
        return kind(value)

    return read


def key_list(value: str) -> tuple[Key, ...]:
    """`id:base64,id:base64`, 32 bytes each."""
    return tuple(_key(word) for word in words(value))


def _key(word: str) -> Key:
    name, colon, encoded = word.partition(":")
    try:
        secret = base64.b64decode(encoded, altchars=b"-_", validate=True)
    except binascii.Error:
        secret = b""
    if not name or not colon or len(secret) != 32:  # noqa: PLR2004 - AES-256 and Ed25519 alike
        raise ValueError("must be id:base64 of 32 bytes, several separated by commas")
    return Key(name, secret)


def setting(read: Callable[[str], Any], default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": read, "meaning": meaning})


def variable(name: str) -> str:
    return PREFIX + name.upper()


def read_fields(kind: type, environment: Mapping[str, str]) -> dict[str, Any]:
    """The given fields of dataclass `kind`; raises BadSetting naming every faulty variable."""
    faults = dict(_unknown(kind, environment))
    values: dict[str, Any] = {}
    for each in fields(kind):
        name = variable(each.name)
        try:
            if (value := _given(environment, name)) is not None:
                values[each.name] = each.metadata["read"](value)
        except (ValueError, OSError) as error:
            faults[name] = str(error)
    if faults:
        said = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
        raise BadSetting(said, variables=tuple(faults))
    return values


def described(kind: type) -> list[tuple[str, str, str]]:
    """Variable, default, meaning: for the documentation."""
    return [(variable(each.name), _shown(each), each.metadata["meaning"]) for each in fields(kind)]


def _shown(each: Field[Any]) -> str:
    if each.default is MISSING:
        return ""
    if isinstance(each.default, bool):
        return str(each.default).lower()
    return ",".join(each.default) if isinstance(each.default, tuple) else str(each.default)


def _given(environment: Mapping[str, str], name: str) -> str | None:
    """The variable, or what its `_FILE` twin points at; an empty variable counts as unset."""
    if path := environment.get(f"{name}_FILE"):
        if environment.get(name):
            raise ValueError(f"is set twice, here and by {name}_FILE")
        return Path(path).read_text(encoding="utf-8").strip() or None
    return environment.get(name) or None


def _unknown(kind: type, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A misspelt variable would silently do nothing."""
    known = [variable(each.name) for each in fields(kind)]
    for name in environment:
        if name.startswith(PREFIX) and name.removesuffix("_FILE") not in BOOTSTRAP.union(known):
            near = difflib.get_close_matches(name, known, 1)
            yield name, f"unknown setting{f', did you mean {near[0]}?' if near else ''}"
