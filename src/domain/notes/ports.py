"""What notes need from the outside: their records, and engines that look, listen and read."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.artifacts.ports import BlobInfo
from domain.identity.access import WorkspaceId
from domain.kernel.pages import Page, PageRequest
from domain.notes.clip import Clip, ClipId
from domain.notes.frames import Cutting, Picture, Screenshot, Sighting
from domain.notes.highlight import Highlight
from domain.notes.library import Hit
from domain.notes.media import Listening, MediaFacts, Span
from domain.notes.note import Note, NoteId, NoteStatus, Stage
from domain.notes.outline import Chapter
from domain.notes.parts import Landed, Part
from domain.notes.printing import Printed, PrintOrder
from domain.notes.transcript import Segment, Transcript
from domain.notes.video import Video, VideoId

Tell = Callable[[int], Awaitable[None]]  # milliseconds of the video that are done


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenOrder:
    """Where the sound is, and where its shards go: `{prefix}/audio-00000.flac` and so on.

    Shards are `shard_ms` long or a little less, cut at silence; `longest_ms` bounds every one.
    """

    source_key: str
    facts: MediaFacts
    prefix: str
    shard_ms: int
    longest_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrabOrder:
    """Frames at or just after these times, as JPEG of at most `width` pixels."""

    source_key: str
    facts: MediaFacts
    prefix: str
    times_ms: tuple[int, ...]
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOrder:
    source_key: str
    facts: MediaFacts
    span: Span
    key: str


class MediaEngine(Protocol):
    """Opens media files in child processes without network; `source_key` is a stored object.

    Raises BlobNotFound, NotMedia, DamagedMedia, MediaTooLong, and what children fail with.
    """

    @abstractmethod
    async def probe(
        self, source_key: str, *, language: str | None, track: int | None
    ) -> MediaFacts:
        """Raises NothingToNote, UnknownTrack. `language` and `track` guide the choice of sound."""

    @abstractmethod
    async def listen(self, order: ListenOrder, tell: Tell) -> Listening:
        """Sound on the note's clock: late starts and gaps are silence. Needs an audio choice."""

    @abstractmethod
    async def look(self, source_key: str, facts: MediaFacts, tell: Tell) -> Sighting:
        """Candidates for screenshots, in order of time. Needs a video track."""

    @abstractmethod
    async def grab(self, order: GrabOrder) -> tuple[Picture, ...]:
        """One picture a time, in their order; times past the end give the last frame."""

    @abstractmethod
    async def cut(self, order: CutOrder) -> Cutting:
        """An MP4 (or M4A where there is no picture) of exactly that span, to within a frame."""

    @abstractmethod
    async def captions(self, source_key: str, facts: MediaFacts, track: int) -> tuple[Segment, ...]:
        """The captions of a text track; markup removed, lines joined, words estimated."""


class NotePrinter(Protocol):
    @abstractmethod
    async def print(self, order: PrintOrder) -> Printed:
        """The page as one HTML file with its pictures inside, as DOCX and as PDF.

        Raises what children fail with; nothing in the page is executed or fetched.
        """

    @abstractmethod
    async def bundle(self, files: Mapping[str, str], key: str) -> BlobInfo:
        """A ZIP of stored objects by their names in it; the same objects give the same bytes."""


class TextAnalyst(Protocol):
    """Reads text without a model; every answer is a matter of the words alone, and repeatable."""

    @abstractmethod
    async def sentences(self, text: str, language: str | None) -> tuple[str, ...]: ...

    @abstractmethod
    async def rank(self, sentences: Sequence[str], language: str | None) -> tuple[float, ...]:
        """How central each sentence is, 0 to 1."""

    @abstractmethod
    async def shifts(self, texts: Sequence[str]) -> tuple[float, ...]:
        """How much the topic changes before each text, 0 to 1; the first is 0."""

    @abstractmethod
    async def terms(
        self, texts: Sequence[str], language: str | None, most: int
    ) -> tuple[tuple[str, int], ...]:
        """Key terms, the best first, each with the index of the text that says most of it."""

    @abstractmethod
    async def topics(
        self, groups: Sequence[Sequence[str]], language: str | None, most: int
    ) -> tuple[tuple[str, ...], ...]:
        """The key terms of each group that tell it from the others, the best first."""


class Videos(Protocol):
    @abstractmethod
    def add(self, video: Video) -> None: ...

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, video_id: VideoId) -> Video:
        """Raises VideoNotFound."""

    @abstractmethod
    async def with_content(self, workspace_id: WorkspaceId, sha256: str) -> Video | None:
        """The one that is this very file."""

    @abstractmethod
    async def page(self, workspace_id: WorkspaceId, request: PageRequest) -> Page[Video]:
        """Newest first."""

    @abstractmethod
    async def remove(self, video: Video) -> None:
        """Raises VideoInUse where notes were made of it."""


class Notes(Protocol):
    @abstractmethod
    def add(self, note: Note) -> None: ...

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, note_id: NoteId) -> Note:
        """Raises NoteNotFound."""

    @abstractmethod
    async def lock(self, workspace_id: WorkspaceId, note_id: NoteId) -> Note:
        """As `get`, and until the commit nobody else changes it: stages meet here."""

    @abstractmethod
    async def page(
        self,
        workspace_id: WorkspaceId,
        request: PageRequest,
        *,
        video_id: VideoId | None = None,
        status: NoteStatus | None = None,
    ) -> Page[Note]:
        """Newest first."""

    @abstractmethod
    async def remove(self, note: Note) -> None:
        """With all that was found; the files it made are the caller's business."""

    @abstractmethod
    async def stalled(self, patience: timedelta) -> tuple[tuple[WorkspaceId, NoteId], ...]:
        """Notes of all workspaces that wait for something that no job is doing."""


class NoteParts(Protocol):
    """What stages made, of the newest run; in the caller's transaction."""

    @abstractmethod
    async def plan(self, note: Note, parts: Sequence[Part]) -> tuple[Part, ...]:
        """These parts are due; answers those that must be made.

        One whose `input` equals that of a done part of an earlier run is taken over as it is.
        """

    @abstractmethod
    async def of(self, note: Note, stage: Stage) -> tuple[Part, ...]:
        """In the order of shards."""

    @abstractmethod
    async def all(self, note: Note) -> tuple[Part, ...]: ...

    @abstractmethod
    async def reopen(
        self, note: Note, stages: Sequence[Stage], shards: Sequence[int] | None = None
    ) -> int:
        """These parts are due again, whatever they were; `shards` narrows one stage down.

        Answers how many there are.
        """

    @abstractmethod
    async def land(self, note: Note, part: Part) -> Landed:
        """A part is done or given up; exactly one caller hears LAST.

        Locks the note, and only one that is being made: finish it afterwards.
        """


class Transcripts(Protocol):
    @abstractmethod
    async def replace(self, note: Note, transcript: Transcript) -> None: ...

    @abstractmethod
    async def get(self, note: Note) -> Transcript:
        """Raises NoteNotReady."""

    @abstractmethod
    async def head(self, note: Note) -> Transcript:
        """Without its segments. Raises NoteNotReady."""

    @abstractmethod
    async def segments(self, note: Note, *, after: int, limit: int) -> tuple[Segment, ...]: ...

    @abstractmethod
    async def edit(self, note: Note, segment: Segment) -> None:
        """Raises SegmentNotFound."""


class Findings(Protocol):
    """What a note shows of its video, in rows of their own, so that they can be asked for."""

    @abstractmethod
    async def set_chapters(self, note: Note, chapters: Sequence[Chapter]) -> None: ...

    @abstractmethod
    async def chapters(self, note: Note) -> tuple[Chapter, ...]: ...

    @abstractmethod
    async def set_highlights(self, note: Note, highlights: Sequence[Highlight]) -> None: ...

    @abstractmethod
    async def highlights(self, note: Note) -> tuple[Highlight, ...]: ...

    @abstractmethod
    async def set_screenshots(self, note: Note, screenshots: Sequence[Screenshot]) -> None: ...

    @abstractmethod
    async def screenshots(self, note: Note) -> tuple[Screenshot, ...]: ...


class Clips(Protocol):
    @abstractmethod
    async def add(self, clip: Clip) -> None:
        """Raises ClipExists."""

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, clip_id: ClipId) -> Clip:
        """Raises ClipNotFound."""

    @abstractmethod
    async def of(self, note: Note) -> tuple[Clip, ...]:
        """By time."""

    @abstractmethod
    async def find(self, note: Note, span: Span) -> Clip | None: ...

    @abstractmethod
    async def remove(self, clip: Clip) -> None: ...


class TranscriptSearch(Protocol):
    """Over all transcripts of the session's workspace."""

    @abstractmethod
    async def find(
        self, workspace_id: WorkspaceId, query: str, *, limit: int, notes: Sequence[NoteId] = ()
    ) -> tuple[Hit, ...]:
        """Segments with all the words (quotes, OR and - as in web searches), the best first.

        Words are found as they stand and by their stems. `notes` narrows it down.
        """

    @abstractmethod
    async def find_any(
        self, workspace_id: WorkspaceId, query: str, *, limit: int, notes: Sequence[NoteId] = ()
    ) -> tuple[Hit, ...]:
        """Segments with any of the words, the more and the rarer the better."""
