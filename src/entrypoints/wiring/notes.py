"""Notes: records, engines that open media and print pages, and the use cases around them."""

import os
from collections.abc import AsyncIterator
from typing import NewType

from dishka import Provider, Scope, provide, provide_all

from adapters.media.engine import ChildMediaEngine
from adapters.media.pools import media_kind
from adapters.pages.printer import ChildNotePrinter, page_kind
from adapters.runtime.children import Children
from adapters.sql.findings import SqlFindings
from adapters.sql.note_parts import SqlNoteParts
from adapters.sql.notes import SqlClips, SqlNotes, SqlVideos
from adapters.sql.transcript_search import SqlTranscriptSearch
from adapters.sql.transcripts import SqlTranscripts
from application.notes.add_video import AddVideoHandler
from application.notes.ask_library import AskLibraryHandler
from application.notes.cancel_note import CancelNoteHandler
from application.notes.desk import NoteDesk
from application.notes.edit_transcript import EditSegmentHandler, NameSpeakersHandler
from application.notes.listen_to_video import ListenToVideoHandler
from application.notes.local_reading import LocalReading
from application.notes.look_at_video import LookAtVideoHandler
from application.notes.make_clip import NameClipHandler, OpenClipHandler, RemoveClipHandler
from application.notes.mend_notes import MendNoteHandler, MendNotesHandler
from application.notes.note_material import Gathering
from application.notes.outline_note import OutlineNoteHandler
from application.notes.probe_video import ProbeVideoHandler
from application.notes.read_passage import ReadPassageHandler
from application.notes.reduce_note import ReduceNoteHandler
from application.notes.remove_video import FileRemoval, RemoveNoteHandler, RemoveVideoHandler
from application.notes.render_note import RenderNoteHandler
from application.notes.retry_note import NoteRerun, RestyleNoteHandler, RetryNoteHandler
from application.notes.start_note import StartNoteHandler
from application.notes.stitch_transcript import StitchTranscriptHandler
from application.notes.transcribe_shard import Recognition, TranscribeShardHandler
from domain.artifacts.ports import BlobStore
from domain.notes.ports import (
    Clips,
    Findings,
    MediaEngine,
    NoteParts,
    NotePrinter,
    Transcripts,
    TranscriptSearch,
    Videos,
)
from domain.notes.ports import Notes as NotesPort
from entrypoints.children import MEDIA, PAGES
from entrypoints.settings import Settings

MediaChildren = NewType("MediaChildren", Children)
PageChildren = NewType("PageChildren", Children)
_AT_ONCE = 4  # files open at the same time in one process


class Notes(Provider):
    scope = Scope.REQUEST

    videos = provide(SqlVideos, provides=Videos)
    notes = provide(SqlNotes, provides=NotesPort)
    note_parts = provide(SqlNoteParts, provides=NoteParts)
    transcripts = provide(SqlTranscripts, provides=Transcripts)
    findings = provide(SqlFindings, provides=Findings)
    clips = provide(SqlClips, provides=Clips)
    search = provide(SqlTranscriptSearch, provides=TranscriptSearch)
    parts = provide_all(NoteDesk, NoteRerun, FileRemoval, Gathering, Recognition, LocalReading)
    handlers = provide_all(
        *(AddVideoHandler, RemoveVideoHandler, StartNoteHandler, CancelNoteHandler),
        *(RetryNoteHandler, RestyleNoteHandler, RemoveNoteHandler, EditSegmentHandler),
        *(NameSpeakersHandler, NameClipHandler, OpenClipHandler, RemoveClipHandler),
        AskLibraryHandler,
    )
    job_handlers = provide_all(
        *(ProbeVideoHandler, ListenToVideoHandler, LookAtVideoHandler, TranscribeShardHandler),
        *(StitchTranscriptHandler, OutlineNoteHandler, ReadPassageHandler, ReduceNoteHandler),
        *(RenderNoteHandler, MendNotesHandler, MendNoteHandler),
    )

    @provide(scope=Scope.APP)
    async def media_children(self, settings: Settings) -> AsyncIterator[MediaChildren]:
        """They start when first needed, one for each file."""
        async with Children([media_kind(MEDIA, processes=_AT_ONCE)], settings.scratch_dir) as pool:
            yield MediaChildren(pool)

    @provide(scope=Scope.APP)
    def media_engine(
        self, children: MediaChildren, blobs: BlobStore, settings: Settings
    ) -> MediaEngine:
        return ChildMediaEngine(children, blobs, settings.longest_video_hours * 3_600_000)

    @provide(scope=Scope.APP)
    async def page_children(self, settings: Settings) -> AsyncIterator[PageChildren]:
        kind = page_kind(PAGES, processes=max(1, (os.cpu_count() or 1) // 2))
        async with Children([kind], settings.scratch_dir) as pool:
            yield PageChildren(pool)

    @provide(scope=Scope.APP)
    def printer(self, children: PageChildren, blobs: BlobStore) -> NotePrinter:
        return ChildNotePrinter(children, blobs)
