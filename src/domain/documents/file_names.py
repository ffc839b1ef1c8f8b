"""File names of documents: made from a pattern, harmless on every system, each only once.

Names are given in one pass over all rows, in their order, before the rows are cut into shards; so
they depend neither on how many shards there are nor on which is done first, and a run that starts
again gives the same ones. What the pass remembers is twelve bytes a name.
"""

import re
import unicodedata
from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from domain.kernel.errors import Invalid

MAX_BYTES: Final = 120
LONGEST_EXTENSION: Final = 5  # ".docx"
_STEM_BYTES: Final = MAX_BYTES - LONGEST_EXTENSION
MAX_PATTERN: Final = 500
ROW_NUMBER: Final = "row_number"
_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ufffe\uffff]')
_SPACES: Final = re.compile(r"\s+")
_RESERVED: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"]
    + [f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"]
)


class BadFileNamePattern(Invalid):
    """Facts: `position`, from 0, and where a field is unknown, `field` and `known`."""

    code = "documents.bad-file-name-pattern"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNamePattern:
    """Texts and the names of fields, in turn: text, field, text, ..., text."""

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, known: Collection[str]) -> "FileNamePattern":
        """“{ref}-{last_name}”; {row_number} is the sheet's; {{ and }} are braces.

        Raises BadFileNamePattern.
        """
        if len(text) > MAX_PATTERN:
            raise BadFileNamePattern(
                f"A pattern has at most {MAX_PATTERN} characters.", position=MAX_PATTERN
            )
        parts, at = [""], 0
        for found in _PART.finditer(text):
            parts[-1] += text[at : found.start()]
            at = found.end()
            if found[0] in {"{{", "}}"}:
                parts[-1] += found[0][0]
            else:
                parts += [_field(found, known), ""]
        parts[-1] += text[at:]
        return cls(parts=tuple(parts))

    @property
    def fields(self) -> tuple[str, ...]:
        return self.parts[1::2]

    def stem(self, values: Mapping[str, object], row_number: int) -> str:
        """The name for a row, without extension; not yet unique."""
        texts = list(self.parts)
        for at, name in enumerate(self.fields):
            value = values.get(name, row_number if name == ROW_NUMBER else None)
            texts[2 * at + 1] = "" if value is None else str(value)
        return safe_stem("".join(texts), fallback=f"row {row_number}")


def _field(found: re.Match[str], known: Collection[str]) -> str:
    name = (found[1] or "").strip()
    if not name:
        raise BadFileNamePattern(
            "A brace stands alone; write {field}, or {{ for a brace.", position=found.start()
        )
    if name not in known and name != ROW_NUMBER:
        raise BadFileNamePattern(
            f"The file name asks for “{name}”, which is no field.",
            position=found.start(),
            field=name,
            known=sorted(known),
        )
    return name


def safe_stem(text: str, *, fallback: str = "document") -> str:
    """`text` as the name of a file on any system: never a path, never empty, never too long."""
    text = unicodedata.normalize("NFC", _visible(_SPACES.sub(" ", text)))
    text = _trimmed(_FORBIDDEN.sub("_", text), _STEM_BYTES - 1) or fallback
    reserved = text.partition(".")[0].rstrip().upper() in _RESERVED
    return f"_{text}" if reserved else text


def _visible(text: str) -> str:
    """Without marks that reorder or hide text, and without halves of characters."""
    if text.isprintable():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Cs"})


def _trimmed(text: str, size: int) -> str:
    raw = text.encode()
    if len(raw) > size:
        text = raw[:size].decode("utf-8", "ignore")
    return text.strip(" .")


class _Counts:
    """How often each key was seen: a hash table of twelve bytes a slot, at most half full."""

    __slots__ = ("_counts", "_keys", "_used")

    def __init__(self, slots: int = 1 << 12) -> None:
        self._keys = array("Q", bytes(8 * slots))
        self._counts = array("I", bytes(4 * slots))
        self._used = 0

    def bump(self, key: int) -> int:
        """How often the key was seen before this time."""
        at = self._slot(key)
        if not self._keys[at]:
            self._keys[at] = key
            self._used += 1
        seen = self._counts[at]
        self._counts[at] += 1
        if self._used * 2 > len(self._keys):
            self._grow()
        return seen

    def _slot(self, key: int) -> int:
        keys, last = self._keys, len(self._keys) - 1
        at = key & last
        while keys[at] and keys[at] != key:
            at = (at + 1) & last
        return at

    def _grow(self) -> None:
        keys, counts = self._keys, self._counts
        self.__init__(2 * len(keys))  # type: ignore[misc]  # the same table, with more room
        for key, count in zip(keys, counts, strict=True):
            if key:
                at = self._slot(key)
                self._keys[at], self._counts[at] = key, count
                self._used += 1


@dataclass(slots=True)
class UniqueNames:
    """Gives every stem a name of its own, whatever the case: “a”, “A (2)”, “a (3)”."""

    _table: _Counts = field(default_factory=_Counts)

    def claim(self, stem: str) -> str:
        """The stem itself, or with the next free number; taken from then on."""
        number = self._table.bump(_key(stem))
        name = stem
        while number:
            suffix = f" ({number + 1})"
            name = _trimmed(stem, _STEM_BYTES - len(suffix)) + suffix
            if not self._table.bump(_key(name)):
                break
            number = self._table.bump(_key(stem))
        return name


def _key(stem: str) -> int:
    """64 bits of a hash; two names that share them cost a needless number, nothing else."""
    folded = stem.lower() if stem.isascii() else unicodedata.normalize("NFC", stem.casefold())
    return int.from_bytes(blake2b(folded.encode(), digest_size=8).digest(), "big") or 1
