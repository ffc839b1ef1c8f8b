"""Every resource of the Notes product."""

from typing import Final

from entrypoints.http.clips import ClipsController, NoteClipsController
from entrypoints.http.library import LibraryController
from entrypoints.http.note_findings import NoteFindingsController
from entrypoints.http.notes import NotesController
from entrypoints.http.videos import VideosController

NOTE_RESOURCES: Final = (
    VideosController,
    NotesController,
    NoteFindingsController,
    NoteClipsController,
    ClipsController,
    LibraryController,
)
