"""Captions inside a file as segments: markup away, lines joined, words spread over their time."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from adapters.media.messages import CaptionsCall
from adapters.media.opening import opened, packets
from domain.notes.media import UnknownTrack
from domain.notes.transcript import Segment, Word

_MARKUP: Final = re.compile(r"\{\\[^}]*\}|<[^<>]{0,200}>")
_BREAKS: Final = re.compile(r"\\[Nnh]|\s+")
_ASS_FIELDS: Final = 8  # commas before the text of a line of ASS, as decoders give it
_DEFAULT_MS: Final = 3000  # where no end is told and no caption follows
_LONGEST_MS: Final = 10_000

Line = tuple[int, int, str]


def captions(path: Path, call: CaptionsCall) -> tuple[Segment, ...]:
    """In order of time. Raises NotMedia, DamagedMedia, UnknownTrack."""
    with opened(path) as container:
        streams = {stream.index: stream for stream in container.streams.subtitles}
        stream = streams.get(call.track)
        if stream is None:
            raise UnknownTrack(
                "There is no such caption track.", track=call.track, tracks=sorted(streams)
            )
        lines = sorted(
            line for packet in packets(container, stream) for line in _lines(packet, call.offset_ms)
        )
    return segments(lines)


def segments(lines: list[Line]) -> tuple[Segment, ...]:
    ended = [
        (start, end or min(following[0], start + _LONGEST_MS), text)
        for (start, end, text), following in pairwise([*lines, _after(lines)])
    ]
    kept = [line for n, line in enumerate(ended) if not n or line[0::2] != ended[n - 1][0::2]]
    return tuple(
        Segment(number=number, start_ms=start, end_ms=end, text=text, words=spread(*line))
        for number, line in enumerate(kept, 1)
        for start, end, text in [line]
    )


def _after(lines: list[Line]) -> Line:
    return (lines[-1][0] + _DEFAULT_MS, 0, "") if lines else (0, 0, "")


def _lines(packet: "Packet[Stream]", offset_ms: int) -> Iterator[Line]:
    if packet.pts is None or packet.time_base is None:
        return
    start = round(packet.pts * packet.time_base * 1000) - offset_ms
    length = round((packet.duration or 0) * packet.time_base * 1000)
    try:
        found = packet.decode()
    except (FFmpegError, UnicodeDecodeError):
        return
    said = " ".join(filter(None, (plain(_text(each)) for each in found)))
    if said:
        yield max(0, start), max(0, start) + length if length else 0, said


def _text(subtitle: object) -> str:
    raw = getattr(subtitle, "ass", b"") or b""
    line = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    return line.split(",", _ASS_FIELDS)[-1]


def plain(text: str) -> str:
    return _BREAKS.sub(" ", _MARKUP.sub("", text)).replace("&nbsp;", " ").strip()


def spread(start_ms: int, end_ms: int, text: str) -> tuple[Word, ...]:
    """Each word gets time by its letters; nobody said when it really was spoken."""
    words = text.split()
    weights = [len(word) + 1 for word in words]
    whole, done, found = Fraction(end_ms - start_ms, max(1, sum(weights))), 0, []
    for word, weight in zip(words, weights, strict=True):
        sooner, later = round(done * whole), round((done + weight) * whole)
        found.append(
            Word(start_ms=start_ms + sooner, end_ms=start_ms + later, text=word, estimated=True)
        )
        done += weight
    return tuple(found)
