"""Markdown as tokens; raw HTML in it is text, and so are links that lead away from the note."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

TO_DO, DONE = "[ ] ", "[x] "
BOXES = {TO_DO: "☐ ", DONE: "☑ "}
_AWAY: Final = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]{2}", re.IGNORECASE)


class _Reader(MarkdownIt):
    """A note links into its own files alone: what was said cannot make people go anywhere."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's name
        return _AWAY.match(url) is None


@cache
def reader() -> MarkdownIt:
    return _Reader("commonmark", {"html": False, "linkify": False}).enable(["table"])


def tokens_of(markdown: str) -> Sequence[Token]:
    """With boxes in front of what is to be done."""
    tokens = reader().parse(markdown)
    for token in tokens:
        for child in token.children or ():
            for mark, box in BOXES.items():
                if child.type == "text" and child.content.startswith(mark):
                    child.content = box + child.content.removeprefix(mark)
    return tokens
