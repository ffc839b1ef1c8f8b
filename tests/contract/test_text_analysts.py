"""What every `TextAnalyst` does: it reads without a model, and the same words the same way."""

import random
import re
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from sumy.summarizers.text_rank import TextRankSummarizer

from adapters.local_ai.analyst import ChildTextAnalyst
from adapters.local_ai.pools import text_kinds
from adapters.local_ai.ranking import MatrixTextRank
from adapters.local_ai.words import vocabulary
from adapters.runtime.children import Children
from application.notes.local_reading import LocalReading
from domain.notes.ports import TextAnalyst
from domain.notes.transcript import Segment
from entrypoints.children import TEXTS as TARGET

ALARMS = (
    "Every alarm needs an owner.", "An alarm without an owner rings all night.",
    "The owner of an alarm writes down what to do.", "We turned off forty alarms last year.",
)  # fmt: skip
BREAD = (
    "Bread begins with flour and water.", "Let the dough rest before you bake the bread.",
    "A sour dough makes the bread keep longer.", "Bake the bread in a very hot oven.",
)  # fmt: skip
CHINESE = ("警报需要负责人。", "没有负责人的警报整夜都在响。", "我们去年关闭了四十个警报。")


@pytest.fixture(scope="module")
async def analyst(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TextAnalyst]:
    async with Children(text_kinds(TARGET), tmp_path_factory.mktemp("scratch")) as children:
        yield ChildTextAnalyst(children)


async def test_sentences_lose_no_word(analyst: TextAnalyst) -> None:
    text = "Dr. Smith came at 3 p.m. on Monday. He left! Did he? It cost $3.50. " * 300

    found = await analyst.sentences(text, "en")

    assert " ".join(found).split() == text.split()
    assert found[:4] == (
        "Dr. Smith came at 3 p.m. on Monday.", "He left!", "Did he?", "It cost $3.50.",
    )  # fmt: skip
    assert len(await analyst.sentences("".join(CHINESE), "zh")) == 3
    assert len(await analyst.sentences("Yksi. Kaksi.", "fi")) == 2
    assert await analyst.sentences("", None) == ()


async def test_what_most_speak_of_is_central(analyst: TextAnalyst) -> None:
    texts = [*ALARMS, "Good morning.", "It rains in Bern."]

    ranks = await analyst.rank(texts, "en")

    assert max(ranks) == 1.0
    assert min(ranks[:3]) > max(ranks[4:])
    assert all(0 <= rank <= 1 for rank in ranks)
    assert await analyst.rank([], "en") == ()
    assert len(await analyst.rank(["", " ", "?"], None)) == 3


def test_ranks_are_those_of_the_published_method() -> None:
    class Loops(TextRankSummarizer):
        epsilon = MatrixTextRank.epsilon

    class Sentence:
        def __init__(self, text: str) -> None:
            self.words = vocabulary("en", []).keys(text)

    texts = [*ALARMS, *BREAD, "Bread.", "Alarm!", ""]
    document = type("Document", (), {"sentences": [Sentence(text) for text in texts]})

    theirs = Loops().power_method(Loops()._create_matrix(document), Loops.epsilon)
    ours = MatrixTextRank().rate([Sentence(text).words for text in texts])

    assert list(ours) == pytest.approx(list(theirs), abs=1e-9)


async def test_topics_change_where_they_change(analyst: TextAnalyst) -> None:
    shifts = await analyst.shifts([*ALARMS, *BREAD])

    assert shifts[0] == 0.0
    assert max(range(8), key=lambda at: shifts[at]) == 4
    assert all(0 <= shift <= 1 for shift in shifts)
    assert await analyst.shifts([]) == ()
    assert await analyst.shifts(["", ""]) == (0.0, pytest.approx(0.5, abs=0.5))


async def test_terms_are_what_is_spoken_of(analyst: TextAnalyst) -> None:
    terms = await analyst.terms([*ALARMS, *BREAD], "en", 4)

    names = [term.casefold() for term, _ in terms]
    assert {"alarm", "bread"} <= {re.sub("s$", "", name) for name in names}
    for term, at in terms:
        assert term.casefold() in (*ALARMS, *BREAD)[at].casefold()
    assert len(terms) == 4
    assert await analyst.terms([], "en", 4) == ()
    assert "警报" in [term for term, _ in await analyst.terms(CHINESE, "zh", 4)]


async def test_topics_tell_groups_apart(analyst: TextAnalyst) -> None:
    shared = "The meeting goes on about the plan."

    first, second = await analyst.topics([[*ALARMS, shared], [*BREAD, shared]], "en", 2)

    assert "alarm" in first[0].casefold()
    assert "bread" in second[0].casefold()
    assert not {"meeting", "plan"} & {*first, *second}


def talk(segments: int) -> list[str]:
    """As if somebody had spoken for long: few words often, many seldom."""
    choose = random.Random(7)
    words = [
        "".join(choose.choices("abdeiklmnorstu", k=choose.randint(3, 9))) for _ in range(9_000)
    ]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    return [" ".join(choose.choices(words, weights, k=13)) + "." for _ in range(segments)]


async def read(analyst: TextAnalyst, texts: list[str]) -> tuple[object, ...]:
    """As a note does: the whole at once."""
    blocks = [" ".join(texts[at : at + 10]) for at in range(0, len(texts), 10)]
    groups = [blocks[at : at + 16] for at in range(0, len(blocks), 16)]
    return (
        await analyst.rank(texts, "en"),
        await analyst.shifts(blocks),
        await analyst.terms(texts[:500], "en", 20),
        await analyst.topics(groups, "en", 3),
    )


async def test_ten_hours_are_read_within_a_minute(analyst: TextAnalyst) -> None:
    began = time.monotonic()

    await read(analyst, talk(8_000))  # 104,000 words

    assert time.monotonic() - began < 60


async def test_another_process_reads_the_same_to_the_bit(
    analyst: TextAnalyst, tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = talk(900)  # more than are compared at once
    async with Children(text_kinds(TARGET), tmp_path_factory.mktemp("scratch")) as children:
        again = await read(ChildTextAnalyst(children), texts)

    assert await read(analyst, texts) == again


def spoken(texts: Sequence[str]) -> list[Segment]:
    return [
        Segment(number=at, start_ms=at * 5_000, end_ms=at * 5_000 + 4_000, text=text, words=())
        for at, text in enumerate(texts, start=1)
    ]


@pytest.mark.parametrize(
    ("texts", "language"), [([*ALARMS, *BREAD] * 4, "en"), ([*CHINESE] * 4, "zh")], ids=["en", "zh"]
)
async def test_notes_without_a_model_are_sentences_that_were_said(
    analyst: TextAnalyst, texts: list[str], language: str
) -> None:
    segments = spoken(texts)

    reading = await LocalReading(analyst)(segments, (), language)

    assert reading == await LocalReading(analyst)(segments, (), language)
    assert reading.points
    assert all(texts[each.segments[0] - 1] == each.text for each in reading.points)
    assert all(each.quote in texts for each in reading.proposals)
    assert reading.summary
