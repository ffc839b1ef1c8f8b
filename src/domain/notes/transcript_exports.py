"""A transcript as the files people take away: JSON, SubRip, WebVTT, text and Markdown."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Final

from domain.notes.timestamps import clock, subrip, webvtt
from domain.notes.transcript import Segment, Transcript
from domain.notes.writing import one_line

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>#|~$&])")
_LIST: Final = re.compile(r"^(\d{0,9})([-+=.)])")
_SHORTEST_MS: Final = 1


class TranscriptFormat(StrEnum):
    JSON = "json"
    SUBRIP = "srt"
    WEBVTT = "vtt"
    TEXT = "txt"
    MARKDOWN = "md"


def exported(
    transcript: Transcript, format_: TranscriptFormat, names: Mapping[str, str] | None = None
) -> str:
    """`names` are what people call the speakers that the transcript has labels for."""
    return _WRITERS[format_](transcript, names or {})


def as_json(transcript: Transcript, names: Mapping[str, str]) -> str:
    """Everything there is, with times in milliseconds."""
    facts = {
        "language": transcript.language,
        "origin": transcript.origin.value,
        "engine": transcript.engine,
        "model": transcript.model,
        "word_times": transcript.word_times,
        "segments": [
            asdict(segment) | {"speaker": _speaker(segment, names)}
            for segment in transcript.segments
        ],
    }
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n"


def as_subrip(transcript: Transcript, names: Mapping[str, str]) -> str:
    """Text that looks like a line of times would end a caption, so its arrow is shortened."""
    cues = []
    for number, segment in enumerate(transcript.segments, start=1):
        times = f"{subrip(segment.start_ms)} --> {subrip(_end(segment))}"
        text = _told(segment, names).replace("-->", "->")
        cues.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(cues)


def as_webvtt(transcript: Transcript, names: Mapping[str, str]) -> str:
    cues = ["WEBVTT\n"]
    for segment in transcript.segments:
        times = f"{webvtt(segment.start_ms)} --> {webvtt(_end(segment))}"
        speaker = _speaker(segment, names)
        voice = f"<v {_escaped(speaker)}>" if speaker else ""
        cues.append(f"{segment.number}\n{times}\n{voice}{_escaped(one_line(segment.text))}\n")
    return "\n".join(cues)


def as_text(transcript: Transcript, names: Mapping[str, str]) -> str:
    return "".join(f"{_told(segment, names)}\n" for segment in transcript.segments)


def as_markdown(transcript: Transcript, names: Mapping[str, str]) -> str:
    """Each segment behind its time, which is a link to that place of the video."""
    lines = []
    for segment in transcript.segments:
        link = f"[{clock(segment.start_ms)}](#t={segment.start_ms // 1_000})"
        speaker = _speaker(segment, names)
        voice = f"**{markdown_text(speaker)}:** " if speaker else ""
        lines.append(f"{link} {voice}{markdown_text(segment.text)}\n")
    return "\n".join(lines)


def markdown_text(text: str) -> str:
    """`text` such that Markdown shows it as it is, at the beginning of a line too."""
    return _LIST.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", one_line(text)))


def _speaker(segment: Segment, names: Mapping[str, str]) -> str | None:
    if segment.speaker is None:
        return None
    return one_line(names.get(segment.speaker, segment.speaker)) or None


def _told(segment: Segment, names: Mapping[str, str]) -> str:
    speaker = _speaker(segment, names)
    return f"{speaker}: {one_line(segment.text)}" if speaker else one_line(segment.text)


def _end(segment: Segment) -> int:
    """Players leave out captions that take no time."""
    return max(segment.end_ms, segment.start_ms + _SHORTEST_MS)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_WRITERS: Final[Mapping[TranscriptFormat, Callable[[Transcript, Mapping[str, str]], str]]] = {
    TranscriptFormat.JSON: as_json,
    TranscriptFormat.SUBRIP: as_subrip,
    TranscriptFormat.WEBVTT: as_webvtt,
    TranscriptFormat.TEXT: as_text,
    TranscriptFormat.MARKDOWN: as_markdown,
}
