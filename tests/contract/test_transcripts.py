"""What every `Transcripts` and `Findings` does."""

from dataclasses import replace

import pytest

from adapters.sql.findings import SqlFindings
from adapters.sql.transcripts import SqlTranscripts
from domain.artifacts.artifact import ArtifactId
from domain.identity.access import Role
from domain.notes.frames import FrameKind, Screenshot
from domain.notes.highlight import Grounding, Highlight, Match
from domain.notes.note import NoteNotReady
from domain.notes.outline import Chapter
from domain.notes.transcript import Origin, SegmentNotFound
from recordings import a_segment, a_transcript, heard_note, stored_note
from tenants import NEW, Tenants

CHAPTERS = (
    Chapter(number=1, start_ms=0, end_ms=60_000, title="Hello", summary="S", first=1, last=4),
    Chapter(number=2, start_ms=60_000, end_ms=90_000, title="Silence"),
)
HIGHLIGHT = Highlight(
    number=1,
    start_ms=100,
    end_ms=900,
    title="T",
    quote="“Quoted” words",
    why="W",
    segments=(1, 2),
    grounding=Grounding(
        match=Match.CLOSE, similarity=0.93, first_word=0, last_word=3, estimated=True
    ),
)


async def test_a_transcript_of_many_segments_comes_back_word_for_word(tenants: Tenants) -> None:
    actor = tenants.actor()
    texts = [f"Sentence {number} is said." for number in range(1, 2_501)]
    odd = a_segment(1, "Straße 👋 \u2028 ok", speaker="S1", language="de", shard=4, edited=True)
    whole = a_transcript(texts, origin=Origin.SIDECAR)
    whole = replace(whole, segments=(odd, *whole.segments[1:]))
    async with tenants.session(actor, worker=True) as session:
        note = await stored_note(session, actor)
        await SqlTranscripts(session).replace(note, whole)
        await session.commit()

    async with tenants.session(actor) as session:
        transcripts = SqlTranscripts(session)
        assert await transcripts.get(note) == whole
        assert await transcripts.head(note) == replace(whole, segments=())


async def test_segments_are_read_a_page_at_a_time(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        note = await heard_note(session, actor, [f"Number {n}." for n in range(1, 8)])
        transcripts = SqlTranscripts(session)

        async def numbers(after: int) -> list[int]:
            page = await transcripts.segments(note, after=after, limit=3)
            return [segment.number for segment in page]

        assert [await numbers(after) for after in (0, 3, 6, 7)] == [[1, 2, 3], [4, 5, 6], [7], []]


async def test_a_transcript_replaces_the_one_before_it(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        note = await heard_note(session, actor, ["One.", "Two.", "Three."])
        empty = a_transcript([], language=None)

        await SqlTranscripts(session).replace(note, empty)
        await session.commit()

        assert await SqlTranscripts(session).get(note) == empty


async def test_a_corrected_segment_changes_alone(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        note = await heard_note(session, actor, ["One.", "Tow.", "Three."])
    corrected = a_segment(2, "Two.", speaker="Ada", edited=True)

    async with tenants.session(actor) as session:
        await SqlTranscripts(session).edit(note, corrected)
        await session.commit()
        found = await SqlTranscripts(session).segments(note, after=0, limit=9)
        with pytest.raises(SegmentNotFound):
            await SqlTranscripts(session).edit(note, a_segment(4, "Four."))

    assert found == (a_segment(1, "One."), corrected, a_segment(3, "Three."))


async def test_before_there_is_a_transcript_a_note_is_not_ready(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    async with tenants.session(actor, worker=True) as session:
        bare = await stored_note(session, actor)
        note = await heard_note(session, actor, ["Secret."])
        for read in (SqlTranscripts(session).get, SqlTranscripts(session).head):
            with pytest.raises(NoteNotReady):
                await read(bare)

    async with tenants.session(stranger) as session:
        with pytest.raises(NoteNotReady):
            await SqlTranscripts(session).get(note)
        assert await SqlTranscripts(session).segments(note, after=0, limit=9) == ()


async def test_findings_come_back_whole_and_are_replaced_whole(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    shots = tuple(
        Screenshot(
            number=number,
            image_id=ArtifactId(NEW()),
            at_ms=number * 100,
            chapter=1,
            kind=FrameKind.SLIDE,
            width=1600,
            height=900,
            caption="What was said",
        )
        for number in (1, 2)
    )
    async with tenants.session(actor, worker=True) as session:
        note, other = [await stored_note(session, actor) for _ in range(2)]
        findings = SqlFindings(session)
        for each in (note, other):
            await findings.set_chapters(each, CHAPTERS)
            await findings.set_highlights(each, [HIGHLIGHT])
            await findings.set_screenshots(each, shots)
        await findings.set_chapters(other, CHAPTERS[:1])
        await findings.set_highlights(other, [])
        await findings.set_screenshots(other, [])
        await session.commit()

    async with tenants.session(actor) as session:
        findings = SqlFindings(session)
        assert await findings.chapters(note) == CHAPTERS
        assert await findings.highlights(note) == (HIGHLIGHT,)
        assert await findings.screenshots(note) == shots
        assert await findings.chapters(other) == CHAPTERS[:1]
        assert (await findings.highlights(other), await findings.screenshots(other)) == ((), ())
    async with tenants.session(stranger) as session:
        assert await SqlFindings(session).highlights(note) == ()


async def test_highlights_name_the_media_file_their_times_lie_in(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        note = await stored_note(session, actor)
        await SqlFindings(session).set_highlights(note, [HIGHLIGHT])
        await session.commit()

    row = "SELECT (artifact_id, start_ts) = (%s::uuid, 100) FROM highlights WHERE note_id = %s"
    assert tenants.ask(row, note.artifact_id, note.id) is True
