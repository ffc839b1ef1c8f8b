"""File names: a stranger's name made harmless, and the header that offers it to a browser."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

LONGEST: Final = 120  # bytes of UTF-8
_LONGEST_EXTENSION: Final = 16
_JOINERS: Final = frozenset("\u200c\u200d")  # Persian words and emoji need them; they hide nothing
_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_TOKEN: Final = "!#$&+-.^_`|~"  # RFC 8187 attr-char besides letters and digits  # noqa: S105


def safe_file_name(raw: str, fallback: str = "file") -> str:
    """A name that means the same on every file system: no folder, no control, at most 120 bytes.

    Line and direction controls go, characters that some system forbids become `_`, names that
    Windows reserves get a leading `_`; the extension survives shortening.
    """
    name = raw.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    name = "".join(_visible(character) for character in unicodedata.normalize("NFC", name))
    name = " ".join(name.split()).strip(". ")
    name = _shortened(name)
    if _RESERVED.fullmatch(name.split(".", maxsplit=1)[0].strip()):
        name = f"_{name}"
    return name or fallback


def content_disposition(file_name: str) -> str:
    """The `Content-Disposition` of a download (RFC 6266, RFC 8187); always an attachment."""
    name = safe_file_name(file_name)
    return f"attachment; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe=_TOKEN)}"


def _visible(character: str) -> str:
    if character in _FORBIDDEN:
        return "_"
    if character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category in {"Zs", "Zl", "Zp"}:
        return " "
    return "" if category.startswith("C") else character


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem or len(extension.encode()) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    room = LONGEST - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension


def _ascii(name: str) -> str:
    """For clients that cannot read `filename*`; `%` would be decoded by some of them."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9 !#$&'()+,.;=@^_`{}~-]", "_", plain)
