"""Laws of what is made of a transcript: nothing is lost, nothing overlaps, nothing is made up."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ai.shapes import misfits
from domain.notes.chaptering import MOST, ChapterStart, by_topic, tiled
from domain.notes.gist import gist_by_rank, gist_chosen, in_turns
from domain.notes.outline import SHORTEST_CHAPTER_MS, Point
from domain.notes.passages import passages, written
from domain.notes.reading import Reading, checked
from domain.notes.styles import STYLES
from domain.notes.support import is_borne_out, numbers_in
from domain.notes.transcript import Segment, Word
from domain.notes.writing import split_words
from domain.prompts.pack import PromptIncomplete, PromptNotFound, PromptPack

TIMES = st.lists(st.integers(0, 7_200_000), max_size=80, unique=True).map(sorted)


def segment(number: int, start_ms: int, text: str = "All is well here.") -> Segment:
    return Segment(number=number, start_ms=start_ms, end_ms=start_ms + 900, text=text, words=())


@given(
    times=TIMES,
    starts=st.lists(st.integers(-3, 90), max_size=90),
    duration=st.integers(1, 8_000_000),
)
def test_chapters_tile_the_whole(times: list[int], starts: list[int], duration: int) -> None:
    segments = [segment(number, at) for number, at in enumerate(times, start=1)]

    chapters = tiled([ChapterStart(segment=each, title="x") for each in starts], segments, duration)

    assert [each.start_ms for each in chapters] == [0, *(each.end_ms for each in chapters[:-1])]
    assert chapters[-1].end_ms == duration
    assert [each.number for each in chapters] == list(range(1, len(chapters) + 1))
    assert len(chapters) <= MOST
    if len(chapters) > 1:
        assert all(each.end_ms - each.start_ms >= SHORTEST_CHAPTER_MS for each in chapters)
    inside = [n for c in chapters if c.first and c.last for n in range(c.first, c.last + 1)]
    assert inside == [each.number for each in segments if each.start_ms < duration]


@given(
    shifts=st.lists(st.floats(0, 1), max_size=60),
    duration=st.integers(1, 40_000_000),
    step=st.integers(1, 90_000),
)
def test_topics_begin_with_the_first_text(shifts: list[float], duration: int, step: int) -> None:
    starts = [at * step for at in range(len(shifts))]

    chosen = by_topic(shifts, starts, duration)

    assert chosen[:1] == ((0,) if shifts else ())
    assert list(chosen) == sorted(set(chosen))
    assert set(chosen) <= set(range(len(shifts)))


@given(texts=st.lists(st.text(max_size=60), max_size=60), budget=st.integers(1, 300))
def test_every_segment_is_in_one_passage_within_its_budget(texts: list[str], budget: int) -> None:
    segments = [segment(number, number * 1_000, text) for number, text in enumerate(texts, start=1)]

    found = passages(segments, len, budget)

    numbers = [n for each in found for n in range(each.first, each.last + 1)]
    assert numbers == [each.number for each in segments]
    assert [each.number for each in found] == list(range(len(found)))
    for each in found:
        inside = segments[each.first - 1 : each.last]
        assert len(inside) == 1 or sum(len(written(one)) for one in inside) <= budget


ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 40) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.fixed_dictionaries({"text": inner, "points": inner})
    ),
    max_leaves=12,
)


@given(
    count=st.integers(0, 40),
    style=st.sampled_from(list(STYLES.values())),
    numbers=st.lists(st.integers(-5, 60) | st.booleans(), max_size=30),
    paragraphs=st.lists(
        st.fixed_dictionaries(
            {"text": st.text(max_size=30), "points": st.lists(st.integers(-2, 50), max_size=5)}
        ),
        max_size=4,
    ),
)
def test_no_point_is_lost_or_told_twice(
    count: int, style: Any, numbers: list[int], paragraphs: list[dict[str, Any]]
) -> None:
    points = tuple(Point(text=f"Point {at}.", segments=(at + 1,)) for at in range(count))
    reading = Reading(points=points)
    answer = {"points": numbers, "summary": paragraphs}

    chosen = gist_chosen(reading, answer, range(count), style, {})
    ranked = gist_by_rank(reading, [1 / (at + 1) for at in range(count)], style)

    assert sorted([*chosen.points, *chosen.details], key=points.index) == list(points)
    assert len(chosen.points) <= style.points
    assert all(each.segments for each in (*chosen.summary, *ranked.summary))
    assert bool(chosen.summary) == bool(points)
    told = " ".join(each.text for each in ranked.summary)
    assert all(
        each.text in told for each in points if each not in (*ranked.points, *ranked.details)
    )
    assert len(set(ranked.points) | set(ranked.details)) == len(ranked.points) + len(ranked.details)


@given(st.lists(st.lists(st.integers(), max_size=5), max_size=5))
def test_turns_pass_nobody_over(groups: list[list[int]]) -> None:
    assert sorted(in_turns(groups)) == sorted(each for group in groups for each in group)


def spoken(*texts: str) -> tuple[Segment, ...]:
    at, found = 0, []
    for number, text in enumerate(texts, start=1):
        words = tuple(
            Word(start_ms=at + n * 300, end_ms=at + n * 300 + 290, text=word)
            for n, word in enumerate(split_words(text))
        )
        end = words[-1].end_ms
        found.append(Segment(number=number, start_ms=at, end_ms=end, text=text, words=words))
        at = end + 500
    return tuple(found)


TALK = spoken(
    "We will not ship the release on Friday, because forty tests fail.",
    "Samir writes the guide by Monday, and Ann reads it.",
)


def point(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "quote": TALK[0].text, "segments": [1], **more}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The release does not ship on Friday: 40 tests fail.", True),
        ("The release ships on Friday.", False),
        ("The release does not ship because 50 tests fail.", False),
        ("The minister did not resign over her taxes.", False),
    ],
)
def test_a_sentence_that_is_not_borne_out_gives_way_to_its_quote(text: str, *, kept: bool) -> None:
    (found,) = checked({"points": [point(text)]}, TALK, 60_000).points

    assert found.text == (text if kept else TALK[0].text)
    assert found.segments == (1,)


def test_owners_and_dates_are_those_that_were_named() -> None:
    action = {"text": "Samir writes the guide.", "quote": TALK[1].text, "segments": [2]}
    answer = {
        "actions": [
            {**action, "owner": "Samir", "due": "Monday"},
            {**action, "owner": "Berta", "due": "in May"},
        ]
    }

    one, other = checked(answer, TALK, 60_000).actions

    assert (one.owner, one.due) == ("Samir", "Monday")
    assert (other.owner, other.due) == (None, None)


def test_of_a_translation_the_numbers_have_to_be_right() -> None:
    answer = {
        "points": [point("Am Freitag wird nichts ausgeliefert."), point("90 Tests scheitern.")]
    }

    one, other = checked(answer, TALK, 60_000, translated=True).points

    assert one.text == "Am Freitag wird nichts ausgeliefert."
    assert other.text == TALK[0].text


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["summary", "points", "actions", "terms", "highlights", "chapters"]),
        ANSWERS,
    )
)
def test_whatever_a_model_answers_it_is_read(answer: dict[str, Any]) -> None:
    reading = checked(answer, TALK, 60_000)

    assert all(each.segments for each in reading.points)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It cost $1,234.50 in 2024.", {"1234", "50", "2024"}),
        ("forty-two of ninety nine", {"40", "42", "90", "99", "2", "9"}),
        ("007 and 1 000 000", {"7", "1000000"}),
        ("nothing", set()),
    ],
)
def test_numbers_are_known_in_digits_and_words(text: str, numbers: set[str]) -> None:
    assert numbers_in(text) == numbers


def test_words_of_one_family_bear_each_other_out() -> None:
    assert is_borne_out("Alarms need owners.", "Every alarm needs an owner.")
    assert not is_borne_out("Alarms need no owners.", "Every alarm needs an owner.")
    assert is_borne_out("She isn't leaving.", "She is not leaving, she said.")
    assert is_borne_out("公司不会关闭", "她说公司明年不会关闭上海的办公室。")


SCHEMA = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "items": {"type": "array", "items": {"type": ["string", "null"]}},
    },
    "required": ["n", "kind"],
}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"n": 1, "kind": "a", "items": ["x", None], "more": 1}, []),
        ({"n": True, "kind": "c"}, ["answer.n", "answer.kind"]),
        ({"n": 1.5, "items": ["x", 3]}, ["answer.kind", "answer.n", "answer.items[1]"]),
        ([], ["answer"]),
        (None, ["answer"]),
    ],
)
def test_what_does_not_fit_is_named(value: Any, wrong: list[str]) -> None:
    assert [each.split(" ")[0] for each in misfits(value, SCHEMA)] == wrong


PACK = PromptPack(name="p", version="1.0.0", prompts={"ask": "In {{ language }} for {{who}}."})


@given(st.text(), st.text())
def test_values_are_not_read_for_blanks(language: str, who: str) -> None:
    assert PACK.render("ask", {"language": language, "who": who}) == f"In {language} for {who}."
    assert PACK.render("ask", {"language": "{{ who }}", "who": "x"}) == "In {{ who }} for x."


@pytest.mark.parametrize("values", [{}, {"language": "x"}, {"language": "", "who": "", "more": ""}])
def test_a_prompt_wants_just_its_values(values: dict[str, str]) -> None:
    with pytest.raises(PromptIncomplete):
        PACK.render("ask", values)
    with pytest.raises(PromptNotFound):
        PACK.render("nothing", values)
