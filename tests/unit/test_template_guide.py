"""The guide for people who write templates names what there is, and its examples are right."""

import re
from pathlib import Path

from adapters.docx.template import compile_template
from domain.documents.filters import FILTERS
from word import a_docx, p

GUIDE = (Path(__file__).parents[2] / "docs/guides/templates.md").read_text(encoding="utf-8")


def test_every_filter_is_in_the_guide() -> None:
    undocumented = {"escape", "e", "safe", "count"}  # for templates written for Jinja

    written = set(re.findall(r"`(\w+)", GUIDE))

    assert set(FILTERS) - written == undocumented


def test_every_tag_in_the_guide_can_be_written() -> None:
    tags = [tag.replace("\\|", "|") for tag in re.findall(r"`(\{\{ [^`]*?\}\})", GUIDE)]

    assert tags
    for tag in tags:
        assert not compile_template(a_docx(p(tag))).errors(), tag
