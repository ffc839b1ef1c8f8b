"""Which files we accept from people, judged by type and first bytes."""

import pytest

from domain.artifacts.media import DOCX, ContentMismatch, TypeNotAllowed, check, served_as, sniff

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.mark.parametrize(
    ("media_type", "head"),
    [
        ("image/png", PNG),
        ("IMAGE/PNG; x=y", PNG),
        ("image/jpeg", b"\xff\xd8\xff\xe0rest"),
        ("image/webp", b"RIFF1234WEBPVP8 "),
        ("application/pdf", b"%PDF-1.7\n"),
        (DOCX, b"PK\x03\x04rest"),
        ("text/csv", b"name;city\nAda;London"),
        ("text/csv", "\ufeffname".encode("utf-16")),
        ("text/plain", b""),
        ("application/json", b'{"a": 1}'),
    ],
)
def test_a_file_that_is_what_it_says_is_accepted(media_type: str, head: bytes) -> None:
    assert check(media_type, head) == media_type.split(";", maxsplit=1)[0].lower()


@pytest.mark.parametrize(
    ("media_type", "head"),
    [
        ("image/png", b"\xff\xd8\xff\xe0"),
        ("image/png", b""),
        ("image/png", b"<svg xmlns=..."),
        ("application/pdf", b"PK\x03\x04"),
        ("application/pdf", b" %PDF-1.7"),
        (DOCX, b"\xd0\xcf\x11\xe0"),
        ("image/webp", b"RIFF1234AVI "),
        ("text/csv", b"%PDF-1.7"),
        ("text/csv", b"a;b\x00c"),
        ("text/plain", b"MZ\x90\x00\x03"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(media_type: str, head: bytes) -> None:
    with pytest.raises(ContentMismatch):
        check(media_type, head)


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "", "application/x-sh", "x"])
def test_a_type_we_do_not_know_is_refused_with_those_we_do(media_type: str) -> None:
    with pytest.raises(TypeNotAllowed) as refused:
        check(media_type, PNG)

    assert "image/png" in refused.value.facts["allowed"]  # type: ignore[operator]


def test_nothing_that_runs_in_a_browser_is_ever_served_as_such() -> None:
    for media_type in ("text/html", "application/xhtml+xml", "image/svg+xml", "text/javascript"):
        assert served_as(media_type) == "application/octet-stream"


def test_text_has_no_signature() -> None:
    assert (sniff(b"hello"), sniff(b""), sniff(PNG)) == (None, None, "image/png")
