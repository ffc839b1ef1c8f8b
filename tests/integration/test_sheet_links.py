"""Links to sheets become addresses of CSV, and are followed only where that is allowed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from adapters.runtime.safe_http import SafeHttp
from adapters.runtime.url_rules import AddressNotAllowed, UrlRules
from adapters.sheets.sheet_link import (
    SheetLinkPrivate,
    SheetLinkUnknown,
    csv_address,
    linked_csv,
)
from listening_site import certified, listening, page

ID = "1AbC_dEf-GhIjKlMnOpQrStUvWxYz0123456789"
DOCS = "https://docs.google.com/spreadsheets"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        (f"{DOCS}/d/{ID}/edit", f"{DOCS}/d/{ID}/export?format=csv"),
        (f"{DOCS}/d/{ID}/edit#gid=12", f"{DOCS}/d/{ID}/export?format=csv&gid=12"),
        (f"{DOCS}/d/{ID}/edit?gid=7&x=y#gid=7", f"{DOCS}/d/{ID}/export?format=csv&gid=7"),
        (f" {DOCS}/d/{ID} ", f"{DOCS}/d/{ID}/export?format=csv"),
        (f"{DOCS}/d/{ID}/edit#gid=1%26x", f"{DOCS}/d/{ID}/export?format=csv"),
        (
            f"{DOCS}/d/e/2PACX-{ID}/pubhtml?gid=3&single=true",
            f"{DOCS}/d/e/2PACX-{ID}/pub?output=csv&gid=3&single=true",
        ),
        (f"{DOCS}/d/e/2PACX-{ID}/pub?output=csv", f"{DOCS}/d/e/2PACX-{ID}/pub?output=csv"),
        (
            f"https://docs.google.com/a/example.org/spreadsheets/d/{ID}/edit",
            f"{DOCS}/d/{ID}/export?format=csv",
        ),
        ("https://example.org/people.csv?a=b", "https://example.org/people.csv?a=b"),
    ],
)
def test_a_link_becomes_the_address_of_its_csv(link: str, address: str) -> None:
    assert csv_address(link) == address


@pytest.mark.parametrize(
    "link",
    [
        *("", "people.csv", "http://example.org/a.csv", "ftp://example.org/a", "https://", "//a/b"),
        *("https://docs.google.com/document/d/x/edit", f"{DOCS}/d/short/edit", "https://[::1"),
        "file:///etc/passwd",
    ],
)
def test_other_links_are_unknown(link: str) -> None:
    with pytest.raises(SheetLinkUnknown):
        csv_address(link)


@asynccontextmanager
async def a_client() -> AsyncIterator[SafeHttp]:
    async def nowhere(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with SafeHttp(UrlRules(networks=(IPv4Network("192.0.2.0/24"),)), nowhere) as http:
        yield http


async def test_links_go_through_the_safe_client() -> None:
    async with a_client() as http:
        with pytest.raises(AddressNotAllowed):
            async with linked_csv(http, "https://inside.example/x", max_bytes=1):
                pytest.fail("it was followed")


async def test_published_sheets_are_fetched_and_private_ones_told_apart(tmp_path: Path) -> None:
    server, trust = certified("sheets.example", tmp_path)

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.2"]

    async with listening("127.0.0.2", tls=server) as site:
        site.pages["/csv"] = page(b"a,b\n1,2\n")
        site.pages["/private"] = page(b"<html>", content_type="text/html")
        site.pages["/denied"] = page(status="403 Forbidden")
        rules = UrlRules(ports=frozenset({site.port}), networks=(IPv4Network("127.0.0.2/32"),))
        async with SafeHttp(rules, resolve, trust) as http:

            async def fetched(path: str) -> bytes:
                link = f"https://sheets.example:{site.port}{path}"
                async with linked_csv(http, link, max_bytes=100) as chunks:
                    return b"".join([chunk async for chunk in chunks])

            assert await fetched("/csv") == b"a,b\n1,2\n"
            for path in ("/private", "/denied"):
                with pytest.raises(SheetLinkPrivate):
                    await fetched(path)
