"""Summary.md: each style, every warning, links that hold whatever names and times are."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from domain.artifacts.artifact import ArtifactId
from domain.notes.frames import FrameKind, Screenshot
from domain.notes.highlight import Grounding, Highlight, Match
from domain.notes.note import UnknownStyle, Warned
from domain.notes.outline import Chapter, Gist, Point, TermEntry
from domain.notes.page import NotePage, image_name, markdown
from domain.notes.styles import STYLES, require_style
from recordings import a_segment
from tenants import NEW

GOLDEN = Path(__file__).parents[1] / "support" / "references" / "notes"
HOUR = 3_600_000
NASTY = (
    "a*b_c`d",
    "[x](y)",
    "<b>&copy;</b>",
    "1986. A year",
    "- dash",
    "# head",
    "~~$|\\",
    "2) two",
)


def a_point(text: str, *segments: int, **more: Any) -> Point:
    return Point(text=text, segments=segments, **more)


def a_shot(number: int, at_ms: int, chapter: int) -> Screenshot:
    return Screenshot(
        number=number,
        image_id=ArtifactId(NEW()),
        at_ms=at_ms,
        chapter=chapter,
        kind=FrameKind.SLIDE,
        width=16,
        height=9,
        caption="One owner [each]",
    )


def a_gist() -> Gist:
    return Gist(
        summary=(a_point("Alarms need owners.", 1, 2), a_point("Drills help.", 2)),
        points=(a_point("Give every alarm an owner.", 1),),
        details=(a_point("Drills are monthly.", 3),),
        decisions=(a_point("Drill each month.", 2),),
        actions=(a_point("Write the guide.", 3, owner="S1", due="Friday"),),
        questions=(a_point("Why?", 4),),
        terms=(
            TermEntry(term="Alarm", meaning="A call", segment=1),
            TermEntry(term="x", meaning=""),
        ),
    )


def a_highlight() -> Highlight:
    grounding = Grounding(
        match=Match.EXACT, similarity=1.0, first_word=0, last_word=4, estimated=False
    )
    return Highlight(
        number=1,
        start_ms=100,
        end_ms=4_500,
        title="Owners",
        quote="Give every alarm an owner.",
        why="It is the main idea",
        segments=(1,),
        grounding=grounding,
    )


def a_page(**changes: Any) -> NotePage:
    texts = ("Give every alarm an owner.", "We decided to drill.", "Samir writes it.", "Why?")
    known: dict[str, Any] = {
        "title": "Alarms that people trust",
        "style": require_style("study"),
        "video": "talk.mp4",
        "duration_ms": 40_000,
        "language": "en",
        "gist": a_gist(),
        "chapters": (
            Chapter(
                number=1,
                start_ms=0,
                end_ms=20_000,
                title="Owners",
                summary="On owners.",
                first=1,
                last=2,
            ),
            Chapter(number=2, start_ms=20_000, end_ms=40_000, title="Drills", first=3, last=4),
        ),
        "highlights": (a_highlight(),),
        "screenshots": (a_shot(1, 7_000, 1), a_shot(2, 25_000, 2)),
        "segments": tuple(a_segment(at, text) for at, text in enumerate(texts, start=1)),
        "speakers": {"S1": "Samir"},
        "warnings": (),
        "engines": {"speech": {"engine": "moonshine", "model": "tiny-en"}, "map": {"engine": "x"}},
        "cost_micros": 12_300,
    }
    return NotePage(**known | changes)


def read(page: str) -> tuple[str, list[str]]:
    """What a reader of the Markdown sees, and where its links lead."""
    words, links = [], []
    for token in MarkdownIt("commonmark").parse(page):
        for child in token.children or ():
            words.append(child.content if child.type in {"text", "code_inline"} else "")
            links += [str(child.attrs["href"])] if child.type == "link_open" else []
        words.append("\n" if token.type == "inline" else "")
    return "".join(words), links


@pytest.mark.parametrize("style", STYLES)
def test_each_style_looks_as_it_always_did(style: str) -> None:
    made = markdown(a_page(style=STYLES[style]))

    assert made == (GOLDEN / f"{style}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("style", STYLES)
def test_every_warning_and_every_picture_is_shown_in_every_style(style: str) -> None:
    warnings = tuple(Warned(f"notes.w{n}", f"Part {n} is *missing*.") for n in range(5))
    seen, _ = read(made := markdown(a_page(style=STYLES[style], warnings=warnings)))

    assert [f"Part {n} is *missing*." in seen for n in range(5)] == [True] * 5
    assert re.findall(r"\((images/[^)]+)\)", made) == [
        "images/001_0-00-07.jpg",
        "images/002_0-00-25.jpg",
    ]


def test_an_unknown_style_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownStyle) as told:
        require_style("novel")
    assert told.value.facts["styles"] == ["brief", "study", "minutes", "blog"]


def test_links_hold_beyond_ten_hours() -> None:
    late = 11 * HOUR + 2 * 60_000 + 3_999
    segment = replace(a_segment(1, "Late."), start_ms=late, end_ms=late + 500)
    chapter = Chapter(number=1, start_ms=0, end_ms=100 * HOUR, title="All", first=1, last=1)
    made = markdown(
        a_page(
            segments=(segment,),
            chapters=(chapter,),
            duration_ms=100 * HOUR,
            gist=Gist(points=(a_point("Late.", 1),)),
            screenshots=(a_shot(7, late, 1),),
        )
    )

    assert "· 100:00:00 ·" in made
    assert f"Late. [11:02:03](talk.mp4#t={11 * 3600 + 123})" in made
    assert image_name(a_shot(7, late, 1)) == "images/007_11-02-03.jpg"


@pytest.mark.parametrize("name", NASTY)
def test_names_and_words_are_shown_as_they_are(name: str) -> None:
    gist = Gist(
        summary=(a_point(name, 1),),
        actions=(a_point(name, 1, owner="S1", due=name),),
        terms=(TermEntry(term=name, meaning=name, segment=1),),
    )
    chapter = Chapter(
        number=1, start_ms=0, end_ms=40_000, title=name, summary=name, first=1, last=4
    )
    page = a_page(title=name, gist=gist, chapters=(chapter,), speakers={"S1": name}, screenshots=())
    for style in ("study", "minutes"):
        seen, _ = read(markdown(replace(page, style=STYLES[style])))
        assert seen.startswith(f"{name}\n")
        assert seen.count(name) >= 5, seen


@pytest.mark.parametrize(
    "name",
    [
        "a b.mp4",
        "100%?#1.mp4",
        "über (1).mp4",
        "../up.mp4",
        "javascript:alert(1)",
        "a&b=c.mp4",
        "x]y[.mp4",
    ],
)
def test_links_lead_to_the_file_whatever_its_name_is(name: str) -> None:
    seen, links = read(markdown(a_page(video=name)))

    assert name in seen
    assert links
    assert {unquote(link.split("#")[0]) for link in links} == {name}
    assert all(":" not in link and "/" not in link for link in links)


def test_what_a_speaker_is_to_do_bears_the_name_people_gave_them() -> None:
    page = a_page(style=STYLES["minutes"])

    assert "- [ ] **Samir**: Write the guide. (Friday) [0:00:20]" in markdown(page)
    assert "- [ ] **S1**: Write" in markdown(replace(page, speakers={}))


def test_details_land_under_the_chapter_they_were_said_in() -> None:
    details = tuple(a_point(f"Detail {n}.", n) for n in (4, 1, 3, 2))
    made = markdown(a_page(gist=Gist(details=details)))

    first, second = made.split("### ")[1:]
    assert re.findall(r"Detail \d", first) == ["Detail 1", "Detail 2"]
    assert re.findall(r"Detail \d", second.split("## ")[0]) == ["Detail 4", "Detail 3"]


def test_a_silent_video_says_so_and_keeps_its_pictures() -> None:
    chapter = Chapter(number=1, start_ms=0, end_ms=40_000, title="Part 1")
    seen, _ = read(
        made := markdown(a_page(gist=Gist(), segments=(), chapters=(chapter,), highlights=()))
    )

    assert "Nobody speaks in this video." in seen
    assert "images/001" in made
    assert "## Key points" not in made


def test_a_note_without_a_model_says_so() -> None:
    assert "Made without a language model" in markdown(a_page(gist=Gist(extractive=True)))
    assert "Made without a language model" not in markdown(a_page())
