"""One transcript of many shards: no word lost, none twice, and times that can be true."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.ai.speech import Heard, HeardSegment, HeardWord
from domain.ai.use import AiUse
from domain.notes.media import Span
from domain.notes.stitching import HeardShard, stitch
from domain.notes.transcript import Transcript

USE = AiUse(engine="test", model="m")
VOCABULARY = ["so", "Well", "the", "answer", "is", "forty-two.", "yes,", "Really?", "Dr.", "Ada"]


def heard(*segments: HeardSegment, language: str = "en", certainty: float | None = 0.9) -> Heard:
    return Heard(segments=segments, language=language, certainty=certainty, use=USE)


def segment(*words: tuple[int, int, str], **facts: float) -> HeardSegment:
    return HeardSegment(
        start_ms=words[0][0],
        end_ms=words[-1][1],
        text=" ".join(text for _, _, text in words),
        words=tuple(HeardWord(start_ms=a, end_ms=b, text=text) for a, b, text in words),
        **facts,
    )


def shard(number: int, start: int, end: int, *words: tuple[int, int, str]) -> HeardShard:
    """Words by the note's clock; the people speak exactly while they say them."""
    local = [(a - start, b - start, text) for a, b, text in words]
    return HeardShard(
        number=number,
        span=Span(start_ms=start, end_ms=end),
        speech=tuple(Span(start_ms=a, end_ms=b) for a, b, _ in words),
        heard=heard(*([segment(*local)] if words else [])),
    )


def texts(transcript: Transcript) -> list[str]:
    return [segment.text for segment in transcript.segments]


@st.composite
def talks(draw: st.DrawFn) -> tuple[list[tuple[int, int, str]], list[int]]:
    """Words with pauses between them, and cuts that lie inside pauses."""
    at, words, pauses = draw(st.integers(0, 900)), [], []
    for text in draw(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=40)):
        length = draw(st.integers(80, 900))
        words.append((at, at + length, text))
        pause = draw(st.sampled_from([0, 30, 300, 900, 2_500]))
        if pause >= 300:
            pauses.append(at + length + pause // 2)
        at += length + pause
    cuts = draw(st.lists(st.sampled_from(pauses), unique=True)) if pauses else []
    return words, sorted(cuts)


@given(talks())
def test_any_split_at_silences_gives_what_the_whole_gives(
    talk: tuple[list[tuple[int, int, str]], list[int]],
) -> None:
    words, cuts = talk
    end = words[-1][1] + 500
    edges = [0, *cuts, end]
    parts = [
        shard(number, a, b, *[word for word in words if a <= word[0] < b])
        for number, (a, b) in enumerate(itertools.pairwise(edges))
    ]

    whole, stitched = stitch([shard(0, 0, end, *words)]), stitch(reversed(parts))

    bare = [replace(each, shard=0) for each in stitched.segments]
    assert bare == list(whole.segments)
    assert " ".join(texts(stitched)).split() == [text for _, _, text in words]


@given(
    st.lists(
        st.tuples(st.integers(-5_000, 70_000), st.integers(-3_000, 30_000), st.floats(0, 1)),
        min_size=1,
        max_size=30,
    )
)
def test_times_of_words_are_in_order_and_bounded_whatever_the_engine_says(
    wild: list[tuple[int, int, float]],
) -> None:
    span = Span(start_ms=100_000, end_ms=160_000)
    words = tuple(
        HeardWord(start_ms=at, end_ms=at + length, text=f"w{number}", probability=probability)
        for number, (at, length, probability) in enumerate(wild)
    )
    said = HeardSegment(start_ms=0, end_ms=60_000, text="x", words=words)
    speech = (span,)

    transcript = stitch([HeardShard(number=0, span=span, speech=speech, heard=heard(said))])

    found = [word for each in transcript.segments for word in each.words]
    edges = [edge for word in found for edge in (word.start_ms, word.end_ms)]
    assert edges == sorted(edges)
    assert all(span.start_ms <= edge <= span.end_ms for edge in edges)
    assert all(word.end_ms - word.start_ms <= 5_000 for word in found)
    numbers = [each.number for each in transcript.segments]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_word_cut_in_two_and_heard_on_both_sides_stands_once() -> None:
    one = shard(0, 0, 10_000, (9_000, 9_400, "this"), (9_800, 10_000, "morning"))
    two = shard(1, 10_000, 20_000, (10_000, 10_150, "Morning"), (10_300, 10_700, "we"))

    assert texts(stitch([one, two])) == ["this morning we"]


def test_a_word_said_twice_stands_twice() -> None:
    one = shard(0, 0, 10_000, (9_000, 9_400, "very"), (9_500, 9_800, "very"))
    two = shard(1, 10_000, 20_000, (10_300, 10_600, "very"), (10_700, 11_000, "good"))

    assert texts(stitch([one, two])) == ["very very very good"]


def test_nothing_is_joined_over_a_missing_shard() -> None:
    one = shard(0, 0, 10_000, (9_000, 9_900, "before"))
    three = shard(2, 11_500, 20_000, (11_500, 12_000, "after"))

    assert texts(stitch([one, three])) == ["before", "after"]


def test_each_shard_keeps_its_language_and_the_longer_one_names_the_whole() -> None:
    english = shard(0, 0, 10_000, *[(n * 1_000, n * 1_000 + 900, "word") for n in range(9)])
    other = shard(1, 10_000, 20_000, (11_000, 11_900, "wort"))
    german = replace(other, heard=replace(other.heard, language="de"))

    transcript = stitch([english, german])

    assert transcript.language == "en"
    assert [each.language for each in transcript.segments] == ["en", "de"]


def test_silence_is_an_empty_transcript() -> None:
    quiet = HeardShard(
        number=0, span=Span(start_ms=0, end_ms=60_000), speech=(), heard=heard(language="en")
    )

    assert (stitch([quiet]).segments, stitch([quiet]).language) == ((), None)
    assert stitch([]).segments == ()


def test_a_line_without_word_times_is_spread_and_says_so() -> None:
    speech = (Span(start_ms=1_000, end_ms=3_000), Span(start_ms=5_000, end_ms=7_000))
    line = HeardSegment(start_ms=900, end_ms=7_100, text="This is the first. And now the second.")
    said = HeardShard(
        number=0, span=Span(start_ms=0, end_ms=8_000), speech=speech, heard=heard(line)
    )

    first, second = stitch([said]).segments

    assert (first.text, second.text) == ("This is the first.", "And now the second.")
    assert (first.start_ms, first.end_ms) == (1_000, 3_000)
    assert (second.start_ms, second.end_ms) == (5_000, 7_000)
    assert all(word.estimated for word in (*first.words, *second.words))
    assert not stitch([said]).word_times
