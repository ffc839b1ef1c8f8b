"""What every `Videos`, `Notes` and `Clips` does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.notes import SqlClips, SqlNotes, SqlVideos
from domain.identity.access import Actor, Role
from domain.jobs.job import JobId
from domain.kernel.errors import ChangedMeanwhile
from domain.kernel.pages import PageRequest
from domain.notes.clip import Clip, ClipExists, ClipId, ClipNotFound
from domain.notes.media import Span
from domain.notes.note import Note, NoteNotFound, NoteOptions, NoteStatus, Warned
from domain.notes.video import Video, VideoInUse, VideoNotFound
from recordings import CLOCK, FACTS, a_note, a_video, stored_note, stored_video
from tenants import NEW, Tenants

PATIENCE = timedelta(minutes=2)


def a_clip(note: Note, actor: Actor, start: int = 1_000, end: int = 4_000) -> Clip:
    return Clip(
        id=ClipId(NEW()),
        workspace_id=note.workspace_id,
        note_id=note.id,
        start_ms=start,
        end_ms=end,
        title="The point",
        created_by=actor.user_id,
        created_at=CLOCK.now(),
    )


async def test_a_committed_video_comes_back_whole(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        video = await stored_video(session, actor, facts=FACTS)
        await session.commit()

    async with tenants.session(actor) as session:
        found = await SqlVideos(session).get(actor.workspace_id, video.id)
        same = await SqlVideos(session).with_content(actor.workspace_id, video.sha256)
        other = await SqlVideos(session).with_content(actor.workspace_id, "0" * 64)

    assert (found is not video, same is found, other) == (True, True, None)
    for name in Video.__dataclass_fields__:
        assert getattr(found, name) == getattr(video, name), name


async def test_the_same_file_added_twice_at_once_is_refused_as_a_race(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        video = await stored_video(session, actor)
        await session.commit()

    async with tenants.session(actor) as session:
        SqlVideos(session).add(a_video(actor, sha256=video.sha256))
        with pytest.raises(ChangedMeanwhile):
            await session.commit()


async def test_the_same_file_in_another_workspace_is_another_video(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    async with tenants.session(actor) as session:
        video = await stored_video(session, actor)
        await session.commit()

    async with tenants.session(stranger) as session:
        videos = SqlVideos(session)
        assert await videos.with_content(stranger.workspace_id, video.sha256) is None
        with pytest.raises(VideoNotFound):
            await videos.get(actor.workspace_id, video.id)
        await stored_video(session, stranger, sha256=video.sha256)
        await session.commit()


async def test_videos_are_listed_newest_first_a_page_at_a_time(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        made = [(await stored_video(session, actor)).id for _ in range(3)]
        await session.commit()
        videos = SqlVideos(session)

        first = await videos.page(actor.workspace_id, PageRequest(limit=2))
        rest = await videos.page(actor.workspace_id, PageRequest(limit=2, after=first.next))

    assert [video.id for video in (*first.items, *rest.items)] == made[::-1]
    assert rest.next is None


async def test_a_video_goes_only_when_no_note_was_made_of_it(tenants: Tenants) -> None:
    owner = tenants.actor(Role.OWNER)
    async with tenants.session(owner) as session:
        video = await stored_video(session, owner)
        note = a_note(video, owner)
        SqlNotes(session).add(note)
        await session.commit()
        note_id, video_id = note.id, video.id
        with pytest.raises(VideoInUse):
            await SqlVideos(session).remove(video)

    async with tenants.session(owner) as session:
        notes, videos = SqlNotes(session), SqlVideos(session)
        await notes.remove(await notes.get(owner.workspace_id, note_id))
        await videos.remove(await videos.get(owner.workspace_id, video_id))
        await session.commit()

    assert tenants.ask("SELECT count(*) FROM video_assets WHERE id = %s", video_id) == 0


async def test_a_committed_note_comes_back_whole(tenants: Tenants) -> None:
    actor = tenants.actor()
    warned = Warned("notes.speech-failed", "A part is missing.", {"shard": 3}, "speech")
    async with tenants.session(actor) as session:
        note = await stored_note(
            session,
            actor,
            options=NoteOptions(style="minutes", speech_language="de", screenshots=3),
            engines={"speech": {"engine": "moonshine", "model": "tiny-en"}},
            speakers={"S1": "Ada"},
            warnings=(warned,),
        )
        note.finish({"Summary.md": str(NEW())}, CLOCK.now())
        await session.commit()

    async with tenants.session(actor) as session:
        found = await SqlNotes(session).get(actor.workspace_id, note.id)

    assert found.status is NoteStatus.DEGRADED
    for name in Note.__dataclass_fields__:
        assert getattr(found, name) == getattr(note, name), name


async def test_a_note_of_another_workspace_does_not_exist(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    async with tenants.session(actor) as session:
        note = await stored_note(session, actor)
        await session.commit()

    async with tenants.session(stranger) as session:
        for read in (SqlNotes(session).get, SqlNotes(session).lock):
            with pytest.raises(NoteNotFound):
                await read(actor.workspace_id, note.id)
        page = await SqlNotes(session).page(actor.workspace_id, PageRequest())
        assert page.items == ()


async def test_notes_are_listed_by_video_and_status(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        first, second = [await stored_note(session, actor) for _ in range(2)]
        second.cancel(CLOCK.now())
        await session.commit()
        notes = SqlNotes(session)

        async def listed(**filters: object) -> list[object]:
            page = await notes.page(actor.workspace_id, PageRequest(), **filters)  # type: ignore[arg-type]
            return [line.id for line in page.items]

        assert await listed() == [second.id, first.id]
        assert await listed(status=NoteStatus.CANCELLED) == [second.id]
        assert await listed(video_id=first.video_id) == [first.id]
        assert await listed(video_id=first.video_id, status=NoteStatus.CANCELLED) == []


async def test_a_locked_note_shows_its_next_holder_what_the_last_one_wrote(
    tenants: Tenants,
) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        note = await stored_note(session, actor)
        await session.commit()

    async def second(before: AsyncSession) -> NoteStatus:
        notes = SqlNotes(before)
        assert (await notes.get(actor.workspace_id, note.id)).status is NoteStatus.PROCESSING
        return (await notes.lock(actor.workspace_id, note.id)).status

    async with tenants.session(actor) as first, tenants.session(actor) as later:
        held = await SqlNotes(first).lock(actor.workspace_id, note.id)
        waiting = asyncio.create_task(second(later))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        held.cancel(CLOCK.now())
        await first.commit()

        assert await waiting is NoteStatus.CANCELLED


async def test_a_note_that_no_job_works_on_is_stalled_and_others_are_not(
    tenants: Tenants,
) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        dead, alive, over, recent = [await stored_note(session, actor) for _ in range(4)]
        ended, long_ago = JobId(NEW()), datetime.now(UTC) - timedelta(minutes=3)
        for note, status in ((alive, "queued"), (dead, "failed")):
            note.root_job_id = ended if note is dead else JobId(NEW())
            tenants.run(
                "INSERT INTO jobs (id, workspace_id, root_id, kind, queue, subject, payload,"
                " status, finished_at, error)"
                " VALUES (%s, %s, %s, 'k', 'cpu', %s, '{}', %s, %s, %s)",
                *(note.root_job_id, actor.workspace_id, note.root_job_id, note.id, status),
                *((long_ago, "{}") if status == "failed" else (None, None)),
            )
        over.finish({}, CLOCK.now())
        for note in (dead, alive, over):
            note.updated_at = long_ago
        recent.updated_at = datetime.now(UTC)
        await session.commit()

    async with tenants.session(tenants.actor(), worker=True) as session:
        stalled = await SqlNotes(session).stalled(PATIENCE)

    mine = [note_id for workspace_id, note_id in stalled if workspace_id == actor.workspace_id]
    assert mine == [dead.id]


async def test_only_the_worker_may_ask_what_is_stalled(tenants: Tenants) -> None:
    async with tenants.session(tenants.actor(Role.OWNER)) as session:
        with pytest.raises(Exception, match="permission denied"):
            await SqlNotes(session).stalled(PATIENCE)


async def test_clips_of_a_note_are_found_by_span_and_listed_by_time(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        note, other = [await stored_note(session, actor) for _ in range(2)]
        clips = SqlClips(session)
        later, sooner = a_clip(note, actor, 9_000, 12_000), a_clip(note, actor)
        for clip in (later, sooner, a_clip(other, actor)):
            await clips.add(clip)
        await session.commit()

    async with tenants.session(actor) as session:
        clips = SqlClips(session)
        assert [each.id for each in await clips.of(note)] == [sooner.id, later.id]
        found = await clips.find(note, Span(start_ms=1_000, end_ms=4_000))
        assert found is not None
        for name in Clip.__dataclass_fields__:
            assert getattr(found, name) == getattr(sooner, name), name
        assert await clips.find(note, Span(start_ms=1_000, end_ms=4_001)) is None
        await clips.remove(found)
        with pytest.raises(ClipNotFound):
            await clips.get(actor.workspace_id, sooner.id)


async def test_the_same_span_is_one_clip(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        note = await stored_note(session, actor)
        await SqlClips(session).add(a_clip(note, actor))
        with pytest.raises(ClipExists):
            await SqlClips(session).add(a_clip(note, actor))


async def test_viewers_read_notes_and_clips_and_write_none(tenants: Tenants) -> None:
    actor = tenants.actor()
    viewer = tenants.actor(Role.VIEWER, workspace=actor.workspace_id)
    async with tenants.session(actor) as session:
        note = await stored_note(session, actor)
        clip = a_clip(note, actor)
        await SqlClips(session).add(clip)
        await session.commit()

    async with tenants.session(viewer) as session:
        assert (await SqlClips(session).get(viewer.workspace_id, clip.id)).title == clip.title
        with pytest.raises(Exception, match="does not allow"):
            await stored_video(session, viewer)
    async with tenants.session(viewer) as session:
        with pytest.raises(Exception, match="does not allow"):
            await SqlClips(session).add(a_clip(note, viewer, 0, 900))
