"""Runs a part's program over bindings and gives its bytes."""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from adapters.docx.drawing import inline_picture
from adapters.docx.program import (
    Choice,
    Guard,
    Loop,
    NumberHole,
    Program,
    RichHole,
    Step,
    TextHole,
)
from domain.documents.bindings import Bindings, Image, Inline, Link, Subdocument
from domain.documents.rows import DocumentTooLarge

_SPECIAL: Final = re.compile("[&<>\n\t\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT: Final = b'<w:t xml:space="preserve">'
_ESCAPES: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "\n": '</w:t><w:br/><w:t xml:space="preserve">',
    "\t": '</w:t><w:tab/><w:t xml:space="preserve">',
}
_LAST_PARAGRAPH: Final = re.compile(rb"(?:</w:p>|<w:p(?: [^<>]*)?/>)\s*\Z")
_NEEDED: Final = {"table": re.compile(rb"<w:tr[ >]"), "row": re.compile(rb"<w:tc[ >]")}
_IN_CODE: Final = str.maketrans(dict.fromkeys('"\\“”\n\t', None))
_RELATIONSHIPS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def escape(text: str) -> bytes:
    """Text inside a w:t: no markup, no character XML cannot hold, breaks and tabs as elements."""
    if _SPECIAL.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], ""), text)
    return text.encode()


def escape_code(text: str, code: str) -> bytes:
    """Text inside the code of a Word field, where quotes end an argument."""
    text = _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], ""), text.translate(_IN_CODE))
    return f'"{text}"'.encode() if code == "bare" else text.encode()


@dataclass(slots=True)
class Links:
    """What one part points at because of this row: pictures and addresses, by relationship id."""

    images: dict[str, str] = field(default_factory=dict)  # digest: id
    urls: dict[str, str] = field(default_factory=dict)

    def image(self, picture: Image) -> str:
        return self.images.setdefault(picture.digest, f"rIdAtelierImage{len(self.images) + 1}")

    def url(self, address: str) -> str:
        return self.urls.setdefault(address, f"rIdAtelierLink{len(self.urls) + 1}")


@dataclass(slots=True)
class Document:
    """What all parts of one document share while they are written."""

    next_id: int  # of drawings, above every id of the template
    budget: int  # bytes that may still be written
    media: dict[str, Image] = field(default_factory=dict)
    subdocuments: list[Subdocument] = field(default_factory=list)

    def number(self) -> int:
        self.next_id += 1
        return self.next_id


class PartWriter:
    """One part of one document. Raises DocumentTooLarge."""

    def __init__(self, document: Document, placeholder: str) -> None:
        self.links = Links()
        self._document, self._placeholder = document, placeholder

    def write(self, program: Program, bindings: Bindings) -> bytes:
        out: list[bytes] = []
        self._run(program, bindings, out)
        return b"".join(out)

    def _run(self, program: Program, bindings: Bindings, out: list[bytes]) -> None:
        spent = 0
        for step in program:
            kind = type(step)
            if kind is TextHole:
                value = bindings[step.n]  # type: ignore[union-attr]  # a text hole
                text = value if type(value) is str else getattr(value, "text", "")
                data = escape_code(text, step.code) if step.code else escape(text)  # type: ignore[union-attr]
                spent += len(data)
                out.append(data)
            elif kind is bytes:
                spent += len(step)  # type: ignore[arg-type]
                out.append(step)  # type: ignore[arg-type]
            else:
                self._special(step, bindings, out)
        self._document.budget -= spent
        if self._document.budget < 0:
            raise DocumentTooLarge("The document grows beyond what one may be; its lists are long.")

    def _special(self, step: Step, bindings: Bindings, out: list[bytes]) -> None:
        value: Any = bindings[step.n] if isinstance(step, Loop | Choice | RichHole) else None
        match step:
            case Loop(body=body):
                for inner in value:
                    self._run(body, inner, out)
            case Choice(bodies=bodies):
                taken, inner = value
                if taken >= 0:
                    self._run(bodies[taken], inner, out)
            case RichHole():
                out.append(self._rich(step, value))
            case NumberHole():
                out.append(str(self._document.number()).encode())
            case Guard(kind=kind, body=body):
                out.append(_guarded(kind, self.write(body, bindings)))

    def _rich(self, hole: RichHole, value: Inline) -> bytes:
        if isinstance(value, Image):
            self._document.media[value.digest] = value
            return inline_picture(value, self.links.image(value), self._document.number())
        if isinstance(value, Link) and not hole.in_link:
            return self._link(hole, value)
        if isinstance(value, Subdocument):
            self._document.subdocuments.append(value)
            mark = f"{self._placeholder}{len(self._document.subdocuments) - 1};"
            return _TEXT + mark.encode() + b"</w:t>"
        return _TEXT + escape(value.text if isinstance(value, Link) else str(value)) + b"</w:t>"

    def _link(self, hole: RichHole, link: Link) -> bytes:
        """A hyperlink stands beside runs, so the run around it is closed and opened again."""
        opening = f'<w:hyperlink xmlns:r="{_RELATIONSHIPS}" r:id="{self.links.url(link.url)}">'
        run = b"<w:r>" + hole.look
        shown = run + _TEXT + escape(link.text) + b"</w:t></w:r>"
        return b"</w:r>" + opening.encode() + shown + b"</w:hyperlink>" + run

    def relationships(self) -> bytes:
        """What this row adds to the part's relationships."""
        lines = [
            f'<Relationship Id="{name}" Type="{_RELATIONSHIPS}/image" '
            f'Target="/{media_name(self._document.media[digest])}"/>'
            for digest, name in self.links.images.items()
        ]
        lines += [
            f'<Relationship Id="{name}" Type="{_RELATIONSHIPS}/hyperlink" '
            f'Target={quoteattr(url)} TargetMode="External"/>'
            for url, name in self.links.urls.items()
        ]
        return "".join(lines).encode()


def media_name(picture: Image) -> str:
    extension = "jpeg" if picture.media_type == "image/jpeg" else "png"
    return f"word/media/atelier-{picture.digest[:32]}.{extension}"


def _guarded(kind: str, body: bytes) -> bytes:
    if kind in _NEEDED:
        return body if _NEEDED[kind].search(body) else b""
    return body if _LAST_PARAGRAPH.search(body[-2_000:]) else body + b"<w:p/>"
