"""The stages of a note as commands: each ends by asking for the next, so they stand together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.notes.note import NoteId, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCommand:
    """Work on one part of a note, asked for in one of its runs."""

    note_id: NoteId
    run: int
    shard: int = 0


class ProbeVideo(StageCommand):
    __slots__ = ()


class ListenToVideo(StageCommand):
    __slots__ = ()


class TranscribeShard(StageCommand):
    __slots__ = ()


class StitchTranscript(StageCommand):
    __slots__ = ()


class LookAtVideo(StageCommand):
    __slots__ = ()


class OutlineNote(StageCommand):
    __slots__ = ()


class ReadPassage(StageCommand):
    __slots__ = ()


class ReduceNote(StageCommand):
    __slots__ = ()


class RenderNote(StageCommand):
    __slots__ = ()


COMMAND_OF: Final[Mapping[Stage, type[StageCommand]]] = {
    Stage.PROBE: ProbeVideo,
    Stage.AUDIO: ListenToVideo,
    Stage.SPEECH: TranscribeShard,
    Stage.STITCH: StitchTranscript,
    Stage.FRAMES: LookAtVideo,
    Stage.CHAPTERS: OutlineNote,
    Stage.MAP: ReadPassage,
    Stage.REDUCE: ReduceNote,
    Stage.RENDER: RenderNote,
}
STAGE_OF: Final = {command: stage for stage, command in COMMAND_OF.items()}
