"""A note: everything that was made from one video, and how far that has come."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from domain.artifacts.artifact import ArtifactId
from domain.identity.access import UserId, WorkspaceId
from domain.jobs.job import JobId
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.notes.video import VideoId

NoteId = NewType("NoteId", UUID)


class NoteNotFound(NotFound):
    code = "notes.note-not-found"


class NoteNotReady(Conflict):
    """What was asked for is not made yet; facts: `status`."""

    code = "notes.not-ready"


class NoteNotRunning(Conflict):
    """It is over: there is nothing to cancel; facts: `status`."""

    code = "notes.not-running"


class NothingToRetry(Conflict):
    """No part of this note failed; facts: `status`."""

    code = "notes.nothing-to-retry"


class NoteStopped(Invalid):
    """A stage without which there is no note failed for good; facts: `stage`, `stopped_by`."""

    code = "notes.stopped"


class UnknownStyle(Invalid):
    """Facts: `style`, `styles`."""

    code = "notes.unknown-style"


class NoteStatus(StrEnum):
    """A degraded note is finished and says what is missing; its failed parts can be retried."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCESS = "success"
    DEGRADED = "degraded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self not in {NoteStatus.QUEUED, NoteStatus.PROCESSING}


class Stage(StrEnum):
    """The parts a note is made of, in the order people see; most are one job, three are shards."""

    PROBE = "probe"
    AUDIO = "audio"
    SPEECH = "speech"
    STITCH = "stitch"
    FRAMES = "frames"
    CHAPTERS = "chapters"
    MAP = "map"
    REDUCE = "reduce"
    RENDER = "render"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOptions:
    """What was asked for. `speech_language` None: found out; `note_language` None: as spoken.

    `engine` names are those of the settings, `auto` the best there is. `captions`: a caption track
    or file is taken instead of listening.
    """

    style: str = "study"
    note_language: str | None = None
    speech_language: str | None = None
    audio_track: int | None = None
    captions: bool = True
    screenshots: int | None = None  # at most; None: as many as there are chapters and slides
    speakers: bool = False  # tell them apart, where an engine can
    transcriber: str = "auto"
    model: str = "auto"


@dataclass(frozen=True, slots=True)
class Warned:
    """Something is missing or doubtful, and the note says so; `facts` are for machines.

    It holds until `stage`, which found it, is done again.
    """

    code: str
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)
    stage: str = ""


@dataclass(eq=False, kw_only=True)
class Note:
    """`artifact_id` is the media file its times lie in. `run` counts retries and re-renderings.

    `engines` says by stage who did it (engine, model, prompt pack); `speakers` maps labels of the
    transcript to names people gave. `outputs` are artifacts by name, such as `summary.md`.
    """

    id: NoteId
    workspace_id: WorkspaceId
    video_id: VideoId
    artifact_id: ArtifactId
    user_id: UserId
    title: str
    options: NoteOptions
    status: NoteStatus = NoteStatus.QUEUED
    run: int = 1
    root_job_id: JobId | None = None
    engines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    speakers: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Warned, ...] = ()
    error: Mapping[str, object] | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None

    def started(self, root: JobId, now: datetime) -> None:
        self.root_job_id, self.status = root, NoteStatus.PROCESSING
        self.finished_at, self.error, self.updated_at = None, None, now

    def require_running(self) -> None:
        if self.status.is_over:
            raise NoteNotRunning(f"This note is {self.status} already.", status=self.status.value)

    def require_over(self) -> None:
        if not self.status.is_over:
            raise NoteNotReady("This note is still being made.", status=self.status.value)

    def wants(self, run: int) -> bool:
        """Work that was asked for in this run is still wanted."""
        return self.status is NoteStatus.PROCESSING and self.run == run

    def again(self, opened: Mapping[Stage, Collection[int] | None], now: datetime) -> None:
        """A further run begins, in which these shards (None: all) of stages are done again."""
        self.require_over()
        self.run, self.status, self.updated_at = self.run + 1, NoteStatus.QUEUED, now
        self.finished_at, self.error = None, None
        self.warnings = tuple(each for each in self.warnings if not _settled_by(opened, each))

    def warn(self, warned: Warned) -> None:
        """Once a code and facts."""
        if warned not in self.warnings:
            self.warnings = (*self.warnings, warned)

    def credit(self, stage: Stage, **by: str) -> None:
        self.engines = {**self.engines, stage.value: by}

    def finish(self, outputs: Mapping[str, str], now: datetime) -> None:
        degraded = any(warned.code in DEGRADING for warned in self.warnings)
        self.outputs = dict(outputs)
        self.status = NoteStatus.DEGRADED if degraded else NoteStatus.SUCCESS
        self.finished_at = self.updated_at = now

    def fail(self, error: Mapping[str, object], now: datetime) -> None:
        self.status, self.error = NoteStatus.FAILED, dict(error)
        self.finished_at = self.updated_at = now

    def cancel(self, now: datetime) -> None:
        self.require_running()
        self.status, self.finished_at, self.updated_at = NoteStatus.CANCELLED, now, now

    def output_ids(self) -> tuple[ArtifactId, ...]:
        return tuple(ArtifactId(UUID(each)) for each in self.outputs.values())

    def with_style(self, style: str) -> None:
        self.options = replace(self.options, style=style)


def _settled_by(opened: Mapping[Stage, Collection[int] | None], warned: Warned) -> bool:
    """What is done again says anew what it misses; a shard that is left alone is still missing."""
    if warned.stage not in opened:
        return False
    shards = opened[Stage(warned.stage)]
    return shards is None or warned.facts.get("shard") in shards


DEGRADING: Final = frozenset(
    {
        "notes.speech-failed",
        "notes.map-failed",
        "notes.frames-failed",
        "notes.model-failed",
        "notes.truncated",
    }
)
