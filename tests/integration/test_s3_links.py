"""Presigned links: what they say, and that their signature covers every word of it."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest

from adapters.storage.s3 import S3BlobStore
from adapters.storage.signed_urls import ROUTE, UrlSigner
from s3_server import S3Server
from streams import stream
from tenants import MovableClock

FIVE_MINUTES = timedelta(minutes=5)
SIGNER = UrlSigner((b"k" * 32,), MovableClock())


@pytest.fixture(scope="module")
async def store(s3_server: S3Server) -> AsyncIterator[S3BlobStore]:
    store = S3BlobStore(s3_server.place(s3_server.new_bucket()), SIGNER)
    yield store
    await store.close()


def a_key() -> str:
    return f"{uuid4()}/artifacts/{uuid4()}/1/x.bin"


def signature_fits(url: str, method: str = "GET", secret: str = "atelier-secret") -> bool:
    """AWS Signature Version 4 of a presigned URL, computed anew from what the URL says."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    given = query.pop("X-Amz-Signature")
    _, date, region, service, _ = query["X-Amz-Credential"].split("/")
    listed = "&".join(
        f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(query.items())
    )
    request = f"{method}\n{parts.path}\n{listed}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    scope = f"{date}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for step in (date, region, service, "aws4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.compare_digest(hmac.new(key, to_sign.encode(), "sha256").hexdigest(), given)


def changed(url: str, **query: str) -> str:
    parts = urlsplit(url)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | query)).geturl()


async def test_a_link_gives_the_object_as_an_attachment_of_that_name(store: S3BlobStore) -> None:
    key = a_key()
    await store.put(key, stream(b"%PDF-1.7"))

    url = await store.sign(
        key, file_name="Müller.pdf", media_type="application/pdf", ttl=FIVE_MINUTES
    )
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(url)

    assert (answer.status_code, answer.content) == (200, b"%PDF-1.7")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Muller.pdf\"; filename*=UTF-8''M%C3%BCller.pdf"
    )


async def test_no_word_of_a_link_can_be_changed(store: S3BlobStore) -> None:
    url = await store.sign(a_key(), file_name="a.csv", media_type="text/csv", ttl=FIVE_MINUTES)
    other = a_key()

    assert signature_fits(url)
    assert dict(parse_qsl(urlsplit(url).query))["X-Amz-Expires"] == "300"
    assert not signature_fits(url, method="PUT")
    assert not signature_fits(url.replace(urlsplit(url).path, f"/{store._bucket}/{other}"))
    for change in (
        {"X-Amz-Expires": "86400"},
        {"X-Amz-Date": "20300101T000000Z"},
        {"response-content-type": "text/html"},
        {"response-content-disposition": "inline"},
        {"response-content-encoding": "gzip"},
        {"versionId": "null"},
    ):
        assert not signature_fits(changed(url, **change)), change


async def test_a_type_that_browsers_would_run_is_never_signed(store: S3BlobStore) -> None:
    url = await store.sign(a_key(), file_name="a.html", media_type="text/html", ttl=FIVE_MINUTES)

    query = dict(parse_qsl(urlsplit(url).query))
    assert query["response-content-type"] == "application/octet-stream"


async def test_a_range_is_served_by_ourselves(store: S3BlobStore) -> None:
    """A presigned URL cannot force a range upon its reader."""
    key = a_key()

    url = await store.sign(
        key, file_name="row.docx", media_type="x", ttl=FIVE_MINUTES, start=10, length=20
    )

    assert url.startswith(ROUTE)
    ticket = SIGNER.verify(dict(parse_qsl(urlsplit(url).query))["token"])
    assert (ticket.key, ticket.start, ticket.length) == (key, 10, 20)


async def test_browsers_are_sent_to_the_name_they_know(s3_server: S3Server) -> None:
    place = replace(s3_server.place("b"), public_url="https://files.example.org")
    store = S3BlobStore(place, SIGNER)

    url = await store.sign(a_key(), file_name="a", media_type="x", ttl=FIVE_MINUTES)
    await store.close()

    assert url.startswith("https://files.example.org/b/")
    assert signature_fits(url)
