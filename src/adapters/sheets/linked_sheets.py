"""Sheets published to the web, fetched through the guarded client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.runtime.safe_http import SafeHttp
from adapters.sheets.sheet_link import linked_csv
from domain.documents.ports import LinkedSheets


@dataclass(frozen=True, slots=True)
class PublishedSheets(LinkedSheets):
    """`max_bytes` is what one sheet may have."""

    http: SafeHttp
    max_bytes: int

    @asynccontextmanager
    async def csv(self, url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        async with linked_csv(self.http, url, max_bytes=self.max_bytes) as content:
            yield content
