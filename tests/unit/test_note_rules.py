"""How far a note is, what comes next, what is shown, and what a correction keeps."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity.access import Actor, Role, UserId, WorkspaceId
from domain.notes.clip import LONGEST_MS, SHORTEST_MS, BadSpan, check_span
from domain.notes.correction import corrected_words
from domain.notes.frames import FrameCandidate, FrameKind
from domain.notes.grounding import Grounder
from domain.notes.highlight import Highlight, Proposal
from domain.notes.media import Span
from domain.notes.note import (
    DEGRADING,
    Note,
    NoteNotReady,
    NoteNotRunning,
    NoteStatus,
    Stage,
    Warned,
)
from domain.notes.outline import Chapter
from domain.notes.parts import Part, PartState
from domain.notes.progress import PLANNED_BY, after, percent_of, ready
from domain.notes.showing import MOST, chapter_of, shown
from domain.notes.transcript import Word
from recordings import CLOCK, a_done, a_failed, a_note, a_part, a_segment, a_video
from tenants import NEW

ACTOR = Actor(user_id=UserId(NEW()), workspace_id=WorkspaceId(NEW()), role=Role.EDITOR)


def note(**changes: object) -> Note:
    return a_note(a_video(ACTOR), ACTOR, **changes)


def plan_after(stage: Stage, shards: int, *, sound: bool, pictures: bool) -> list[Part]:
    """What each stage plans when it ends."""
    audio = [a_part(Stage.AUDIO)] if sound else []
    frames = [a_part(Stage.FRAMES)] if pictures else []
    maps = [a_part(Stage.MAP, shard) for shard in range(shards)]
    return {
        Stage.PROBE: [a_part(Stage.STITCH), *frames, *audio],
        Stage.AUDIO: [a_part(Stage.SPEECH, shard) for shard in range(shards)],
        Stage.STITCH: [a_part(Stage.CHAPTERS)],
        Stage.CHAPTERS: [*maps, a_part(Stage.REDUCE), a_part(Stage.RENDER)],
    }.get(stage, [])


@given(st.data(), st.integers(0, 5), st.tuples(st.booleans(), st.booleans()))
def test_percent_never_goes_back_while_parts_land_in_any_order(
    data: st.DataObject, shards: int, has: tuple[bool, bool]
) -> None:
    """A first run, or one in which an earlier run left parts that are kept or planned anew."""
    parts = {(Stage.PROBE, 0): a_part(Stage.PROBE)}
    if data.draw(st.booleans()):
        for stage in (Stage.SPEECH, Stage.MAP):
            parts |= {(stage, shard): a_done(stage, shard) for shard in range(shards + 1)}
    seen = [percent_of(list(parts.values()))]
    while due := ready(list(parts.values())):
        landing = data.draw(st.sampled_from(due))
        landed = (
            a_done
            if landing.stage is Stage.PROBE
            else data.draw(st.sampled_from([a_done, a_failed]))
        )
        parts[landing.stage, landing.shard] = landed(landing.stage, landing.shard)
        planned = plan_after(landing.stage, shards, sound=has[0], pictures=has[1])
        for part in planned:
            known = parts.get((part.stage, part.shard))
            if known is None or known.state is not PartState.DONE or data.draw(st.booleans()):
                parts[part.stage, part.shard] = part
        for stage in {part.stage for part in planned}:
            named = {part.shard for part in planned if part.stage is stage}
            parts = {k: p for k, p in parts.items() if k[0] is not stage or k[1] in named}
        seen.append(percent_of(list(parts.values())))

    assert seen == sorted(seen)
    assert 0 <= seen[0] < 10
    assert (Stage.RENDER, 0) in parts
    assert seen[-1] == 100


def test_a_note_of_captions_counts_listening_as_done() -> None:
    parts = [a_done(Stage.PROBE), a_done(Stage.STITCH), a_part(Stage.CHAPTERS)]

    assert percent_of(parts) == 1 + 6 + 58 + 1 + 12


@pytest.mark.parametrize(
    ("parts", "due"),
    [
        ([a_part(Stage.PROBE)], ["probe"]),
        ([a_done(Stage.PROBE), a_part(Stage.STITCH)], ["stitch"]),
        ([a_done(Stage.PROBE), a_part(Stage.STITCH), a_part(Stage.AUDIO)], ["audio"]),
        (
            [a_done(Stage.PROBE), a_part(Stage.STITCH), a_part(Stage.AUDIO), a_part(Stage.FRAMES)],
            ["audio", "frames"],
        ),
        (
            [
                a_done(Stage.AUDIO),
                a_done(Stage.SPEECH, 0),
                a_part(Stage.SPEECH, 1),
                a_part(Stage.STITCH),
            ],
            ["speech"],
        ),
        ([a_failed(Stage.SPEECH, 0), a_done(Stage.SPEECH, 1), a_part(Stage.STITCH)], ["stitch"]),
        (
            [
                a_done(Stage.CHAPTERS),
                a_part(Stage.MAP, 0),
                a_part(Stage.MAP, 1),
                a_part(Stage.REDUCE),
            ],
            ["map", "map"],
        ),
        ([a_failed(Stage.MAP, 0), a_part(Stage.REDUCE), a_part(Stage.RENDER)], ["reduce"]),
        ([a_part(Stage.CHAPTERS), a_done(Stage.MAP, 0), a_part(Stage.REDUCE)], ["chapters"]),
        ([a_done(Stage.REDUCE), a_part(Stage.FRAMES), a_part(Stage.RENDER)], ["frames"]),
        ([a_done(Stage.REDUCE), a_failed(Stage.FRAMES), a_part(Stage.RENDER)], ["render"]),
        ([a_done(Stage.RENDER)], []),
    ],
)
def test_a_stage_is_due_exactly_when_what_it_needs_is_settled(
    parts: Sequence[Part], due: list[str]
) -> None:
    assert [part.stage.value for part in ready(parts)] == due


def test_what_rests_on_a_stage_comes_after_it() -> None:
    assert after([Stage.FRAMES]) == (Stage.RENDER,)
    assert after([Stage.MAP]) == (Stage.REDUCE, Stage.RENDER)
    assert after([Stage.RENDER]) == ()
    assert set(after([Stage.PROBE])) == set(Stage) - {Stage.PROBE}
    assert all(stage in after([planner]) for stage, planner in PLANNED_BY.items())


# --- notes


@pytest.mark.parametrize("code", [*sorted(DEGRADING), "notes.no-speech"])
def test_a_note_that_misses_something_is_degraded(code: str) -> None:
    made = note(warnings=(Warned(code, "Look."),))
    made.finish({"Summary.md": str(NEW())}, CLOCK.now())

    assert (made.status is NoteStatus.DEGRADED) == (code in DEGRADING)
    assert (made.finished_at, len(made.output_ids())) == (CLOCK.now(), 1)


def test_a_further_run_forgets_only_warnings_of_what_is_done_again() -> None:
    lost = [Warned("notes.map-failed", "m", {"shard": shard}, "map") for shard in range(3)]
    model, frames = Warned("m", "m", {}, "reduce"), Warned("f", "f", {"shard": 0}, "frames")
    made = note(warnings=(*lost, model, frames), status=NoteStatus.DEGRADED)

    made.again({Stage.MAP: [1], Stage.REDUCE: None}, CLOCK.now())

    assert made.warnings == (lost[0], lost[2], frames)
    assert (made.run, made.status) == (2, NoteStatus.QUEUED)


def test_only_a_running_note_is_cancelled_and_only_one_that_is_over_runs_again() -> None:
    made = note()
    assert made.wants(1)
    assert not made.wants(2)
    with pytest.raises(NoteNotReady):
        made.again({}, CLOCK.now())
    made.cancel(CLOCK.now())
    assert not made.wants(1)
    with pytest.raises(NoteNotRunning):
        made.cancel(CLOCK.now())


def test_the_same_warning_is_given_once() -> None:
    made = note()
    for shard in (1, 1, 2):
        made.warn(Warned("notes.map-failed", "m", {"shard": shard}, "map"))
    assert len(made.warnings) == 2


# --- corrections


def test_words_that_stay_keep_their_times() -> None:
    segment = a_segment(1, "give every alarm and honour please")
    words = corrected_words("Give every alarm an owner, please!", segment)

    assert [word.text for word in words] == ["Give", "every", "alarm", "an", "owner,", "please!"]
    for at in (0, 1, 2, 5):
        assert (words[at].start_ms, words[at].estimated) == (segment.words[at].start_ms, False)
    assert [word.estimated for word in words[3:5]] == [True, True]
    assert words[3].start_ms == segment.words[3].start_ms
    assert words[4].end_ms == segment.words[4].end_ms


@given(
    st.lists(st.sampled_from(["a", "b", "owner", "alarm", "日本", "x-ray"]), max_size=8),
    st.lists(st.sampled_from(["a", "b", "owner", "alarm", "語", "…", "?"]), min_size=1, max_size=8),
)
def test_corrected_words_lie_in_order_inside_their_segment(old: list[str], new: list[str]) -> None:
    segment = a_segment(3, " ".join(old))
    words = corrected_words(" ".join(new), segment)

    times = [time for word in words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert all(segment.start_ms <= time <= segment.end_ms for time in times)
    assert "".join(word.text for word in words) == "".join(new)


# --- screenshots


def frame(
    at: int, look: int, kind: FrameKind = FrameKind.SLIDE, **changes: float
) -> FrameCandidate:
    found = FrameCandidate(
        number=at,
        time_ms=at,
        stable=Span(start_ms=at, end_ms=at + 10),
        kind=kind,
        sharpness=0.5,
        content=0.5,
        look=look,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


TWO = (
    Chapter(number=1, start_ms=0, end_ms=1_000, title="A"),
    Chapter(number=2, start_ms=1_000, end_ms=2_000, title="B"),
)
APART = [0xFF << (8 * n) for n in range(8)]  # looks that are 16 bits from each other


def test_every_different_slide_is_shown_and_one_frame_of_each_chapter() -> None:
    slides = [frame(10 * n, APART[n]) for n in range(3)]
    stills = [frame(1_100 + n, APART[4 + n], FrameKind.STILL) for n in range(3)]

    assert [each.time_ms for each in shown([*slides, *stills], TWO, None)] == [0, 10, 20, 1_100]


def test_one_picture_is_shown_once_and_a_dull_one_never() -> None:
    twins = [frame(5, 0b1), frame(7, 0b11, content=0.9), frame(9, APART[3], content=0.01)]

    assert [each.time_ms for each in shown(twins, TWO, None)] == [7]


def test_where_there_are_too_many_each_chapter_keeps_its_best_in_turn() -> None:
    early = [frame(n, APART[n], sharpness=n / 10) for n in range(4)]
    late = [frame(1_000 + n, APART[4 + n], sharpness=n / 10) for n in range(4)]

    assert [each.time_ms for each in shown([*early, *late], TWO, 3)] == [2, 3, 1_003]
    assert shown([*early, *late], TWO, 0) == ()


@given(st.lists(st.tuples(st.integers(0, 2_500), st.integers(0, 2**64 - 1)), max_size=90))
def test_what_is_shown_are_candidates_in_order_of_time(found: list[tuple[int, int]]) -> None:
    candidates = [frame(at, look) for at, look in found]
    chosen = shown(candidates, TWO, None)

    times = [each.time_ms for each in chosen]
    assert times == sorted(times)
    assert len(chosen) <= MOST
    assert set(chosen) <= set(candidates)


def test_a_time_belongs_to_the_chapter_it_lies_in() -> None:
    assert [chapter_of(at, TWO) for at in (0, 999, 1_000, 9_999)] == [1, 1, 2, 2]
    assert chapter_of(5, ()) == 0


# --- clips


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, SHORTEST_MS), (5_000, 5_000 + SHORTEST_MS), (0, LONGEST_MS), (9_000_000 - 400, 9_000_000)],
)
def test_a_clip_lies_inside_its_video(start: int, end: int) -> None:
    assert check_span(start, end, 9_000_000) == Span(start_ms=start, end_ms=end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (-1, 900),
        (900, 900),
        (900, 100),
        (0, SHORTEST_MS - 1),
        (0, LONGEST_MS + 1),
        (8_999_000, 9_000_001),
    ],
)
def test_a_clip_that_does_not_is_refused_with_its_times(start: int, end: int) -> None:
    with pytest.raises(BadSpan) as told:
        check_span(start, end, 9_000_000)
    assert told.value.facts == {"start_ms": start, "end_ms": end, "duration_ms": 9_000_000}


# --- words of captions


@pytest.mark.parametrize("duration", [5_000, 600_000])
def test_a_highlight_of_words_that_take_no_time_lasts_a_moment(duration: int) -> None:
    words = tuple(Word(start_ms=5_000, end_ms=5_000, text=each) for each in ("One", "two", "three"))
    segment = a_segment(1, "One two three", start_ms=5_000, end_ms=5_000, words=words)
    proposal = Proposal(segments=(1,), quote="one two three", why="")

    found = Grounder([segment], duration).ground(proposal, 1)

    assert isinstance(found, Highlight)
    assert found.end_ms > found.start_ms
