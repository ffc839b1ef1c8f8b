"""Transcripts as files: times right at any length, and what is written can be read again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notes.captions import read_captions
from domain.notes.timestamps import clock, read_clock, subrip, webvtt
from domain.notes.transcript import Origin, Segment, Transcript, Word
from domain.notes.transcript_exports import TranscriptFormat, exported
from domain.notes.writing import one_line

TEXTS = st.text(min_size=1, max_size=80).map(one_line).filter(bool)


@pytest.mark.parametrize(
    ("ms", "told"),
    [
        (0, "0:00:00"), (7_999, "0:00:07"), (3_723_000, "1:02:03"), (35_998_000, "9:59:58"),
        (36_000_000, "10:00:00"), (86_405_000, "24:00:05"), (360_000_000, "100:00:00"),
        (-5, "0:00:00"),
    ],
)  # fmt: skip
def test_times_are_told_in_hours_minutes_and_seconds(ms: int, told: str) -> None:
    assert clock(ms) == told


@given(st.integers(0, 10**9))
def test_every_time_can_be_read_again(ms: int) -> None:
    assert read_clock(clock(ms)) == ms // 1_000 * 1_000
    assert read_clock(subrip(ms)) == read_clock(webvtt(ms)) == ms


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    at, segments = 0, []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        start = at + draw(st.integers(0, 50_000_000))
        at = start + draw(st.integers(1, 20_000))
        text = draw(TEXTS)
        word = Word(start_ms=start, end_ms=at, text=text)
        segments.append(Segment(number=number, start_ms=start, end_ms=at, text=text, words=(word,)))
    return transcript(*segments)


def transcript(*segments: Segment) -> Transcript:
    return Transcript(
        segments=segments,
        language="en",
        origin=Origin.RECOGNISED,
        engine="e",
        model="m",
        word_times=True,
    )


@given(transcripts())
def test_webvtt_comes_back_as_it_was(talk: Transcript) -> None:
    cues = read_captions(exported(talk, TranscriptFormat.WEBVTT).encode()).cues

    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in cues] == [
        (each.start_ms, each.end_ms, each.text) for each in talk.segments
    ]


@given(st.lists(st.text("abc é你.,!?'", min_size=1, max_size=60).map(one_line).filter(bool)))
def test_subrip_comes_back_as_it_was(texts: list[str]) -> None:
    talk = transcript(
        *(
            Segment(number=n + 1, start_ms=n * 1_500, end_ms=n * 1_500 + 999, text=text, words=())
            for n, text in enumerate(["first", *texts])
        )
    )

    cues = read_captions(exported(talk, TranscriptFormat.SUBRIP).encode()).cues

    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in cues] == [
        (each.start_ms, each.end_ms, each.text) for each in talk.segments
    ]


@given(transcripts())
def test_json_holds_all_of_it(talk: Transcript) -> None:
    found = json.loads(exported(talk, TranscriptFormat.JSON))

    assert [each["text"] for each in found["segments"]] == [each.text for each in talk.segments]
    assert found["segments"][0]["words"][0]["start_ms"] == talk.segments[0].words[0].start_ms


def test_speakers_are_called_by_the_names_people_gave() -> None:
    talk = transcript(
        Segment(number=1, start_ms=36_000_000, end_ms=36_001_000, text="1 < 2 --> *so*", words=(),
                speaker="s1")
    )  # fmt: skip
    names = {"s1": "Ada <L>"}

    written = {each: exported(talk, each, names) for each in TranscriptFormat}

    assert written[TranscriptFormat.TEXT] == "Ada <L>: 1 < 2 --> *so*\n"
    assert written[TranscriptFormat.SUBRIP] == (
        "1\n10:00:00,000 --> 10:00:01,000\nAda <L>: 1 < 2 -> *so*\n"
    )
    assert "<v Ada &lt;L&gt;>1 &lt; 2 --&gt; *so*" in written[TranscriptFormat.WEBVTT]
    assert written[TranscriptFormat.MARKDOWN] == (
        "[10:00:00](#t=36000) **Ada \\<L\\>:** 1 \\< 2 --\\> \\*so\\*\n"
    )
    assert json.loads(written[TranscriptFormat.JSON])["segments"][0]["speaker"] == "Ada <L>"


def test_nothing_said_makes_files_too() -> None:
    empty = transcript()

    assert exported(empty, TranscriptFormat.WEBVTT) == "WEBVTT\n"
    assert exported(empty, TranscriptFormat.SUBRIP) == exported(empty, TranscriptFormat.TEXT) == ""
