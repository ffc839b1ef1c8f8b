"""Sheets published to the web, fetched through the guarded client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.runtime.safe_http import SafeHttp
from adapters.sheets.sheet_link import linked_csv
from domain.documents.ports import LinkedSheets


@dataclass(frozen=True, slots=True)
class PublishedSheets(LinkedSheets):
    """`allowed` is the installation's setting; `max_bytes` what one sheet may have."""

    http: SafeHttp
    allowed: bool
    max_bytes: int

    @asynccontextmanager
    async def csv(self, url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        async with linked_csv(
            self.http, url, allowed=self.allowed, max_bytes=self.max_bytes
        ) as content:
            yield content
