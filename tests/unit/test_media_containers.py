"""Films, sounds and captions, known by their first bytes."""

import pytest

from domain.artifacts.media import (
    ACCEPTED,
    ContentMismatch,
    TypeNotAllowed,
    check,
    served_as,
    settle,
    sniff,
)

EBML = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82"
PACKET = b"G\x40\x11\x10" + bytes(184)
HEADS = {
    "mp4": (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "video/mp4"),
    "mp4 for streams": (b"\x00\x00\x00\x18ftypiso5", "video/mp4"),
    "quicktime": (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
    "old quicktime": (b"\x00\x01\x02\x03moov", "video/quicktime"),
    "m4a": (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
    "webm": (EBML + b"\x84webm", "video/webm"),
    "matroska": (EBML + b"\x88matroska", "video/x-matroska"),
    "opus": (b"OggS\x00\x02" + bytes(22) + b"OpusHead", "audio/ogg"),
    "theora": (b"OggS\x00\x02" + bytes(22) + b"\x80theora", "video/ogg"),
    "mp3 with a tag": (b"ID3\x04\x00", "audio/mpeg"),
    "mp3 without": (b"\xff\xfb\x90\x64\x00", "audio/mpeg"),
    "mp3 of low rate": (b"\xff\xf3\x48\xc4\x00", "audio/mpeg"),
    "aac": (b"\xff\xf1\x50\x80\x00", "audio/aac"),
    "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
    "large wav": (b"RF64\xff\xff\xff\xffWAVEds64", "audio/wav"),
    "avi": (b"RIFF\x24\x00\x00\x00AVI LIST", "video/x-msvideo"),
    "flac": (b"fLaC\x00\x00\x00\x22", "audio/flac"),
    "transport stream": (PACKET * 6, "video/mp2t"),
    "transport stream of a disc": ((b"\x01\x02\x03\x04" + PACKET) * 6, "video/mp2t"),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_container_is_known_by_its_bytes_whatever_it_is_called(name: str) -> None:
    head, media_type = HEADS[name]

    assert sniff(head) == media_type
    assert settle("", "film", head) == media_type
    assert settle("application/octet-stream", "film.bin", head) == media_type
    assert settle("video/mp4", "film.mp4", head) == media_type  # browsers guess by the name
    assert media_type in ACCEPTED
    assert served_as(media_type) == media_type


@pytest.mark.parametrize(
    "head",
    [
        b"\x00\x00\x00\x20ftypheic",
        b"\x00\x00\x00\x20ftypavif",
        b"\xff\xd8\xff\xe0",
        b"\xff\xfe" + "text".encode("utf-16-le"),
        b"\xff\xff\xff\xff\xff",
        b"RIFF1234WEBPVP8 ",
        b"GGGG" * 20,
        b"#EXTM3U\nfile:///etc/passwd",
        b"ffconcat version 1.0",
        b"hello, this is text",
        b"",
    ],
)
def test_what_is_neither_film_nor_sound_is_not_taken_for_one(head: bytes) -> None:
    with pytest.raises(ContentMismatch):
        check("video/mp4", head)


@pytest.mark.parametrize(
    ("media_type", "name", "found"),
    [
        ("", "talk.srt", "application/x-subrip"),
        ("application/octet-stream", "talk.VTT", "text/vtt"),
        ("text/plain", "talk.srt", "application/x-subrip"),
        ("text/srt", "talk", "application/x-subrip"),
        ("text/plain", "notes.txt", "text/plain"),
        ("text/plain", "letter.docx", "text/plain"),
    ],
)
def test_captions_are_text_that_is_named_so(media_type: str, name: str, found: str) -> None:
    assert settle(media_type, name, b"1\n00:00:01,000 --> 00:00:02,000\nHello\n") == found


def test_captions_that_are_no_text_are_refused() -> None:
    with pytest.raises(ContentMismatch):
        settle("", "talk.srt", HEADS["mp4"][0])


def test_bytes_that_nothing_is_known_of_are_refused() -> None:
    with pytest.raises(TypeNotAllowed):
        settle("", "talk", b"hello")
