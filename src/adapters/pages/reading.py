"""Markdown as tokens; raw HTML in it is text, and only pictures that come along are pictures."""

from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

TO_DO, DONE = "[ ] ", "[x] "
BOXES = {TO_DO: "☐ ", DONE: "☑ "}


@cache
def reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table"])


def tokens_of(markdown: str) -> Sequence[Token]:
    """With boxes in front of what is to be done."""
    tokens = reader().parse(markdown)
    for token in tokens:
        for child in token.children or ():
            for mark, box in BOXES.items():
                if child.type == "text" and child.content.startswith(mark):
                    child.content = box + child.content.removeprefix(mark)
    return tokens
