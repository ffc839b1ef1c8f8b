"""Footnotes and endnotes, read where they are referred to."""

from adapters.docx.layout.context import Document, Part
from adapters.docx.layout.names import W, attr, children
from domain.documents.layout.nodes import Note
from domain.documents.layout.styles import TextStyle

_SEPARATORS = {"separator", "continuationSeparator", "continuationNotice"}


def find_notes(document: Document, main: str) -> None:
    """Note the elements of every footnote and endnote by id."""
    for endnote, kind, tag in ((False, "footnotes", "footnote"), (True, "endnotes", "endnote")):
        name = document.package.first(main, kind)
        root = document.package.root(name)
        if name is None or root is None:
            continue
        document.notes_parts[endnote] = name
        for element in children(root, W + tag):
            if attr(element, "type") not in _SEPARATORS:
                document.notes[endnote, attr(element, "id") or ""] = element


def read_note(part: Part, note_id: str, style: TextStyle, *, endnote: bool) -> Note | None:
    """The note with its text; None when the document has none of that id."""
    document = part.document
    element = document.notes.get((endnote, note_id))
    if element is None:
        return None
    inner = Part(document, document.notes_parts[endnote], part.read_blocks, depth=part.depth + 1)
    return Note(endnote, part.read_blocks(inner, element), style)
