"""What videos and notes look like on the wire; times are milliseconds from the video's start."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec

from domain.artifacts.artifact import ArtifactId
from domain.notes.note import Note, NoteOptions, NoteStatus, Stage
from domain.notes.parts import Part, PartState
from domain.notes.progress import of_stage, percent_of
from domain.notes.video import Video

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Title = Annotated[str, msgspec.Meta(max_length=200)]
EngineName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class VideoTrackResponse(msgspec.Struct):
    index: int
    codec: str
    width: int
    height: int
    rotation: int
    frame_rate: float
    variable_rate: bool


class AudioTrackResponse(msgspec.Struct):
    index: int
    codec: str
    language: str | None
    title: str | None
    channels: int
    default: bool


class CaptionTrackResponse(msgspec.Struct):
    index: int
    codec: str
    language: str | None
    title: str | None
    text: bool


class FactsResponse(msgspec.Struct):
    """`measured`: the length was counted, for the file does not say it or says it wrongly."""

    container: str
    duration_ms: int
    measured: bool
    video: VideoTrackResponse | None
    audio: tuple[AudioTrackResponse, ...]
    captions: tuple[CaptionTrackResponse, ...]
    audio_choice: int | None
    warnings: tuple[str, ...]


class VideoResponse(msgspec.Struct):
    """`facts` are known once a first note has looked into the file."""

    id: UUID
    title: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    artifact_id: UUID
    captions_id: UUID | None
    facts: FactsResponse | None
    created_by: UUID
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, video: Video) -> Self:
        same = {name: getattr(video, name) for name in _SAME_VIDEO}
        facts = video.facts
        return cls(
            **same,
            facts=None
            if facts is None
            else msgspec.convert(facts, FactsResponse, from_attributes=True),
            created_by=video.user_id,
        )


_SAME_VIDEO = (
    *("id", "title", "file_name", "media_type", "size", "sha256", "artifact_id", "captions_id"),
    *("created_at", "updated_at"),
)


class VideoRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`artifact_id` of an upload; `captions_id` of an .srt, .vtt or .ass file that goes with it."""

    artifact_id: UUID
    captions_id: UUID | None = None
    title: Title = ""

    @property
    def captions(self) -> ArtifactId | None:
        return None if self.captions_id is None else ArtifactId(self.captions_id)


class OptionsRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Languages as ISO 639; without one it is found out. `captions`: take those of the file.

    `engines` are `auto` or one of those that the installation has.
    """

    style: Annotated[str, msgspec.Meta(max_length=32)] = "study"
    note_language: Language | None = None
    speech_language: Language | None = None
    audio_track: Annotated[int, msgspec.Meta(ge=0, le=999)] | None = None
    captions: bool = True
    screenshots: Annotated[int, msgspec.Meta(ge=0, le=200)] | None = None
    speakers: bool = False
    transcriber: EngineName = "auto"
    model: EngineName = "auto"

    def options(self) -> NoteOptions:
        return msgspec.convert(self, NoteOptions, from_attributes=True)


class NoteRequest(msgspec.Struct, forbid_unknown_fields=True):
    video_id: UUID
    title: Title = ""
    options: OptionsRequest = msgspec.field(default_factory=OptionsRequest)


class StyleRequest(msgspec.Struct, forbid_unknown_fields=True):
    style: Annotated[str, msgspec.Meta(max_length=32)]


class WarningResponse(msgspec.Struct):
    code: str
    message: str
    facts: dict[str, Any]


class StageResponse(msgspec.Struct):
    """`wall_ms` and `cpu_ms` are what its parts took together."""

    stage: Stage
    parts: int
    done: int
    failed: int
    wall_ms: int
    cpu_ms: int

    @classmethod
    def of(cls, stage: Stage, parts: Sequence[Part]) -> Self:
        return cls(
            stage=stage,
            parts=len(parts),
            done=sum(part.state is PartState.DONE for part in parts),
            failed=sum(part.state is PartState.FAILED for part in parts),
            wall_ms=sum(part.wall_ms for part in parts),
            cpu_ms=sum(part.cpu_ms for part in parts),
        )


class NoteLineResponse(msgspec.Struct):
    id: UUID
    video_id: UUID
    title: str
    status: NoteStatus
    run: int
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, note: Note) -> Self:
        return cls(**_line(note))


class NoteResponse(msgspec.Struct):
    """`outputs` are artifacts by name: `/v1/artifacts/{id}/download`.

    A degraded note is finished; its warnings say what is missing, and a retry makes it.
    """

    id: UUID
    video_id: UUID
    title: str
    status: NoteStatus
    run: int
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    job_id: UUID | None
    percent: int
    stages: tuple[StageResponse, ...]
    options: dict[str, Any]
    engines: dict[str, dict[str, str]]
    speakers: dict[str, str]
    warnings: tuple[WarningResponse, ...]
    error: dict[str, Any] | None
    outputs: dict[str, UUID]

    @classmethod
    def of(cls, note: Note, parts: Sequence[Part]) -> Self:
        staged = [(stage, of_stage(parts, stage)) for stage in Stage]
        return cls(
            **_line(note),
            job_id=note.root_job_id,
            percent=100 if note.status.is_over else percent_of(parts),
            stages=tuple(StageResponse.of(stage, mine) for stage, mine in staged if mine),
            options=msgspec.to_builtins(note.options),
            engines={stage: dict(by) for stage, by in note.engines.items()},
            speakers=dict(note.speakers),
            warnings=tuple(
                WarningResponse(code=each.code, message=each.message, facts=dict(each.facts))
                for each in note.warnings
            ),
            error=None if note.error is None else dict(note.error),
            outputs={name: UUID(artifact) for name, artifact in note.outputs.items()},
        )


def _line(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "video_id": note.video_id,
        "title": note.title,
        "status": note.status,
        "run": note.run,
        "created_by": note.user_id,
        "created_at": note.created_at,
        "updated_at": note.updated_at,
        "finished_at": note.finished_at,
    }
