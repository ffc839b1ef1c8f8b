"""What an engine invents is left out; what somebody said stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ai.speech import Heard, HeardSegment, HeardWord
from domain.ai.use import AiUse
from domain.notes.hallucinations import what_was_said
from domain.notes.media import Span

SPEECH = (Span(start_ms=10_000, end_ms=14_000), Span(start_ms=15_000, end_ms=20_000))


def said(
    text: str, start: int, end: int, speech: tuple[Span, ...] = SPEECH, **doubts: float
) -> str:
    segment = HeardSegment(start_ms=start, end_ms=end, text=text, **doubts)
    heard = Heard(
        segments=(segment,), language="en", certainty=None, use=AiUse(engine="e", model="m")
    )
    return " ".join(each.text for each in what_was_said(heard, speech).segments)


@pytest.mark.parametrize(
    ("text", "start", "end", "doubts"),
    [
        ("Thanks for watching!", 30_000, 32_000, {}),
        ("We go on with the plan.", 30_000, 32_000, {}),  # whatever it says, nobody speaks there
        ("Thanks for watching!", 11_000, 13_000, {"no_speech": 0.5}),
        ("Thank you.", 20_100, 22_000, {}),  # hangs on the end of speech
        ("Untertitel der Amara.org-Community", 14_100, 14_900, {}),
        ("ご視聴ありがとうございました", 14_050, 14_950, {}),
        ("a perfectly good sentence", 10_000, 14_000, {"no_speech": 0.7, "log_probability": -1.2}),
        ("na na na", 10_000, 14_000, {"compression": 3.0, "log_probability": -0.8}),
        ("♪♪♪", 10_000, 14_000, {}),
        ("[Music]", 10_000, 14_000, {}),
        ("(applause)", 10_000, 14_000, {}),
        ("...", 10_000, 14_000, {}),
        ("word " * 60, 10_000, 11_000, {"compression": 1.0, "log_probability": -2.0}),
        (" ".join(f"word{n}" for n in range(60)), 10_000, 11_000, {}),  # nobody speaks so fast
    ],
)
def test_what_nobody_said_is_left_out(
    text: str, start: int, end: int, doubts: dict[str, float]
) -> None:
    assert not said(text, start, end, **doubts) or said(text, start, end, **doubts) == "word"


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        ("Thanks for watching, and see you tomorrow.", {}),
        ("Thanks for watching!", {"no_speech": 0.02, "log_probability": -0.2}),
        ("no no no no no, not that", {}),
        ("It is quiet here.", {"no_speech": 0.9, "log_probability": -0.2}),
        ("mumble mumble", {"no_speech": 0.1, "log_probability": -1.4}),
    ],
)
def test_what_somebody_said_stays(text: str, doubts: dict[str, float]) -> None:
    assert said(text, 10_000, 13_000, **doubts) == text


def test_a_loop_is_told_once() -> None:
    text = "We begin. " + "And then we go on. " * 8 + "The end."

    assert said(text, 10_000, 20_000) == "We begin. And then we go on. The end."


def test_words_outside_speech_fall_off_a_sentence() -> None:
    words = tuple(
        HeardWord(start_ms=at, end_ms=at + 300, text=text)
        for at, text in ((18_000, "the"), (19_000, "end"), (26_000, "Thank"), (26_400, "you"))
    )
    segment = HeardSegment(start_ms=18_000, end_ms=27_000, text="the end Thank you", words=words)
    heard = Heard(
        segments=(segment,), language="en", certainty=None, use=AiUse(engine="e", model="m")
    )

    (kept,) = what_was_said(heard, SPEECH).segments

    assert (kept.text, kept.start_ms, kept.end_ms) == ("the end", 18_000, 19_300)


@given(st.text(max_size=200), st.integers(0, 30_000), st.integers(0, 20_000))
def test_without_speech_nothing_was_said(text: str, start: int, length: int) -> None:
    assert said(text, start, start + length, speech=()) == ""
