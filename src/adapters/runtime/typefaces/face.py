"""Reads a TrueType or OpenType font: its names, its line height, how wide its letters are."""

import mmap
import struct
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

_COLLECTION: Final = b"ttcf"
_KINDS: Final = (b"\0\1\0\0", b"OTTO", b"true")
_FAMILY, _TYPOGRAPHIC_FAMILY = 1, 16
_WINDOWS, _UNICODE = 3, 0
_USE_TYPO_METRICS, _ITALIC, _BOLD = 1 << 7, 1, 1 << 5
_BEST_MAPS: Final = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0), (3, 0))
_NARROW: Final = 0.5  # em; the width guessed for a letter the font lacks


class NotAFont(Exception):
    """The file is no font, or a broken one."""


@dataclass(eq=False)
class Face:
    """One font of a file. Measures are in em: shares of the font size.

    `gap` is the extra room between lines that the font asks for.
    """

    path: Path
    index: int = 0
    _data: mmap.mmap = field(init=False, repr=False)  # mapped: a system has gigabytes of fonts
    _tables: dict[str, tuple[int, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            with self.path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._tables = self._read_tables()
            self.units: int = struct.unpack_from(">H", self._data, self._at("head") + 18)[0] or 1000
            self.family = self._read_family()
            self._read_measures()
            self._read_style()
        except (struct.error, KeyError, IndexError, ValueError) as error:
            raise NotAFont(str(self.path)) from error

    def _at(self, table: str) -> int:
        return self._tables[table][0]

    def _read_tables(self) -> dict[str, tuple[int, int]]:
        data, start = self._data, 0
        if data[:4] == _COLLECTION:
            start = struct.unpack_from(">I", data, 12 + 4 * self.index)[0]
        if data[start : start + 4] not in _KINDS:
            raise NotAFont(str(self.path))
        count = struct.unpack_from(">H", data, start + 4)[0]
        tables = {}
        for at in range(count):
            tag, _, offset, length = struct.unpack_from(">4sIII", data, start + 12 + 16 * at)
            tables[tag.decode("latin-1")] = (offset, length)
        return tables

    def _read_family(self) -> str:
        base = self._at("name")
        _, count, strings = struct.unpack_from(">HHH", self._data, base)
        names: dict[tuple[int, bool], str] = {}
        for at in range(count):
            platform, _, language, name, length, offset = struct.unpack_from(
                ">HHHHHH", self._data, base + 6 + 12 * at
            )
            if name in {_FAMILY, _TYPOGRAPHIC_FAMILY} and platform in {_WINDOWS, _UNICODE}:
                raw = self._data[base + strings + offset : base + strings + offset + length]
                english = language in {0x409, 0}
                names.setdefault((name, english), raw.decode("utf-16-be"))
        for key in ((16, True), (1, True), (16, False), (1, False)):
            if key in names:
                return names[key]
        raise NotAFont(str(self.path))

    def _read_measures(self) -> None:
        """As word processors pick them: `hhea`, unless OS/2 insists on its own."""
        ascent, descent, gap = struct.unpack_from(">hhh", self._data, self._at("hhea") + 4)
        if "OS/2" in self._tables:
            base = self._at("OS/2")
            flags = struct.unpack_from(">H", self._data, base + 62)[0]
            typo = struct.unpack_from(">hhh", self._data, base + 68)
            win = struct.unpack_from(">HH", self._data, base + 74)
            if flags & _USE_TYPO_METRICS and typo[0] >= 0 >= typo[1]:
                ascent, descent, gap = typo
            elif not ascent and not descent:
                ascent, descent, gap = win[0], -win[1], 0
        self.ascent: float = ascent / self.units
        self.descent: float = -descent / self.units
        self.gap: float = max(0, gap) / self.units

    def _read_style(self) -> None:
        flags = 0
        if "OS/2" in self._tables:
            flags = struct.unpack_from(">H", self._data, self._at("OS/2") + 62)[0]
        self.bold, self.italic = bool(flags & _BOLD), bool(flags & _ITALIC)
        self.weight: int = 400
        if "OS/2" in self._tables:
            self.weight = struct.unpack_from(">H", self._data, self._at("OS/2") + 4)[0]

    @cached_property
    def _glyphs(self) -> dict[int, int]:
        base = self._at("cmap")
        count = struct.unpack_from(">H", self._data, base + 2)[0]
        maps = {}
        for at in range(count):
            platform, encoding, offset = struct.unpack_from(">HHI", self._data, base + 4 + 8 * at)
            maps[platform, encoding] = base + offset
        for key in _BEST_MAPS:
            if key in maps:
                return self._read_map(maps[key])
        return {}

    def _read_map(self, base: int) -> dict[int, int]:
        kind = struct.unpack_from(">H", self._data, base)[0]
        if kind == 12:  # noqa: PLR2004  groups of 32-bit letters
            return self._read_groups(base)
        if kind == 4:  # noqa: PLR2004  segments of 16-bit letters
            return self._read_segments(base)
        return {}

    def _read_groups(self, base: int) -> dict[int, int]:
        glyphs = {}
        for at in range(struct.unpack_from(">I", self._data, base + 12)[0]):
            first, last, glyph = struct.unpack_from(">III", self._data, base + 16 + 12 * at)
            for letter in range(first, min(last, first + 0xFFFF) + 1):
                glyphs[letter] = glyph + letter - first
        return glyphs

    def _read_segments(self, base: int) -> dict[int, int]:
        data = self._data
        count = struct.unpack_from(">H", data, base + 6)[0] // 2
        ends = struct.unpack_from(f">{count}H", data, base + 14)
        starts = struct.unpack_from(f">{count}H", data, base + 16 + 2 * count)
        deltas = struct.unpack_from(f">{count}h", data, base + 16 + 4 * count)
        ranges_at = base + 16 + 6 * count
        ranges = struct.unpack_from(f">{count}H", data, ranges_at)
        glyphs = {}
        for at in range(count):
            for letter in range(starts[at], ends[at] + 1):
                if letter == 0xFFFF:  # noqa: PLR2004  the end of the table, not a letter
                    continue
                glyph = letter
                if ranges[at]:
                    place = ranges_at + 2 * at + ranges[at] + 2 * (letter - starts[at])
                    glyph = struct.unpack_from(">H", data, place)[0]
                if glyph or not ranges[at]:
                    glyphs[letter] = (glyph + deltas[at]) & 0xFFFF
        return glyphs

    @cached_property
    def _widths(self) -> tuple[int, ...]:
        count = struct.unpack_from(">H", self._data, self._at("hhea") + 34)[0]
        pairs = struct.unpack_from(f">{2 * count}H", self._data, self._at("hmtx"))
        return pairs[::2]

    def has(self, letter: str) -> bool:
        return ord(letter) in self._glyphs

    def width(self, text: str) -> float:
        """How wide the text runs, in em, without kerning."""
        glyphs, widths = self._glyphs, self._widths
        total = 0.0
        for letter in text:
            glyph = glyphs.get(ord(letter))
            if glyph is None:
                total += _NARROW * self.units
            else:
                total += widths[min(glyph, len(widths) - 1)]
        return total / self.units
