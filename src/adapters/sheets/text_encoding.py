"""Which encoding a text file is in: certain where it can be, else a guess that says so."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from domain.documents.sheet import BadSheetReading, SheetEncodingWrong, SheetNotText

FALLBACK: Final = "cp1252"  # most files that are not Unicode come from Windows in the West
# Python's names; anything else (zip, idna, rot13, ...) is no way to write a sheet.
KNOWN: Final = frozenset(
    f"{family}{page}"
    for family, pages in {
        "cp": (437, 850, 852, 866, 874, 932, 936, 949, 950, *range(1250, 1259)),
        "iso8859-": (*range(1, 12), 13, 14, 15, 16),
    }.items()
    for page in pages
) | {
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "koi8-r"),
    *("koi8-u", "mac-roman", "mac-cyrillic", "big5", "gb18030", "gb2312", "gbk", "euc_jp"),
    *("euc_kr", "shift_jis", "iso2022_jp"),
}
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK: Final = 1 << 20
_SAMPLE: Final = 1 << 16
_MOSTLY: Final = 0.4
_TOO_MANY_CONTROLS: Final = 0.02
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")
_TELLING: Final = re.compile(r"[^,;\t|\r\n\"]*[^\x00-\x7f,;\t|\r\n\"][^,;\t|\r\n\"]*")
_USUAL_SIGNS: Final = frozenset("€‚„…‰‹›‘’“”•–—™ ¡¢£§©ª«»®°±²³´µ·¹º¼½¾¿")  # noqa: RUF001


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """`strict` means that a byte that does not fit is an error, not a replacement sign."""

    name: str
    confidence: float
    strict: bool = True
    samples: tuple[str, ...] = ()

    @property
    def errors(self) -> str:
        return "strict" if self.strict else "replace"


def find_encoding(path: Path, wanted: str | None = None) -> Encoding:
    """The wanted one if it fits, else what the whole file is.

    Raises BadSheetReading, SheetEncodingWrong, SheetNotText.
    """
    if wanted is not None:
        return _wanted(path, wanted)
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return _certain(file, name)
        if zeros := _zeros(head):
            return _certain(file, zeros)
        if _is_binary(head):
            raise SheetNotText("This file is no text; save the sheet as CSV, XLSX or ODS.")
        wrong = _first_wrong(file, "utf-8")
        if wrong is None:
            return Encoding(name="utf-8", confidence=1.0)
        return _guess(file, wrong)


def _wanted(path: Path, wanted: str) -> Encoding:
    try:
        name = codecs.lookup(wanted.strip()).name
    except (LookupError, ValueError):
        name = ""
    if name not in KNOWN:
        raise BadSheetReading(f"There is no encoding “{wanted[:40]}”.", option="encoding")
    name = "utf-8-sig" if name == "utf-8" else name
    with path.open("rb") as file:
        wrong = _first_wrong(file, name)
    if wrong is not None:
        raise SheetEncodingWrong(
            f"The file is not in {wanted}; choose another encoding.",
            encoding=wanted,
            position=wrong,
        )
    return Encoding(name=name, confidence=1.0)


def _certain(file: BinaryIO, name: str) -> Encoding:
    wrong = _first_wrong(file, name)
    if wrong is not None:
        raise SheetEncodingWrong(
            f"The file says that it is in {name}, and is not.", encoding=name, position=wrong
        )
    return Encoding(name=name, confidence=1.0)


def _zeros(head: bytes) -> str | None:
    """UTF-16 without a mark has a zero in every other byte, where the text is of the West."""
    even, odd = head[: len(head) // 2 * 2 : 2], head[1 : len(head) // 2 * 2 : 2]
    for zeros, letters, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if zeros.count(0) > _MOSTLY * len(zeros) and not _is_binary(letters):
            return name
    return None


def _is_binary(head: bytes) -> bool:
    return len(_CONTROLS.findall(head)) > _TOO_MANY_CONTROLS * len(head)


def _first_wrong(file: BinaryIO, name: str) -> int | None:
    """About where the first byte is that does not fit; None when the whole file does."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    file.seek(0)
    at = 0
    for chunk in _chunks(file):
        try:
            decoder.decode(chunk, final=len(chunk) < _CHUNK)
        except UnicodeError as error:
            return at + (error.start if isinstance(error, UnicodeDecodeError) else 0)
        at += len(chunk)
    return None


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """Up to a short one, which may be empty."""
    while True:
        chunk = file.read(_CHUNK)
        yield chunk
        if len(chunk) < _CHUNK:
            return


def _guess(file: BinaryIO, wrong: int) -> Encoding:
    """The text around the first telling byte decides how sure the guess is."""
    file.seek(max(0, wrong - 1000))
    text = file.read(_SAMPLE).decode(FALLBACK, "replace")
    odd = [(before, c) for before, c in zip(" " + text, text, strict=False) if c > "\x7f"]
    fitting = sum(_fits(before, c) for before, c in odd)
    found = (found.group().strip()[:80] for found in _TELLING.finditer(text))
    return Encoding(
        name=FALLBACK,
        confidence=round(0.9 * fitting / max(len(odd), 1), 2),
        strict=False,
        samples=tuple(dict.fromkeys(found))[:5],
    )


def _fits(before: str, character: str) -> bool:
    """A letter where a letter may stand, or a sign that people type."""
    if character in _USUAL_SIGNS:
        return True
    if not character.isalpha():
        return False
    capital_inside = before.islower() and character.isupper()
    beside_another = before > "\x7f" and before.isalpha()  # many in a row are another alphabet
    return not capital_inside and not beside_another
