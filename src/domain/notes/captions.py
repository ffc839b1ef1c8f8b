"""Caption files (SubRip, WebVTT, ASS) into segments; whatever is in them, it is only text."""

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from domain.kernel.errors import Invalid, TooLarge
from domain.notes.caption_markup import ass_text, bare_text, speaker_of
from domain.notes.media import Span
from domain.notes.stitching import SaidWord, segments_of
from domain.notes.timestamps import read_clock
from domain.notes.transcript import Segment
from domain.notes.word_times import spread, straight

MOST_BYTES: Final = 32 << 20
MOST_CUES: Final = 200_000
_LONGEST_LINE: Final = 10_000
_LONGEST_CUE_MS: Final = 60_000
_ARROW: Final = "-->"
_MARKS: Final = (  # the longer ones first: that of UTF-32 begins as that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NotCaptions(Invalid):
    """There is not one caption with a time in it."""

    code = "notes.not-captions"


class CaptionsTooLarge(TooLarge):
    code = "notes.captions-too-large"


class CaptionFormat(StrEnum):
    SUBRIP = "srt"
    WEBVTT = "vtt"
    ASS = "ass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One caption as it stands in its file; `text` has no markup and no line breaks left."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionFile:
    """`skipped`: captions whose times or text are of no use."""

    format: CaptionFormat
    encoding: str
    cues: tuple[Cue, ...]
    skipped: int


def read_captions(content: bytes) -> CaptionFile:
    """Raises NotCaptions, CaptionsTooLarge."""
    if len(content) > MOST_BYTES:
        raise CaptionsTooLarge("A caption file has at most 32 MB.", limit=MOST_BYTES)
    text, encoding = decoded(content)
    lines = [line[:_LONGEST_LINE] for line in text.splitlines()]
    format_ = _format(lines)
    raw = _ass(lines) if format_ is CaptionFormat.ASS else _timed(lines, format_)
    cues, skipped = [], 0
    for cue in raw:
        if cue is None or not cue.text or cue.end_ms <= 0:
            skipped += 1
        else:
            cues.append(replace(cue, start_ms=max(cue.start_ms, 0)))
        if len(cues) > MOST_CUES:
            raise CaptionsTooLarge(f"A file has at most {MOST_CUES} captions.", limit=MOST_CUES)
    if not cues:
        raise NotCaptions("There are no captions in this file; SubRip, WebVTT and ASS are read.")
    return CaptionFile(
        format=format_,
        encoding=encoding,
        cues=tuple(sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))),
        skipped=skipped,
    )


def decoded(content: bytes) -> tuple[str, str]:
    """By its mark, else UTF-8 if it is that, else UTF-16 if half of it is zeros, else cp1252."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), encoding
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return text, "utf-8"
    head = content[:4_000]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) > len(zeros) / 2:
            return content.decode(encoding, errors="replace"), encoding
    return content.decode("cp1252", errors="replace"), "cp1252"


def caption_segments(cues: Sequence[Cue], duration_ms: int | None = None) -> tuple[Segment, ...]:
    """Sentences of the captions, each word with an estimated time inside its caption.

    Captions that overlap are put one after the other, repeated lines are told once, and nothing
    stands beyond `duration_ms`.
    """
    said: list[SaidWord] = []
    for cue in _in_turn(_once(cues), duration_ms):
        line = Span(start_ms=cue.start_ms, end_ms=cue.end_ms)
        words = straight(spread(cue.text, line, ()), line)
        said += [SaidWord(word=word, speaker=cue.speaker) for word in words]
    return segments_of(said)


def _once(cues: Iterable[Cue]) -> Iterable[Cue]:
    """Rolling captions show a line again while the next one comes in."""
    before: Cue | None = None
    for cue in cues:
        now = cue
        if before is not None and cue.start_ms <= before.end_ms + 100:
            if cue.text == before.text:
                before = replace(before, end_ms=max(before.end_ms, cue.end_ms))
                continue
            if cue.text.startswith(f"{before.text} "):
                now = replace(cue, text=cue.text.removeprefix(before.text).strip())
        if before is not None:
            yield before
        before = now
    if before is not None:
        yield before


def _in_turn(cues: Iterable[Cue], duration_ms: int | None) -> Iterable[Cue]:
    waiting: Cue | None = None
    for cue in cues:
        if duration_ms is not None and cue.start_ms >= duration_ms:
            continue
        end = min(cue.end_ms, cue.start_ms + _LONGEST_CUE_MS)
        if duration_ms is not None:
            end = min(end, duration_ms)
        now = replace(cue, end_ms=max(end, cue.start_ms + 1))
        if waiting is not None:
            yield replace(waiting, end_ms=max(min(waiting.end_ms, now.start_ms), waiting.start_ms))
        waiting = now
    if waiting is not None:
        yield waiting


def _format(lines: Sequence[str]) -> CaptionFormat:
    first = next((line.strip("\ufeff ") for line in lines if line.strip("\ufeff ")), "")
    if first == "WEBVTT" or first.startswith(("WEBVTT ", "WEBVTT\t")):
        return CaptionFormat.WEBVTT
    if any(line.startswith("Dialogue:") for line in lines):
        return CaptionFormat.ASS
    return CaptionFormat.SUBRIP


def _timed(lines: Sequence[str], format_: CaptionFormat) -> Iterable[Cue | None]:
    """SubRip and WebVTT: a line of times, then text until an empty line or the next times."""
    times: tuple[int, int] | None = None
    text: list[str] = []
    closed = False
    for at, line in enumerate(lines):
        found = _times(line)
        if found is not None:
            if times is not None:
                yield _cue(times, text)
            times, text, closed = found, [], False
        elif _ARROW in line and times is None:
            yield None
        elif not line.strip():
            closed = True
        elif times is not None and not (closed and _is_label(lines, at, format_)):
            text.append(line)
    if times is not None:
        yield _cue(times, text)


def _is_label(lines: Sequence[str], at: int, format_: CaptionFormat) -> bool:
    """After an empty line: the number of what follows, or a block that is not shown.

    SubRip texts may have empty lines in them, so what is neither goes on.
    """
    follows = at + 1 < len(lines) and _ARROW in lines[at + 1]
    return format_ is CaptionFormat.WEBVTT or follows or lines[at].strip().isdecimal()


def _times(line: str) -> tuple[int, int] | None:
    left, arrow, right = line.partition(_ARROW)
    if not arrow:
        return None
    start, end = _time(left.strip()), _time(right.split(maxsplit=1)[0] if right.strip() else "")
    return None if start is None or end is None or end < start else (start, end)


def _time(text: str) -> int | None:
    ms = read_clock(text.removeprefix("-"))
    return -ms if ms is not None and text.startswith("-") else ms


def _cue(times: tuple[int, int], lines: Sequence[str]) -> Cue:
    text = "\n".join(lines)
    return Cue(start_ms=times[0], end_ms=times[1], text=bare_text(text), speaker=speaker_of(text))


def _ass(lines: Sequence[str]) -> Iterable[Cue | None]:
    """The columns of [Events] are named by its Format line; the text is the last of them."""
    columns = ["layer", "start", "end", "style", "name", "l", "r", "v", "effect", "text"]
    for line in lines:
        kind, _, rest = line.partition(":")
        if kind == "Format" and "text" in rest.lower():
            columns = [name.strip().lower() for name in rest.split(",")]
        if kind == "Dialogue":
            values = dict(zip(columns, rest.split(",", len(columns) - 1), strict=False))
            start, end = read_clock(values.get("start", "")), read_clock(values.get("end", ""))
            if start is None or end is None or end < start:
                yield None
                continue
            name = values.get("name", "").strip() or None
            text = ass_text(values.get("text", ""))
            yield Cue(start_ms=start, end_ms=end, text=text, speaker=name)
