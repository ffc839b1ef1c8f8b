"""Serves WeasyPrint what lies in memory, and nothing else: no network, no files."""

from collections.abc import Mapping
from typing import Any, Final

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

SCHEME: Final = "memory:"


class Refused(FatalURLFetchingError):  # type: ignore[misc]  # weasyprint ships no types
    """A document asked for something that is not part of it."""


class MemoryFetcher(URLFetcher):  # type: ignore[misc]
    """`assets` are (media type, bytes) by the part of the URL behind `memory:`."""

    def __init__(self, assets: Mapping[str, tuple[str, bytes]]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._assets = assets
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        found = self._assets.get(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
        if found is None:
            self.refused.append(url[:200])
            raise Refused(f"The address {url[:80]} is not part of the document.")
        media_type, content = found
        return URLFetcherResponse(url, content, {"Content-Type": media_type})
