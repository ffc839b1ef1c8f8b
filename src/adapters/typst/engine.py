"""A template ready to be filled: its sources by shape, a warm compiler, a folder of its own."""

import json
import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typst

from adapters.runtime.typefaces.book import SHIPPED, font_book
from adapters.runtime.typefaces.typography import Typography
from adapters.typst.code import is_odd, writable
from adapters.typst.sources import Sources
from domain.documents.bindings import Bindings
from domain.documents.layout.binding import Skeleton, skeleton_of
from domain.documents.layout.failures import not_drawn
from domain.documents.layout.pages import Layout
from domain.documents.ports import PdfEngine

_EMU: Final = 12_700
_SUFFIXES: Final = {"image/png": "png", "image/jpeg": "jpg"}
_RUNTIME: Final = Path(__file__).with_name("runtime.typ")
_VALUES: Final = "values.json"  # the runtime reads it


class TypstTemplate(PdfEngine):
    """Draws one layout again and again. Not for use by two threads at once.

    `media` are the pictures by part name, PNG, JPEG or GIF. Everything the compiler may read lies
    in a scratch folder below `scratch`; `close` removes it.
    """

    def __init__(
        self,
        layout: Layout,
        media: Mapping[str, bytes],
        *,
        scratch: Path | None = None,
        typography: Typography | None = None,
    ) -> None:
        self._skeleton: Skeleton = skeleton_of(layout)
        self._root = Path(tempfile.mkdtemp(prefix="typst-", dir=scratch))
        self._sources = Sources(
            layout, typography or Typography(font_book()), self._store(media), self._root
        )
        shutil.copyfile(_RUNTIME, self._root / "runtime.typ")
        self._compiler = typst.Compiler(b"", root=str(self._root), font_paths=shared_fonts())

    def pdf(self, row: Bindings) -> bytes:
        found = self._compile(row, format="pdf", pdf_tags=False)
        return found[0] if isinstance(found, list) else found

    def png(self, row: Bindings, page: int = 1, ppi: float = 96) -> bytes:
        """One page of one row, counted from 1; the last one where there are fewer."""
        found = self._compile(row, format="png", ppi=ppi)
        pages = found if isinstance(found, list) else [found]
        return bytes(pages[min(page, len(pages)) - 1])

    def source(self, row: Bindings) -> str:
        """The Typst source that a row of this shape is drawn by."""
        values, shape = self._skeleton.values(row)
        return self._sources.of(row, values, tuple(shape)).read_text(encoding="utf-8")

    def close(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def _compile(self, row: Bindings, **how: Any) -> bytes | list[bytes]:
        values, shape = self._skeleton.values(row)
        source = self._sources.of(row, values, tuple(shape))
        written = [self._value(value, at) for at, value in enumerate(values)]
        data = {"values": written, "odd": [at for at, each in enumerate(written) if is_odd(each)]}
        # A file, not sys_inputs: Typst keeps the paragraphs it has laid out from row to row, but
        # forgets all of them when its inputs change, for they are part of its library.
        (self._root / _VALUES).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        return self._run(source, how)

    def _run(self, source: Path, how: dict[str, Any]) -> bytes | list[bytes]:
        try:
            found = self._compiler.compile(input=source, timestamp=0, **how)
        except typst.TypstError as error:
            raise not_drawn("Typst", str(error).partition("\n")[0]) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # a defect of Typst, not of Python
                raise
            raise not_drawn("Typst", "its compiler stopped at a defect of its own") from error
        if found is None:
            raise not_drawn("Typst", "no output")
        return found

    def _store(self, media: Mapping[str, bytes]) -> dict[str, str]:
        paths = {}
        (self._root / "media").mkdir()
        for at, (name, content) in enumerate(media.items()):
            path = f"/media/{at}.{_suffix(content)}"
            (self._root / path[1:]).write_bytes(content)
            paths[name] = path
        return paths

    def _value(self, value: Any, at: int) -> Any:
        """A value as JSON: text, a link's text and address, or a picture's path and size."""
        if isinstance(value, str):
            return writable(value)
        if hasattr(value, "url"):
            return [writable(value.text), writable(value.url)]
        path = f"/row-{at}.{_SUFFIXES[value.media_type]}"
        (self._root / path[1:]).write_bytes(value.content)
        return [path, value.width / _EMU, value.height / _EMU, writable(value.alt)]


def _suffix(content: bytes) -> str:
    """By the bytes: Word does not mind names that lie about their pictures."""
    if content.startswith(b"\xff\xd8"):
        return "jpg"
    return "gif" if content.startswith(b"GIF8") else "png"


_LOCK = threading.Lock()
_FONTS: list[typst.Fonts] = []


def shared_fonts() -> typst.Fonts:
    """The fonts of this process, searched once: the shipped ones and the system's."""
    with _LOCK:
        if not _FONTS:
            _FONTS.append(
                typst.Fonts(
                    include_system_fonts=True,
                    include_embedded_fonts=False,
                    font_paths=[str(SHIPPED)],
                )
            )
        return _FONTS[0]
