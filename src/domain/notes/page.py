"""Everything a note shows, gathered, and laid out as Markdown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from domain.notes.frames import Screenshot
from domain.notes.highlight import Highlight
from domain.notes.note import Stage, Warned
from domain.notes.outline import Chapter, Gist, Point
from domain.notes.styles import Section, Style
from domain.notes.timestamps import clock
from domain.notes.transcript import Segment
from domain.notes.transcript_exports import markdown_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePage:
    """`video` is the file's name, beside which the page is expected to lie.

    `engines` name by stage who did it; `cost_micros` None: nobody knows the price.
    """

    title: str
    style: Style
    video: str
    duration_ms: int
    language: str | None
    gist: Gist
    chapters: tuple[Chapter, ...]
    highlights: tuple[Highlight, ...]
    screenshots: tuple[Screenshot, ...]
    segments: tuple[Segment, ...]
    speakers: Mapping[str, str]
    warnings: tuple[Warned, ...]
    engines: Mapping[str, Mapping[str, str]]
    cost_micros: int | None


def image_name(screenshot: Screenshot) -> str:
    """Where a screenshot lies beside the page: by its number and the time it shows."""
    time = clock(screenshot.at_ms).replace(":", "-")
    return f"images/{screenshot.number:03}_{time}.jpg"


def markdown(page: NotePage) -> str:
    """Summary.md: jump links are `<file>#t=<seconds>`, pictures lie in `images/`."""
    return "\n".join(_lines(page)).rstrip() + "\n"


def _lines(page: NotePage) -> Iterator[str]:
    yield f"# {markdown_text(page.title)}"
    yield ""
    spoken = f" · {page.language}" if page.language else ""
    yield f"*{page.style.title} · {clock(page.duration_ms)}{spoken} · {_file(page)}*"
    yield ""
    yield from _warnings(page)
    for section in page.style.sections:
        yield from _SECTIONS[section](page)
    if Section.CHAPTERS not in page.style.sections:
        yield from _pictures(page, page.screenshots)
    yield from _footer(page)


def _warnings(page: NotePage) -> Iterator[str]:
    for warned in page.warnings:
        yield f"> ⚠ {markdown_text(warned.message)}"
    if page.warnings:
        yield ""


def _summary(page: NotePage) -> Iterator[str]:
    if not page.gist.summary:
        yield "Nobody speaks in this video." if not page.segments else "There is no summary."
        yield ""
        return
    yield "## Summary"
    yield ""
    for paragraph in page.gist.summary:
        yield f"{markdown_text(paragraph.text)} {_jumps(page, paragraph)}"
        yield ""


def _list(title: str, mark: str, of: Callable[[Gist], tuple[Point, ...]]) -> "_Layout":
    def layout(page: NotePage) -> Iterator[str]:
        points = of(page.gist)
        if points:
            yield f"## {title}"
            yield ""
            yield from (f"{mark} {_point(page, point)}" for point in points)
            yield ""

    return layout


def _chapters(page: NotePage) -> Iterator[str]:
    if not page.chapters:
        yield from _pictures(page, page.screenshots)
        return
    yield "## Chapters"
    yield ""
    for chapter in page.chapters:
        yield f"### {_jump(page, chapter.start_ms)} {markdown_text(chapter.title)}"
        yield ""
        if chapter.summary:
            yield markdown_text(chapter.summary)
            yield ""
        yield from _details(page, chapter)
        shown = [each for each in page.screenshots if each.chapter == chapter.number]
        yield from _pictures(page, shown)


def _details(page: NotePage, chapter: Chapter) -> Iterator[str]:
    """What else was found in this chapter, so that nothing is lost to the choice of key points."""
    if chapter.first is None or chapter.last is None:
        return
    mine = [
        point
        for point in page.gist.details
        if point.segments and chapter.first <= point.segments[0] <= chapter.last
    ]
    yield from (f"- {_point(page, point)}" for point in mine)
    if mine:
        yield ""


def _highlights(page: NotePage) -> Iterator[str]:
    if not page.highlights:
        return
    yield "## Highlights"
    yield ""
    for each in page.highlights:
        until = f"{clock(each.start_ms)}–{clock(each.end_ms)}"
        span = f"{each.start_ms / 1000:.1f},{each.end_ms / 1000:.1f}"
        yield f"> “{markdown_text(each.quote)}”"
        yield ">"
        yield f"> [{until}]({_address(page)}#t={span}) {markdown_text(each.why or each.title)}"
        yield ""


def _terms(page: NotePage) -> Iterator[str]:
    if not page.gist.terms:
        return
    starts = {segment.number: segment.start_ms for segment in page.segments}
    yield "## Key terms"
    yield ""
    for entry in page.gist.terms:
        at = starts.get(entry.segment or 0)
        jump = f" {_jump(page, at)}" if at is not None else ""
        meaning = f": {markdown_text(entry.meaning)}" if entry.meaning else ""
        yield f"- **{markdown_text(entry.term)}**{meaning}{jump}"
    yield ""


def _pictures(page: NotePage, shown: "tuple[Screenshot, ...] | list[Screenshot]") -> Iterator[str]:
    for each in shown:
        yield f"![{markdown_text(each.caption) or 'Screenshot'}]({image_name(each)})"
        yield f"*{_jump(page, each.at_ms)}*"
        yield ""


def _footer(page: NotePage) -> Iterator[str]:
    yield "---"
    yield ""
    by = [
        f"{stage.value}: {' '.join(filter(None, (who.get('engine'), who.get('model'))))}"
        for stage in Stage
        if (who := page.engines.get(stage.value)) is not None
    ]
    if page.gist.extractive:
        yield "Made without a language model, of the speakers' own sentences (local-extractive)."
        yield ""
    cost = "" if not page.cost_micros else f" · {page.cost_micros / 1_000_000:.4f} USD"
    yield f"*{markdown_text('; '.join(by))}{cost}*"


def _point(page: NotePage, point: Point) -> str:
    named = page.speakers.get(point.owner, point.owner) if point.owner else None
    owner = f"**{markdown_text(named)}**: " if named else ""
    due = f" ({markdown_text(point.due)})" if point.due else ""
    return f"{owner}{markdown_text(point.text)}{due} {_jumps(page, point)}"


def _jumps(page: NotePage, point: Point) -> str:
    """A link to the first place it rests on."""
    starts = {segment.number: segment.start_ms for segment in page.segments}
    at = next((starts[number] for number in point.segments if number in starts), None)
    return "" if at is None else _jump(page, at)


def _jump(page: NotePage, ms: int) -> str:
    return f"[{clock(ms)}]({_address(page)}#t={ms // 1000})"


def _file(page: NotePage) -> str:
    return f"[{markdown_text(page.video)}]({_address(page)})"


def _address(page: NotePage) -> str:
    return quote(page.video, safe="")


_Layout = Callable[[NotePage], Iterator[str]]
_SECTIONS: Final[Mapping[Section, _Layout]] = {
    Section.SUMMARY: _summary,
    Section.POINTS: _list("Key points", "-", lambda gist: gist.points),
    Section.DECISIONS: _list("Decisions", "-", lambda gist: gist.decisions),
    Section.ACTIONS: _list("Actions", "- [ ]", lambda gist: gist.actions),
    Section.CHAPTERS: _chapters,
    Section.HIGHLIGHTS: _highlights,
    Section.TERMS: _terms,
    Section.QUESTIONS: _list("Questions", "-", lambda gist: gist.questions),
}
