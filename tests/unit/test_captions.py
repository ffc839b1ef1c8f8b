"""Caption files of any make and encoding, and those that are made to hurt."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notes.captions import (
    CaptionFormat,
    CaptionsTooLarge,
    NotCaptions,
    caption_segments,
    read_captions,
)

SRT = """1
00:00:01,000 --> 00:00:02,500
Grüezi — <i>mitenand</i>.

2
00:00:03,000 --> 00:00:04,000
{\\an8}Zwei Zeilen,
ein Satz.
"""


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8-sig", b""), ("utf-16", b""), ("utf-32", b""), ("cp1252", b""),
        ("utf-16-le", b""), ("utf-16-be", b""),
    ],
)  # fmt: skip
def test_any_encoding_is_read(encoding: str, mark: bytes) -> None:
    found = read_captions(mark + SRT.encode(encoding))

    assert [cue.text for cue in found.cues] == ["Grüezi — mitenand.", "Zwei Zeilen, ein Satz."]
    assert (found.cues[0].start_ms, found.cues[0].end_ms) == (1_000, 2_500)


def test_webvtt_has_notes_styles_voices_and_short_times() -> None:
    found = read_captions(
        b"\xef\xbb\xbfWEBVTT - a title\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot shown\n\n"
        b"intro\n01:02.500 --> 01:04.000 align:start position:0%\n"
        b"<v.loud Ada Lovelace>It &amp; <c.yellow>that</c> <00:01:03.000>1 &lt; 2</v>\n\n"
        b"NOTE after\n\n100:00:00.000 --> 100:00:01.000\nlate\n"
    )

    assert found.format is CaptionFormat.WEBVTT
    assert [(cue.start_ms, cue.text, cue.speaker) for cue in found.cues] == [
        (62_500, "It & that 1 < 2", "Ada Lovelace"),
        (360_000_000, "late", None),
    ]


def test_ass_has_columns_overrides_and_drawings() -> None:
    found = read_captions(
        b"[Script Info]\n[Events]\nFormat: Layer, Start, End, Style, Name, Text\n"
        b"Dialogue: 0,0:00:01.50,0:00:02.00,Default,Bo,{\\b1}Hello,\\Nyou, there\n"
        b"Comment: 0,0:00:02.00,0:00:03.00,Default,,no\n"
        b"Dialogue: 0,0:00:03.00,0:00:04.00,Default,,{\\p1}m 0 0 l 1 1{\\p0}\n"
    )

    assert [(cue.start_ms, cue.text, cue.speaker) for cue in found.cues] == [
        (1_500, "Hello, you, there", "Bo")
    ]
    assert found.skipped == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 500, b"just a text\nwith lines", b"WEBVTT\n\n", b"\x89PNG\r\n\x1a\n" + bytes(99),
     b"1\n00:00:05,000 --> 00:00:01,000\nbackwards\n", b"1\n-0:00:05,0 --> -0:00:01,0\nbefore\n",
     b"1\n00:99:05,000 --> 00:99:09,000\nno time\n", b"\xff\xfe", b"-->\n-->\n"],
)  # fmt: skip
def test_what_is_no_caption_file_is_refused(content: bytes) -> None:
    with pytest.raises(NotCaptions) as refused:
        read_captions(content)

    assert refused.value.code == "notes.not-captions"


def test_hostile_text_is_only_text() -> None:
    hostile = (
        "1\n-00:00:01,000 --> 00:00:02,000\n<script>alert(1)</script>\u202eevil\u2066 a<b\x07\n\n"
        "2\n123:59:59,999 --> 124:00:01,000\n<<b>img src=x onerror=1> & <3\n"
    )
    found = read_captions(hostile.encode())

    assert [(cue.start_ms, cue.text) for cue in found.cues] == [
        (0, "alert(1)evil a<b"),
        (446_399_999, "<img src=x onerror=1> & <3"),
    ]


def test_a_hundred_thousand_captions_take_seconds_and_more_are_refused() -> None:
    def cues(count: int) -> bytes:
        return "".join(
            f"{n}\n{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},000 --> "
            f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},900\nline <i>{n}\n\n"
            for n in range(count)
        ).encode()

    began = time.process_time()
    found = read_captions(cues(100_000))
    segments = caption_segments(found.cues)
    assert time.process_time() - began < 30

    assert len(found.cues) == 100_000
    assert sum(len(segment.words) for segment in segments) == 200_000
    with pytest.raises(CaptionsTooLarge):
        read_captions(cues(200_002))


def test_markup_without_end_is_read_in_linear_time() -> None:
    began = time.process_time()
    found = read_captions(b"1\n00:00:01,000 --> 00:00:02,000\n" + b"<a{" * 3_000 + b"\nend\n" * 9)

    assert time.process_time() - began < 2
    assert found.cues[0].text.endswith("end")


def test_captions_become_sentences_in_turn_and_end_with_the_video() -> None:
    found = read_captions(
        b"1\n00:00:01,000 --> 00:00:03,000\nThe first half\n\n"
        b"2\n00:00:02,000 --> 00:00:04,000\nand the second.\n\n"
        b"3\n00:00:04,000 --> 00:00:09,000\nA last one.\n\n"
        b"4\n00:01:00,000 --> 00:01:01,000\nBeyond the end.\n"
    )

    first, last = caption_segments(found.cues, duration_ms=5_000)

    assert (first.text, first.start_ms, first.end_ms) == (
        "The first half and the second.", 1_000, 4_000,
    )  # fmt: skip
    assert (last.text, last.end_ms) == ("A last one.", 5_000)
    assert all(word.estimated for word in (*first.words, *last.words))


def test_rolling_captions_are_told_once() -> None:
    found = read_captions(
        b"WEBVTT\n\n00:01.000 --> 00:02.000\nwe begin\n\n00:02.000 --> 00:02.010\nwe begin\n\n"
        b"00:02.010 --> 00:04.000\nwe begin\nand go on\n"
    )

    assert [segment.text for segment in caption_segments(found.cues)] == ["we begin and go on"]


@given(st.binary(max_size=400), st.sampled_from([b"", b"WEBVTT\n\n", b"Dialogue: 0,", b"1\n"]))
def test_no_bytes_break_the_reader(content: bytes, head: bytes) -> None:
    try:
        found = read_captions(head + b"00:00:01,000 --> 00:00:02,000\n" + content)
    except NotCaptions:
        return
    for segment in caption_segments(found.cues):
        assert 0 <= segment.start_ms <= segment.end_ms
        assert "\n" not in segment.text
