"""Stages of notes on the real desk, database and job engine."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from application.notes.edit_transcript import EditSegment, EditSegmentHandler
from application.notes.mend_notes import MendNote, MendNotes
from application.notes.retry_note import (
    RestyleNote,
    RestyleNoteHandler,
    RetryNote,
    RetryNoteHandler,
)
from domain.identity.access import Actor
from domain.jobs.system import SystemActor
from domain.kernel.errors import Invalid, Unavailable
from domain.notes.note import Note, NoteStatus, NothingToRetry, Stage
from domain.notes.parts import PartState
from stage_play import SHARDS, Theatre, theatre_on
from tenants import Tenants

LAST = [("reduce", 0), ("render", 0)]


class Broken(Invalid):
    code = "test.broken"


async def broken(before: int) -> None:
    raise Broken("It cannot be done.")


async def dies(before: int) -> None:
    raise ValueError("a surprise")


@pytest.fixture(scope="module")
async def stage(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str, tenants: Tenants
) -> AsyncIterator[Theatre]:
    async with theatre_on(lambda role: cluster.url(database, role), valkey.url, tenants) as stage:
        yield stage


@pytest.fixture
def theatre(stage: Theatre) -> Theatre:
    stage.opened()
    return stage


@pytest.fixture
def actor(tenants: Tenants) -> Actor:
    return tenants.actor()


async def played(theatre: Theatre, actor: Actor) -> Note:
    """A note, made as far as the script lets it; then nothing is counted as done yet."""
    note = await theatre.started(actor)
    await theatre.shop.drain()
    theatre.script.tricks.clear()
    theatre.script.done.clear()
    return note


async def mended(theatre: Theatre, note: Note) -> None:
    long_ago = "UPDATE notes SET updated_at = now() - interval '3 min' WHERE id = %s"
    theatre.shop.do(long_ago, note.id)
    await theatre.shop.enqueue(SystemActor(), MendNotes())
    await theatre.shop.drain()


async def test_a_note_is_made_stage_by_stage_each_asked_for_once(
    theatre: Theatre, actor: Actor
) -> None:
    note = await theatre.started(actor)
    await theatre.shop.drain()

    now, parts = await theatre.seen(actor, note)
    assert now.status is NoteStatus.SUCCESS
    assert {part.state for part in parts.values()} == {PartState.DONE}
    assert sorted(theatre.script.done) == sorted(parts)
    for each in Stage:
        shards = SHARDS if each in {Stage.SPEECH, Stage.MAP} else 1
        assert theatre.jobs(note, f"notes.{each.value}") == shards, each
    with pytest.raises(NothingToRetry):
        await theatre.ask(actor, RetryNoteHandler, RetryNote(note_id=note.id))


async def test_shards_that_land_at_once_ask_for_the_next_stage_once(
    theatre: Theatre, actor: Actor
) -> None:
    together = asyncio.Barrier(SHARDS)

    async def meet(before: int) -> None:
        async with asyncio.timeout(20):
            await together.wait()

    theatre.script.tricks |= {(Stage.SPEECH, shard): meet for shard in range(SHARDS)}
    note = await theatre.started(actor)
    await theatre.shop.drain()

    assert (await theatre.seen(actor, note))[0].status is NoteStatus.SUCCESS
    assert theatre.jobs(note, "notes.stitch") == 1
    assert theatre.script.done.count(("stitch", 0)) == 1


@pytest.mark.parametrize(
    ("where", "shard", "code"),
    [
        (Stage.SPEECH, 1, "notes.speech-failed"),
        (Stage.FRAMES, 0, "notes.frames-failed"),
        (Stage.MAP, 2, "notes.map-failed"),
    ],
)
async def test_what_a_note_can_do_without_degrades_it_until_a_retry(
    theatre: Theatre, actor: Actor, where: Stage, shard: int, code: str
) -> None:
    theatre.script.tricks[where, shard] = broken
    note = await played(theatre, actor)

    now, parts = await theatre.seen(actor, note)
    failed = parts[where.value, shard]
    assert now.status is NoteStatus.DEGRADED
    assert [(each.code, each.facts) for each in now.warnings] == [
        (code, {"shard": shard, "because": "test.broken"})
    ]
    assert (failed.state, (failed.error or {})["code"]) == (PartState.FAILED, "test.broken")
    assert failed.result.get("instead") == (note.title if where is Stage.MAP else None)

    await theatre.ask(actor, RetryNoteHandler, RetryNote(note_id=note.id))
    await theatre.shop.drain()

    now, _ = await theatre.seen(actor, note)
    between = [("stitch", 0), ("chapters", 0)] if where is Stage.SPEECH else []
    last = LAST if where is not Stage.FRAMES else LAST[1:]
    assert (now.status, now.warnings, now.run) == (NoteStatus.SUCCESS, (), 2)
    assert theatre.script.done == [(where.value, shard), *between, *last]


async def test_a_retried_shard_has_only_those_passages_read_again_that_it_changed(
    theatre: Theatre, actor: Actor
) -> None:
    theatre.script.tricks[Stage.SPEECH, 1] = broken
    note = await played(theatre, actor)
    theatre.script.words = ("a", "b, and more", "c")

    await theatre.ask(actor, RetryNoteHandler, RetryNote(note_id=note.id))
    await theatre.shop.drain()

    assert ("map", 1) in theatre.script.done
    assert {("map", 0), ("map", 2)}.isdisjoint(theatre.script.done)


@pytest.mark.parametrize(
    "where", [Stage.PROBE, Stage.AUDIO, Stage.STITCH, Stage.CHAPTERS, Stage.REDUCE, Stage.RENDER]
)
async def test_a_stage_without_which_there_is_no_note_stops_it_until_a_retry(
    theatre: Theatre, actor: Actor, where: Stage
) -> None:
    theatre.script.tricks[where, 0] = broken
    note = await played(theatre, actor)

    now, _ = await theatre.seen(actor, note)
    assert (now.status, (now.error or {})["code"]) == (NoteStatus.FAILED, "test.broken")
    query = "SELECT error->>'code' FROM jobs WHERE subject = %s AND kind = %s"
    assert theatre.shop.ask(query, note.id, f"notes.{where.value}") == "notes.stopped"

    await theatre.ask(actor, RetryNoteHandler, RetryNote(note_id=note.id))
    await theatre.shop.drain()
    assert (await theatre.seen(actor, note))[0].status is NoteStatus.SUCCESS


async def test_an_outage_is_tried_again_and_then_given_up(theatre: Theatre, actor: Actor) -> None:
    async def down(before: int) -> None:
        raise Unavailable("The engine is down.")

    async def flaky(before: int) -> None:
        if before < 2:
            raise Unavailable("Later.")

    theatre.script.tricks |= {(Stage.SPEECH, 0): down, (Stage.SPEECH, 1): flaky}
    note = await theatre.started(actor)
    await theatre.shop.drain()

    now, parts = await theatre.seen(actor, note)
    assert [each.facts["shard"] for each in now.warnings] == [0]
    assert parts["speech", 1].state is PartState.DONE
    tries = [theatre.script.done.count(("speech", shard)) for shard in range(SHARDS)]
    assert tries == [4, 3, 1]


async def test_a_note_cancelled_meanwhile_writes_nothing_and_goes_on_from_there(
    theatre: Theatre, actor: Actor
) -> None:
    notes: list[Note] = []

    async def cancel(before: int) -> None:
        await theatre.cancel(actor, notes[0])

    theatre.script.tricks[Stage.CHAPTERS, 0] = cancel
    notes.append(note := await theatre.started(actor))
    await theatre.shop.drain()

    now, parts = await theatre.seen(actor, note)
    assert now.status is NoteStatus.CANCELLED
    assert parts["chapters", 0].state is PartState.WAITING
    assert not [key for key in parts if key[0] in {"map", "reduce", "render"}]

    theatre.opened()
    await theatre.ask(actor, RetryNoteHandler, RetryNote(note_id=note.id))
    await theatre.shop.drain()
    assert (await theatre.seen(actor, note))[0].status is NoteStatus.SUCCESS
    assert theatre.script.done[0] == ("chapters", 0)
    assert not [each for each in theatre.script.done if each[0] in {"probe", "audio", "speech"}]


async def test_cancelling_while_shards_land_deadlocks_with_none_of_them(
    theatre: Theatre, actor: Actor
) -> None:
    for _ in range(6):
        theatre.opened()
        notes: list[Note] = []
        asked: list[asyncio.Task[None]] = []

        async def cancel(before: int) -> None:
            asked.append(asyncio.create_task(theatre.cancel(actor, notes[0])))  # noqa: B023

        theatre.script.tricks[Stage.SPEECH, 1] = cancel
        notes.append(note := await theatre.started(actor))
        await theatre.shop.drain()
        await asyncio.gather(*asked)
        assert (await theatre.seen(actor, note))[0].status is NoteStatus.CANCELLED


async def test_an_edited_segment_has_one_passage_read_again(theatre: Theatre, actor: Actor) -> None:
    note = await played(theatre, actor)

    await theatre.ask(
        actor, EditSegmentHandler, EditSegment(note_id=note.id, number=2, text="B\0 bee")
    )
    await theatre.shop.drain()

    assert theatre.script.done == [("map", 1), *LAST]
    assert (await theatre.seen(actor, note))[0].status is NoteStatus.SUCCESS
    query = "SELECT text FROM segments WHERE note_id = %s AND number = 2 AND edited"
    assert theatre.shop.ask(query, note.id) == "B bee"


async def test_an_edit_does_not_hide_that_another_passage_is_missing(
    theatre: Theatre, actor: Actor
) -> None:
    theatre.script.tricks[Stage.MAP, 2] = broken
    note = await played(theatre, actor)

    await theatre.ask(actor, EditSegmentHandler, EditSegment(note_id=note.id, number=1, text="A"))
    await theatre.shop.drain()

    now, _ = await theatre.seen(actor, note)
    assert now.status is NoteStatus.DEGRADED
    assert [each.facts["shard"] for each in now.warnings] == [2]


async def test_another_style_is_written_without_listening_or_reading(
    theatre: Theatre, actor: Actor
) -> None:
    note = await played(theatre, actor)

    await theatre.ask(actor, RestyleNoteHandler, RestyleNote(note_id=note.id, style="minutes"))
    await theatre.shop.drain()

    assert theatre.script.done == LAST
    assert (await theatre.seen(actor, note))[0].options.style == "minutes"


async def test_a_lost_shard_is_given_up_by_the_clock_and_the_note_goes_on(
    theatre: Theatre, actor: Actor
) -> None:
    theatre.script.tricks[Stage.SPEECH, 1] = dies
    note = await played(theatre, actor)
    assert (await theatre.seen(actor, note))[0].status is NoteStatus.PROCESSING

    await mended(theatre, note)

    now, parts = await theatre.seen(actor, note)
    assert now.status is NoteStatus.DEGRADED
    assert [each.facts for each in now.warnings] == [{"shard": 1, "because": "notes.gave-up"}]
    assert parts["speech", 1].state is PartState.FAILED


async def test_a_lost_stage_that_a_note_needs_fails_it_by_the_clock(
    theatre: Theatre, actor: Actor
) -> None:
    theatre.script.tricks[Stage.STITCH, 0] = dies
    note = await played(theatre, actor)

    await mended(theatre, note)

    now, _ = await theatre.seen(actor, note)
    assert (now.status, (now.error or {})["code"]) == (NoteStatus.FAILED, "notes.gave-up")


async def test_a_mending_that_comes_late_leaves_a_living_note_alone(
    theatre: Theatre, actor: Actor
) -> None:
    """Two minutes may each have asked for one; after the first, somebody is at work again."""
    note = await theatre.started(actor)
    mend = SystemActor(workspace_id=actor.workspace_id)
    theatre.shop.do("UPDATE jobs SET run_at = now() + interval '1 h' WHERE subject = %s", note.id)
    await theatre.shop.enqueue(mend, MendNote(note_id=note.id), subject=note.id)
    await theatre.shop.drain()

    assert (await theatre.seen(actor, note))[0].status is NoteStatus.PROCESSING
    theatre.shop.do("DELETE FROM jobs WHERE subject = %s", note.id)
