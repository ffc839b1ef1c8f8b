"""What goes to a child and comes back; files are names inside the scratch folder."""

import msgspec

from domain.ai.speech import HeardSegment


class HearCall(msgspec.Struct):
    """`language` None: find out, if the engine can."""

    file: str
    language: str | None


class HearAnswer(msgspec.Struct):
    """As in `Heard`; `audio_ms` is how long the file really is."""

    segments: tuple[HeardSegment, ...]
    language: str | None
    certainty: float | None
    speech: tuple[tuple[int, int], ...]
    audio_ms: int


class SentencesCall(msgspec.Struct):
    text: str
    language: str | None


class TextsCall(msgspec.Struct):
    texts: list[str]
    language: str | None = None


class TermsCall(msgspec.Struct):
    texts: list[str]
    language: str | None
    most: int


class TopicsCall(msgspec.Struct):
    groups: list[list[str]]
    language: str | None
    most: int
