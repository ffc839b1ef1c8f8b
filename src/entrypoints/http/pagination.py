"""Cursor pagination: opaque, signed, good only for the list and the filters it came from.

async def index(self, actor: FromDishka[Actor], paging: FromDishka[Paging],
                cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> PageResponse[ThingResponse]:
    page = await things.page(actor.workspace_id, paging.asked(cursor, limit))
    return paging.answer(page, ThingResponse.of)
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar.params import QueryParameter

from domain.kernel.errors import Malformed
from domain.kernel.pages import MAX_LIMIT, Page, PageRequest, Position

T = TypeVar("T")
R = TypeVar("R")

_MAC_BYTES: Final = 16
_MAX_CURSOR: Final = 1024
_PURPOSE: Final = b"atelier cursor v1\0"

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Rows a page, at most 200.")]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=_MAX_CURSOR, description="`next_cursor` of the page before."),
]


class BadCursor(Malformed):
    code = "http.bad-cursor"


class PageResponse(msgspec.Struct, Generic[T]):
    """`next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None


class CursorSeal:
    """The first secret signs, all of them check."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._keys = [hashlib.sha256(_PURPOSE + secret).digest() for secret in secrets]

    def sign(self, context: bytes, payload: bytes) -> str:
        signed = self._mac(self._keys[0], context, payload) + payload
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

    def open(self, context: bytes, cursor: str) -> bytes:
        try:
            signed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            signed = b""
        mac, payload = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if any(hmac.compare_digest(mac, self._mac(key, context, payload)) for key in self._keys):
            return payload
        raise BadCursor("This cursor is not from this list with these filters; start again.")

    @staticmethod
    def _mac(key: bytes, context: bytes, payload: bytes) -> bytes:
        return hmac.digest(key, context + b"\0" + payload, "sha256")[:_MAC_BYTES]


class Paging:
    """The pages of one request: its path, workspace and filters are signed into every cursor."""

    def __init__(self, seal: CursorSeal, *, workspace: str, path: str, query: bytes) -> None:
        filters = sorted(
            pair
            for pair in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
            if pair[0] not in {"cursor", "limit"}
        )
        self._seal = seal
        self._context = "\0".join((workspace, path, urlencode(filters))).encode()

    def asked(self, cursor: str | None, limit: int) -> PageRequest:
        """Raises BadCursor for one that was edited, or comes from elsewhere."""
        if cursor is None:
            return PageRequest(limit=limit)
        after: list[str | int | datetime] = msgspec.msgpack.decode(
            self._seal.open(self._context, cursor)
        )
        return PageRequest(limit=limit, after=tuple(after))

    def answer(self, page: Page[T], render: Callable[[T], R]) -> PageResponse[R]:
        return PageResponse(
            items=[render(item) for item in page.items], next_cursor=self.cursor(page.next)
        )

    def cursor(self, position: Position | None) -> str | None:
        if position is None:
            return None
        return self._seal.sign(self._context, msgspec.msgpack.encode(position))


def paging_of(request: Any, seal: CursorSeal, workspace: object) -> Paging:
    scope = request.scope
    return Paging(seal, workspace=str(workspace), path=scope["path"], query=scope["query_string"])
