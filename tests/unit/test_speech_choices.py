"""Which engine listens, in which language, at what price; and what became of each minute."""

import pytest

from domain.ai.prices import Price, PriceTable
from domain.ai.speech import Heard, TranscriberTraits
from domain.ai.transcribers import LanguageUnsupported, Transcribers, UnknownTranscriber
from domain.ai.use import AiUse
from domain.notes.coverage import minutes
from domain.notes.language_vote import elect, hear_again, language_of, points_to_ask
from domain.notes.media import Span
from domain.notes.sentences import sentences
from domain.notes.transcript import MinuteState, Segment, Word
from domain.notes.word_times import spread
from domain.notes.writing import join_words, split_words
from entrypoints.children.moonshine import windows


class Knows:
    """An engine as far as the choice sees it."""

    def __init__(self, name: str, *languages: str) -> None:
        self.traits = TranscriberTraits(
            engine=name,
            model="m",
            word_times=False,
            languages=frozenset(languages) or None,
            longest_ms=1,
        )


HERE = Transcribers({"whisper": Knows("whisper"), "moonshine": Knows("moonshine", "en")})  # type: ignore[dict-item]
ENGLISH = Transcribers({"moonshine": Knows("moonshine", "en")})  # type: ignore[dict-item]


def test_the_best_engine_that_understands_the_language_is_taken() -> None:
    assert HERE.choose("auto", "de").traits.engine == "whisper"
    assert HERE.choose("moonshine", "en").traits.engine == "moonshine"
    assert ENGLISH.choose().traits.engine == "moonshine"


def test_a_language_nobody_understands_is_refused_not_guessed() -> None:
    with pytest.raises(LanguageUnsupported) as refused:
        ENGLISH.choose("auto", "de")
    with pytest.raises(LanguageUnsupported):
        HERE.choose("moonshine", "de")
    with pytest.raises(UnknownTranscriber):
        HERE.choose("nobody")

    assert refused.value.code == "notes.language-unsupported"


def test_points_lie_over_all_of_the_speech_and_not_at_its_start() -> None:
    speech = (Span(start_ms=0, end_ms=40_000), Span(start_ms=500_000, end_ms=600_000))

    first, middle, last = points_to_ask(speech)

    assert first[0].start_ms == 0
    assert middle[0].start_ms > 40_000
    assert last[-1].end_ms == 600_000
    assert len(points_to_ask((Span(start_ms=0, end_ms=1_000),))) == 1
    assert points_to_ask(()) == ()


def test_a_foreign_greeting_does_not_name_the_language() -> None:
    elected = elect([{"fr": 0.9, "en": 0.1}, {"en": 0.8, "fr": 0.2}, {"en": 0.9, "fr": 0.1}])

    assert elected is not None
    assert elected.language == "en"
    assert elect([]) is None


def heard(language: str, certainty: float) -> Heard:
    return Heard(
        segments=(), language=language, certainty=certainty, use=AiUse(engine="e", model="m")
    )


def test_a_short_doubtful_shard_is_worth_a_second_hearing() -> None:
    whole = language_of([(300_000, heard("en", 0.9)), (8_000, heard("cy", 0.5))])

    assert whole is not None
    assert whole.language == "en"
    assert hear_again(8_000, heard("cy", 0.5), "en")
    assert not hear_again(200_000, heard("de", 0.97), "en")


def test_prices_are_data_and_unknown_ones_stay_unknown() -> None:
    table = PriceTable(models={"a": Price(input_tokens=2_500_000, output_tokens=10_000_000)})
    use = AiUse(engine="openai", model="a", input_tokens=1_000, output_tokens=3)

    assert table.priced(use).cost_micros == 2_530
    assert table.priced(AiUse(engine="openai", model="b")).cost_micros is None
    assert table.priced(AiUse(engine="x", model="a", cost_micros=0)).cost_micros == 0


def word(start: int, end: int, text: str) -> Word:
    return Word(start_ms=start, end_ms=end, text=text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (
            "Dr. Smith met Mr. Jones at 3.5 km. They all spoke. It was J. R. R. Tolkien who wrote.",
            3,
        ),
        ("We saw e.g. cats, dogs etc. and left. Was it good? Yes it was! So we go on.", 4),
        ("これは文です。これも文ですか？はい！", 3),
        ("no mark at all", 1),
    ],
)
def test_sentences_end_where_they_end(text: str, count: int) -> None:
    words = [word(n * 100, n * 100 + 90, each) for n, each in enumerate(split_words(text))]

    found = list(sentences(words))

    assert len(found) == count
    assert join_words(each.text for part in found for each in part) == text
    assert [each for part in found for each in part] == words


def test_words_end_at_pauses_rather_than_run_over_them() -> None:
    speech = (Span(start_ms=0, end_ms=1_000), Span(start_ms=3_000, end_ms=4_000))

    words = spread("Stop it, then go on", Span(start_ms=0, end_ms=4_000), speech)

    assert [each.text for each in words if each.end_ms <= 1_000] == ["Stop", "it,"]
    assert words[2].start_ms == 3_000
    assert words[-1].end_ms == 4_000


def test_windows_end_at_pauses() -> None:
    assert windows([(0, 40), (50, 90), (95, 99), (200, 290)], longest=95) == [
        (0, 90), (95, 99), (200, 290),
    ]  # fmt: skip


def test_each_minute_says_what_became_of_it() -> None:
    segments = [
        Segment(number=1, start_ms=10_000, end_ms=70_000, text="a", words=()),
        Segment(number=2, start_ms=80_000, end_ms=90_000, text="b", words=()),
    ]
    speech = [Span(start_ms=10_000, end_ms=90_000), Span(start_ms=185_000, end_ms=195_000)]

    found = minutes(
        290_000, segments, speech, failed=[Span(start_ms=240_000, end_ms=250_000)], summarised={1}
    )

    assert [(each.state, each.speech_ms, each.segments, each.summarised) for each in found] == [
        (MinuteState.TRANSCRIBED, 50_000, 1, True),
        (MinuteState.TRANSCRIBED, 30_000, 2, False),
        (MinuteState.SILENT, 0, 0, True),
        (MinuteState.FAILED, 10_000, 0, True),  # somebody speaks, and no word was understood
        (MinuteState.FAILED, 0, 0, True),
    ]
