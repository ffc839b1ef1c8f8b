"""The messages between a parent and its child: four bytes of length, then msgpack."""

from collections.abc import Mapping
from typing import Any

import msgspec

HEADER = 4


class Isolation(msgspec.Struct, frozen=True):
    """How well a child is walled off, as it found it possible."""

    network: str  # "namespace" (no interface and no sockets), "filter" (no sockets), "open"
    files: str  # "landlock" (may write its scratch folder only), "open"


class Boot(msgspec.Struct, tag=True):
    """The first message to a child."""

    target: str
    settings: dict[str, Any]
    scratch: str
    readable: list[str]
    unix_sockets: bool
    parent: int
    file_bytes: int
    open_files: int
    frame_bytes: int
    address_space_bytes: int | None


class Ready(msgspec.Struct, tag=True):
    isolation: Isolation


class Request(msgspec.Struct, tag=True):
    method: str
    payload: msgspec.Raw
    cpu_seconds: int


class Item(msgspec.Struct, tag=True):
    """A part of an answer, or progress; any number of them come before the answer."""

    value: msgspec.Raw


class Result(msgspec.Struct, tag=True):
    value: msgspec.Raw


class Refused(msgspec.Struct, tag=True):
    """A DomainError raised in the child; `kind` is the name of the kind it belongs to."""

    name: str
    kind: str
    code: str
    message: str
    facts: dict[str, Any]


class Failed(msgspec.Struct, tag=True):
    """Anything else raised in the child; `trace` has frames without values."""

    reason: str  # "memory", "file-size", "disk-full", "unknown-method", "error"
    trace: str


Answer = Ready | Item | Result | Refused | Failed

_encoder = msgspec.msgpack.Encoder(enc_hook=str, order="deterministic")
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class FrameTooLarge(Exception):
    """A message is longer than the limit."""


def encode(value: object) -> bytes:
    """`value` alone; what msgpack does not know becomes its `str`."""
    return _encoder.encode(value)


def frame(message: object, limit: int) -> bytes:
    body = _encoder.encode(message)
    if len(body) > limit:
        raise FrameTooLarge(f"a message of {len(body)} bytes, {limit} are allowed")
    return len(body).to_bytes(HEADER, "big") + body


def decode_answer(body: bytes) -> Answer:
    """Raises msgspec.ValidationError or DecodeError: what a child sends is not trusted."""
    return _answers.decode(body)


def plain(facts: Mapping[str, object]) -> dict[str, Any]:
    """Facts as msgpack carries them."""
    decoded = msgspec.msgpack.decode(_encoder.encode(facts))
    return decoded if isinstance(decoded, dict) else {}
