"""What every `NoteParts` does, as the worker uses it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.note_parts import SqlNoteParts
from adapters.sql.notes import SqlNotes
from domain.identity.access import Actor
from domain.notes.note import Note, Stage
from domain.notes.parts import Landed, Part, PartState
from recordings import CLOCK, a_done, a_failed, a_part, stored_note
from tenants import Tenants


async def planned(session: AsyncSession, actor: Actor, parts: Sequence[Part]) -> Note:
    """A note that waits for these; committed."""
    note = await stored_note(session, actor)
    await SqlNoteParts(session).plan(note, parts)
    await session.commit()
    return note


async def states(session: AsyncSession, note: Note) -> dict[tuple[str, int], str]:
    parts = await SqlNoteParts(session).all(note)
    return {(part.stage.value, part.shard): part.state.value for part in parts}


async def test_a_part_comes_back_as_it_landed(tenants: Tenants) -> None:
    actor = tenants.actor()
    done = a_done(Stage.PROBE, result={"facts": {"ä": [1, None]}}, key="k", wall_ms=7, cpu_ms=3)
    async with tenants.session(actor, worker=True) as session:
        note = await planned(session, actor, [a_part(Stage.PROBE)])
        assert await SqlNoteParts(session).land(note, done) is Landed.LAST
        await session.commit()

    async with tenants.session(actor, worker=True) as session:
        assert await SqlNoteParts(session).of(note, Stage.PROBE) == (done,)


async def test_planning_again_keeps_what_is_done_and_unchanged(tenants: Tenants) -> None:
    actor = tenants.actor()
    kept, changed, failed = [a_part(Stage.MAP, shard) for shard in range(3)]
    async with tenants.session(actor, worker=True) as session:
        note = await planned(session, actor, [kept, changed, failed])
        parts = SqlNoteParts(session)
        made = a_done(Stage.MAP, 0, result={"reading": 1})
        for part in (made, a_done(Stage.MAP, 1), a_failed(Stage.MAP, 2)):
            await parts.land(note, part)
        note.run = 2

        due = await parts.plan(note, [kept, replace(changed, input="other words"), failed])

        assert [part.shard for part in due] == [1, 2]
        assert await states(session, note) == {
            ("map", 0): "done", ("map", 1): "waiting", ("map", 2): "waiting",
        }  # fmt: skip
        assert (await parts.of(note, Stage.MAP))[0] == made


async def test_planning_a_stage_again_forgets_shards_it_no_longer_has(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        speech = [a_part(Stage.SPEECH, shard) for shard in range(5)]
        note = await planned(session, actor, [*speech, a_part(Stage.FRAMES)])

        await SqlNoteParts(session).plan(note, [speech[0], speech[3]])

        assert sorted(await states(session, note)) == [("frames", 0), ("speech", 0), ("speech", 3)]
        assert await SqlNoteParts(session).plan(note, []) == ()


async def test_shards_are_reopened_alone_and_stages_whole(tenants: Tenants) -> None:
    actor = tenants.actor()
    done = [a_done(Stage.MAP, 0), a_failed(Stage.MAP, 1), a_done(Stage.REDUCE)]
    async with tenants.session(actor, worker=True) as session:
        note = await planned(session, actor, done)
        parts = SqlNoteParts(session)

        assert await parts.reopen(note, [Stage.MAP], [1, 9]) == 1
        assert await parts.reopen(note, [Stage.REDUCE, Stage.RENDER]) == 1

        assert await states(session, note) == {
            ("map", 0): "done", ("map", 1): "waiting", ("reduce", 0): "waiting",
        }  # fmt: skip


async def test_exactly_one_of_rivals_hears_that_it_was_the_last(tenants: Tenants) -> None:
    actor = tenants.actor()
    shards = [a_part(Stage.SPEECH, shard) for shard in range(8)]
    async with tenants.session(actor, worker=True) as session:
        note = await planned(session, actor, shards)

    async def land(shard: int) -> Landed:
        async with tenants.session(actor, worker=True) as session:
            mine = await SqlNotes(session).get(actor.workspace_id, note.id)
            landed = await SqlNoteParts(session).land(mine, a_done(Stage.SPEECH, shard))
            await asyncio.sleep(0.02)
            await session.commit()
            return landed

    landed = await asyncio.gather(*map(land, range(8)))

    assert sorted(landed) == [*[Landed.GOES_ON] * 7, Landed.LAST]


async def test_two_attempts_at_one_part_count_once(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        note = await planned(session, actor, [a_part(Stage.SPEECH, 0), a_part(Stage.SPEECH, 1)])
        first = a_done(Stage.SPEECH, 0, result={"by": 1})
        assert await SqlNoteParts(session).land(note, first) is Landed.GOES_ON
        await session.commit()

        again = a_done(Stage.SPEECH, 0, result={"by": 2})
        assert await SqlNoteParts(session).land(note, again) is Landed.TOO_LATE
        assert (await SqlNoteParts(session).of(note, Stage.SPEECH))[0] == first


@pytest.mark.parametrize("change", ["run = 2", "status = 'cancelled', finished_at = now()"])
async def test_a_part_of_another_run_or_a_cancelled_note_comes_too_late(
    tenants: Tenants, change: str
) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        note = await planned(session, actor, [a_part(Stage.PROBE)])
        note_id = note.id
        tenants.run(f"UPDATE notes SET {change} WHERE id = %s", note.id)

        assert await SqlNoteParts(session).land(note, a_done(Stage.PROBE)) is Landed.TOO_LATE

    async with tenants.session(actor, worker=True) as session:
        mine = await SqlNotes(session).get(actor.workspace_id, note_id)
        (part,) = await SqlNoteParts(session).of(mine, Stage.PROBE)
        assert part.state is PartState.WAITING


async def test_a_part_nobody_planned_comes_too_late(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        note = await planned(session, actor, [a_part(Stage.PROBE)])

        assert await SqlNoteParts(session).land(note, a_done(Stage.SPEECH, 4)) is Landed.TOO_LATE


async def test_parts_of_another_workspace_are_out_of_sight(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        note = await planned(session, actor, [a_part(Stage.PROBE, input=str(CLOCK.now()))])

    async with tenants.session(stranger, worker=True) as session:
        parts = SqlNoteParts(session)
        assert await parts.all(note) == ()
        assert await parts.reopen(note, [Stage.PROBE]) == 0
        assert await parts.land(note, a_done(Stage.PROBE)) is Landed.TOO_LATE
