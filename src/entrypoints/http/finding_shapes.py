"""What was found in videos, on the wire: words, chapters, pictures, clips, answers."""

from typing import Annotated, Self
from uuid import UUID

import msgspec

from domain.notes.frames import FrameKind, Screenshot
from domain.notes.highlight import Match
from domain.notes.page import image_name
from domain.notes.transcript import MinuteState, Origin
from entrypoints.http.note_shapes import EngineName, Title


class WordResponse(msgspec.Struct):
    start_ms: int
    end_ms: int
    text: str
    estimated: bool


class SegmentResponse(msgspec.Struct):
    """`estimated` words got their times from the line they stand in."""

    number: int
    start_ms: int
    end_ms: int
    text: str
    words: tuple[WordResponse, ...]
    speaker: str | None
    language: str | None
    edited: bool

    @classmethod
    def of(cls, segment: object) -> Self:
        return msgspec.convert(segment, cls, from_attributes=True)


class SegmentRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`expected`: the text as it was when you read it, if nobody else may have been faster."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000)]
    speaker: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    expected: Annotated[str, msgspec.Meta(max_length=10_000)] | None = None


class SpeakersRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Names by the labels that the transcript has."""

    names: Annotated[
        dict[
            Annotated[str, msgspec.Meta(max_length=80)],
            Annotated[str, msgspec.Meta(max_length=80)],
        ],
        msgspec.Meta(max_length=100),
    ]


class MinuteResponse(msgspec.Struct):
    number: int
    state: MinuteState
    speech_ms: int
    segments: int
    summarised: bool


class ChapterResponse(msgspec.Struct):
    number: int
    start_ms: int
    end_ms: int
    title: str
    summary: str


class GroundingResponse(msgspec.Struct):
    match: Match
    similarity: float
    estimated: bool


class HighlightResponse(msgspec.Struct):
    """`quote` is what was said, word for word; the times are those of its words."""

    number: int
    start_ms: int
    end_ms: int
    title: str
    quote: str
    why: str
    segments: tuple[int, ...]
    grounding: GroundingResponse


class ScreenshotResponse(msgspec.Struct):
    """`file` is its name beside Summary.md."""

    number: int
    file: str
    image_id: UUID
    at_ms: int
    chapter: int
    kind: FrameKind
    width: int
    height: int
    caption: str

    @classmethod
    def of(cls, shot: Screenshot) -> Self:
        same = {name: getattr(shot, name) for name in cls.__struct_fields__ if name != "file"}
        return cls(file=image_name(shot), **same)


class ClipRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A span, or a highlight by number."""

    start_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    end_ms: Annotated[int, msgspec.Meta(gt=0)] | None = None
    highlight: Annotated[int, msgspec.Meta(ge=1)] | None = None
    title: Title = ""


class ClipResponse(msgspec.Struct):
    """`fragment` names the span in a player: append it to the video's address."""

    id: UUID
    note_id: UUID
    start_ms: int
    end_ms: int
    title: str
    fragment: str
    ready: bool


class TranscriptResponse(msgspec.Struct):
    language: str | None
    origin: Origin
    engine: str
    model: str
    word_times: bool
    segments: tuple[SegmentResponse, ...]


class HitResponse(msgspec.Struct):
    note_id: UUID
    video_id: UUID
    title: str
    segment: SegmentResponse
    rank: float


class AskRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`notes` narrows the library down; `model` as in notes."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
    notes: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=100)] = ()
    model: EngineName = "auto"


class CitationResponse(msgspec.Struct):
    note_id: UUID
    title: str
    start_ms: int
    end_ms: int
    quote: str
    segments: tuple[int, ...]
    grounding: GroundingResponse


class StatementResponse(msgspec.Struct):
    text: str
    citations: tuple[CitationResponse, ...]


class AnswerResponse(msgspec.Struct):
    """Without statements: nothing in the library answers it."""

    statements: tuple[StatementResponse, ...]
    engine: str
    model: str
    extractive: bool
    dropped: int
