"""Sheets by link: a published Google sheet, or any address that serves CSV."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from adapters.runtime.safe_http import FetchRefused, FetchWrongType, SafeHttp
from domain.kernel.errors import Invalid

_TYPES: Final = frozenset({"text/csv", "application/csv", "text/tab-separated-values"})
_GOOGLE: Final = "docs.google.com"
_PATH: Final = re.compile(r"/(?:a/[^/]+/)?spreadsheets/d/(e/)?([A-Za-z0-9_-]{20,200})(?:/|\Z)")


class SheetLinkUnknown(Invalid):
    code = "documents.sheet-link-unknown"


class SheetLinkPrivate(Invalid):
    """The sheet behind the link is not published."""

    code = "documents.sheet-link-private"


def csv_address(link: str) -> str:
    """The address that serves the sheet as CSV. Raises SheetLinkUnknown.

    A Google link means the tab it shows; other https links are taken as they are.
    """
    try:
        parts = urlsplit(link.strip())
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme != "https" or host is None:
        raise SheetLinkUnknown("A link to a sheet begins with https://.")
    if host != _GOOGLE:
        return link.strip()
    found = _PATH.match(parts.path)
    if found is None:
        raise SheetLinkUnknown("This Google link leads to no sheet; copy the one of the sheet.")
    query = parse_qs(parts.query) | parse_qs(parts.fragment)
    tab = next((gid for gid in query.get("gid", []) if gid.isascii() and gid.isdecimal()), None)
    published = found[1] is not None
    wanted = {"output": "csv"} if published else {"format": "csv"}
    if tab is not None:
        wanted |= {"gid": tab, "single": "true"} if published else {"gid": tab}
    action = "pub" if published else "export"
    place = f"{found[1] or ''}{found[2]}"
    return f"https://{_GOOGLE}/spreadsheets/d/{place}/{action}?{urlencode(wanted)}"


@asynccontextmanager
async def linked_csv(
    http: SafeHttp, link: str, *, max_bytes: int, seconds: float = 60.0
) -> AsyncIterator[AsyncIterator[bytes]]:
    """The bytes of the sheet behind a link.

    Raises SheetLinkUnknown, SheetLinkPrivate and what SafeHttp.get raises.
    """
    address = csv_address(link)
    try:
        async with http.get(address, accept=_TYPES, max_bytes=max_bytes, seconds=seconds) as answer:
            yield answer.chunks
    except (FetchWrongType, FetchRefused) as error:
        raise SheetLinkPrivate(
            "The link gives no CSV; publish the sheet to the web as CSV, or let anyone with the "
            "link see it."
        ) from error
