"""What notes do in the background."""

from datetime import timedelta
from typing import Final

from application.jobs.kinds import JobKind
from application.notes.listen_to_video import ListenToVideoHandler
from application.notes.look_at_video import LookAtVideoHandler
from application.notes.mend_notes import MendNote, MendNoteHandler, MendNotes, MendNotesHandler
from application.notes.outline_note import OutlineNoteHandler
from application.notes.probe_video import ProbeVideoHandler
from application.notes.read_passage import ReadPassageHandler
from application.notes.reduce_note import ReduceNoteHandler
from application.notes.render_note import RenderNoteHandler
from application.notes.stages import (
    ListenToVideo,
    LookAtVideo,
    OutlineNote,
    ProbeVideo,
    ReadPassage,
    ReduceNote,
    RenderNote,
    StitchTranscript,
    TranscribeShard,
)
from application.notes.stitch_transcript import StitchTranscriptHandler
from application.notes.transcribe_shard import TranscribeShardHandler
from domain.jobs.job import Queue
from domain.jobs.schedule import CronEntry, Missed

NOTE_KINDS: Final = (
    JobKind(
        name="notes.probe",
        command=ProbeVideo,
        handler=ProbeVideoHandler,
        queue=Queue.MEDIA,
        timeout=timedelta(minutes=20),
    ),
    JobKind(
        name="notes.audio",
        command=ListenToVideo,
        handler=ListenToVideoHandler,
        queue=Queue.MEDIA,
        timeout=timedelta(hours=2),
    ),
    JobKind(
        name="notes.frames",
        command=LookAtVideo,
        handler=LookAtVideoHandler,
        queue=Queue.MEDIA,
        timeout=timedelta(hours=4),
    ),
    JobKind(
        name="notes.speech",
        command=TranscribeShard,
        handler=TranscribeShardHandler,
        queue=Queue.CPU,
        timeout=timedelta(hours=1),
    ),
    JobKind(
        name="notes.stitch",
        command=StitchTranscript,
        handler=StitchTranscriptHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=30),
    ),
    JobKind(
        name="notes.chapters",
        command=OutlineNote,
        handler=OutlineNoteHandler,
        queue=Queue.CPU,
        timeout=timedelta(minutes=15),
    ),
    JobKind(
        name="notes.map",
        command=ReadPassage,
        handler=ReadPassageHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=30),
    ),
    JobKind(
        name="notes.reduce",
        command=ReduceNote,
        handler=ReduceNoteHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=30),
    ),
    JobKind(
        name="notes.render",
        command=RenderNote,
        handler=RenderNoteHandler,
        queue=Queue.MEDIA,
        timeout=timedelta(minutes=30),
    ),
    JobKind(
        name="notes.mend-all",
        command=MendNotes,
        handler=MendNotesHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=1),
    ),
    JobKind(name="notes.mend", command=MendNote, handler=MendNoteHandler, queue=Queue.IO),
)
NOTE_HOURS: Final = (
    CronEntry(
        name="notes.mend-all",
        command=MendNotes(),
        every=timedelta(minutes=1),
        missed=Missed.SKIP,
    ),
)
