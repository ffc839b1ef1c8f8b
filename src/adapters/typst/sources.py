"""The sources of a layout: one for each shape its rows give it, kept as files."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from adapters.runtime.typefaces.typography import Typography
from adapters.typst.rooms import Room, rooms_by_section, tight_sections
from adapters.typst.source import write_source
from domain.documents.bindings import Bindings
from domain.documents.layout.arranging import arranged
from domain.documents.layout.pages import Layout

_KEPT: Final = 64
Shape: TypeAlias = tuple[Any, ...]


class Sources:
    """Files, as Typst parses a file once; of names it knows only 2^16 in a process."""

    def __init__(
        self, layout: Layout, typography: Typography, media: Mapping[str, str], root: Path
    ) -> None:
        self._layout, self._typography = layout, typography
        self._media, self._root = media, root
        self._rooms: OrderedDict[Shape, Mapping[int, tuple[Room, ...]]] = OrderedDict()
        self._files: OrderedDict[tuple[Shape, frozenset[int]], Path] = OrderedDict()

    def of(self, row: Bindings, values: Sequence[Any], shape: Shape) -> Path:
        """The file that draws this row and all others of its shape."""
        rooms = self._rooms.get(shape)
        if rooms is None:
            rooms = rooms_by_section(arranged(self._layout, row))
            self._rooms[shape] = rooms
            if len(self._rooms) > _KEPT:
                self._rooms.popitem(last=False)
        self._rooms.move_to_end(shape)
        tight = tight_sections(rooms, self._typography, values)
        key = (shape, tight)
        found = self._files.get(key)
        if found is None:
            found = self._free()
            document = arranged(self._layout, row)
            source = write_source(document, self._typography, self._media, tight)
            found.write_text(source, encoding="utf-8")
            self._files[key] = found
        self._files.move_to_end(key)
        return found

    def _free(self) -> Path:
        if len(self._files) == _KEPT:
            return self._files.popitem(last=False)[1]
        return self._root / f"shape-{len(self._files)}.typ"
