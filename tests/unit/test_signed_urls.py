"""Download links: whoever changes anything in one has nothing."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.storage.signed_urls import FileTicket, LinkExpired, LinkInvalid, UrlSigner
from tenants import MovableClock

KEY = "w/artifacts/j/1/letters.zip"


def a_signer(clock: MovableClock | None = None, *keys: bytes, origin: str = "") -> UrlSigner:
    return UrlSigner(keys or (b"k" * 32,), clock or MovableClock(), origin)


def a_token(signer: UrlSigner, **changes: object) -> str:
    wanted = {"file_name": "Letters.zip", "media_type": "application/zip"} | changes
    url = signer.url(KEY, ttl=timedelta(seconds=300), **wanted)  # type: ignore[arg-type]
    return parse_qs(urlsplit(url).query)["token"][0]


def test_a_link_says_what_it_was_made_for() -> None:
    clock = MovableClock()
    signer = a_signer(clock)

    ticket = signer.verify(a_token(signer, start=5, length=7))

    assert ticket == FileTicket(
        key=KEY,
        file_name="Letters.zip",
        media_type="application/zip",
        expires_at=int(clock.now().timestamp()) + 300,
        start=5,
        length=7,
    )


def test_a_link_points_at_our_own_origin() -> None:
    url = a_signer(origin="https://docs.example.org/").url(
        KEY, file_name="x", media_type="x", ttl=timedelta(seconds=1)
    )

    assert url.startswith("https://docs.example.org/v1/files?token=")


def test_a_link_is_over_when_its_time_is() -> None:
    clock = MovableClock()
    signer = a_signer(clock)
    token = a_token(signer)

    clock.move(timedelta(seconds=299))
    signer.verify(token)
    clock.move(timedelta(seconds=1))
    with pytest.raises(LinkExpired):
        signer.verify(token)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (0, "w/artifacts/j/1/other.zip"),
        (0, "../../etc/passwd"),
        (1, "evil.html"),
        (2, "text/html"),
        (3, 4_102_444_800),
        (4, 1),
        (5, 1),
    ],
)
def test_no_part_of_a_link_can_be_changed(field: int, value: object) -> None:
    signer = a_signer()
    body, seal = a_token(signer).split(".")
    content = json.loads(urlsafe_b64decode(body + "=="))
    content[field] = value
    forged = urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    with pytest.raises(LinkInvalid):
        signer.verify(f"{forged}.{seal}")


def test_no_bit_of_a_link_can_be_flipped() -> None:
    signer = a_signer()
    token = a_token(signer)
    accepted = []
    for place in range(len(token)):
        for bit in range(7):
            changed = token[:place] + chr(ord(token[place]) ^ 1 << bit) + token[place + 1 :]
            try:
                signer.verify(changed)
            except LinkInvalid:
                continue
            accepted.append(changed)

    assert accepted == []


@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode() + ".AAAA"))
def test_what_we_did_not_write_is_refused_whatever_it_is(token: str) -> None:
    with pytest.raises(LinkInvalid):
        a_signer().verify(token)


def test_keys_can_be_changed_without_breaking_links() -> None:
    clock = MovableClock()
    old, new = a_signer(clock, b"a" * 32), a_signer(clock, b"b" * 32, b"a" * 32)

    assert new.verify(a_token(old)).key == KEY
    with pytest.raises(LinkInvalid):
        old.verify(a_token(new))


def test_a_short_key_is_refused() -> None:
    for keys in ((), (b"short",), (b"k" * 32, b"short")):
        with pytest.raises(ValueError, match="32 bytes"):
            UrlSigner(keys, MovableClock())


def test_a_type_that_browsers_would_run_is_sent_as_plain_bytes() -> None:
    signer = a_signer()

    types = {
        asked: signer.verify(a_token(signer, media_type=asked)).media_type
        for asked in ("text/html", "image/svg+xml", "application/pdf", "TEXT/CSV; charset=utf-8")
    }

    assert types == {
        "text/html": "application/octet-stream",
        "image/svg+xml": "application/octet-stream",
        "application/pdf": "application/pdf",
        "TEXT/CSV; charset=utf-8": "text/csv",
    }
