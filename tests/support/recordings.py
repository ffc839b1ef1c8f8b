"""Videos, notes, transcripts and parts, valid in one call; name only what a test is about."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.notes import SqlNotes, SqlVideos
from adapters.sql.transcripts import SqlTranscripts
from domain.artifacts.artifact import ArtifactId
from domain.identity.access import Actor
from domain.jobs.job import JobId
from domain.notes.media import MediaFacts
from domain.notes.note import Note, NoteId, NoteOptions, NoteStatus, Stage
from domain.notes.parts import Part, PartState
from domain.notes.transcript import Origin, Segment, Transcript, Word
from domain.notes.video import Video, VideoId
from tenants import NEW, MovableClock

CLOCK = MovableClock()
FACTS = MediaFacts(
    container="mp4",
    duration_ms=600_000,
    measured=False,
    offset_ms=0,
    video=None,
    audio=(),
    captions=(),
    audio_choice=None,
)


def a_video(actor: Actor, **changes: Any) -> Video:
    CLOCK.move(timedelta(seconds=1))
    video = VideoId(NEW())
    return Video(
        **{
            "id": video,
            "workspace_id": actor.workspace_id,
            "user_id": actor.user_id,
            "artifact_id": ArtifactId(NEW()),
            "title": "Talk",
            "file_name": "talk.mp4",
            "media_type": "video/mp4",
            "size": 7,
            "sha256": hashlib.sha256(video.bytes).hexdigest(),
            "created_at": CLOCK.now(),
            "updated_at": CLOCK.now(),
        }
        | changes
    )


def a_note(video: Video, actor: Actor, **changes: Any) -> Note:
    """Being made, unless said otherwise."""
    CLOCK.move(timedelta(seconds=1))
    return Note(
        **{
            "id": NoteId(NEW()),
            "workspace_id": video.workspace_id,
            "video_id": video.id,
            "artifact_id": video.artifact_id,
            "user_id": actor.user_id,
            "title": "Talk",
            "options": NoteOptions(),
            "status": NoteStatus.PROCESSING,
            "root_job_id": JobId(NEW()),
            "created_at": CLOCK.now(),
            "updated_at": CLOCK.now(),
        }
        | changes
    )


async def stored_video(session: AsyncSession, actor: Actor, **changes: Any) -> Video:
    """Does not commit."""
    video = a_video(actor, **changes)
    SqlVideos(session).add(video)
    await session.flush()
    return video


async def stored_note(session: AsyncSession, actor: Actor, **changes: Any) -> Note:
    """Of a video of its own; does not commit."""
    note = a_note(await stored_video(session, actor), actor, **changes)
    SqlNotes(session).add(note)
    await session.flush()
    return note


async def heard_note(
    session: AsyncSession, actor: Actor, texts: Sequence[str], language: str | None = "en"
) -> Note:
    """A note with a transcript of these sentences; committed."""
    note = await stored_note(session, actor)
    await SqlTranscripts(session).replace(note, a_transcript(texts, language=language))
    await session.commit()
    return note


def a_part(stage: Stage, shard: int = 0, **changes: Any) -> Part:
    return Part(**{"stage": stage, "shard": shard, "input": f"{stage.value} {shard}"} | changes)


def a_done(stage: Stage, shard: int = 0, **changes: Any) -> Part:
    return a_part(stage, shard, state=PartState.DONE, done_at=CLOCK.now(), **changes)


def a_failed(stage: Stage, shard: int = 0, **changes: Any) -> Part:
    error = {"code": "test.broken", "message": "Broken.", "facts": {}}
    failed = {"state": PartState.FAILED, "error": error, "done_at": CLOCK.now()}
    return a_part(stage, shard, **failed | changes)


def a_segment(number: int, text: str, **changes: Any) -> Segment:
    """Ten seconds each, the words spread evenly."""
    start, words = (number - 1) * 10_000, text.split()
    step = 9_000 // max(len(words), 1)
    return Segment(
        **{
            "number": number,
            "start_ms": start,
            "end_ms": start + 9_000,
            "text": text,
            "words": tuple(
                Word(start_ms=start + at * step, end_ms=start + (at + 1) * step, text=word)
                for at, word in enumerate(words)
            ),
        }
        | changes
    )


def a_transcript(texts: Sequence[str], **changes: Any) -> Transcript:
    return Transcript(
        **{
            "segments": tuple(a_segment(at, text) for at, text in enumerate(texts, start=1)),
            "language": "en",
            "origin": Origin.RECOGNISED,
            "engine": "moonshine",
            "model": "tiny-en",
            "word_times": True,
        }
        | changes
    )
