"""Pictures from rows: checked before they are decoded, and written anew without what they hid."""

import base64
import binascii
import hashlib
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from adapters.docx.limits import DEFAULT_LIMITS, Limits
from domain.documents.bindings import Image

Resolver = Callable[[str], bytes]  # bytes of what a row names: an artifact's id, or a URL

_DATA_URI: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(;[\w=.+-]+)*?(;base64)?,", re.IGNORECASE)
_MAGIC: Final = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"RIFF": "WEBP",
}
_VECTOR: Final = (b"<svg", b"<?xml", b"\x01\x00\x00\x00", b"\xd7\xcd\xc6\x9a")
_DAMAGE: Final = (UnidentifiedImageError, OSError, ValueError, SyntaxError)
_EMU_PER_INCH: Final = 914_400
_USUAL_DPI: Final = 96
_LARGEST_SIDE: Final = 2_400  # pixels; a page at 200 dots an inch, more prints no better


class BadValue(Exception):
    """Said in words; `code` is public."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Box:
    """Room on paper in EMU. contain keeps the whole picture inside, cover fills it and crops,
    stretch bends; with one side given the other follows, with none the picture has its own size.
    """

    width: int | None = None
    height: int | None = None
    fit: str = "contain"


def fetch(reference: object, resolver: Resolver | None) -> bytes:
    """The bytes a row's value stands for. Raises BadValue."""
    if isinstance(reference, bytes):
        return reference
    if not isinstance(reference, str):
        raise BadValue("documents.image-unreadable", "it is not a data URI or an artifact's id")
    found = _DATA_URI.match(reference[:200])
    if found is None:
        if resolver is None:
            raise BadValue("documents.image-unreadable", "it is not a data URI")
        return resolver(reference.strip())
    if not found[3]:
        raise BadValue("documents.image-unreadable", "its data URI is not base64")
    try:
        return base64.b64decode(reference[found.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadValue("documents.image-unreadable", "its base64 is damaged") from error


def read_picture(content: bytes, box: Box, alt: str = "", limits: Limits = DEFAULT_LIMITS) -> Image:
    """A clean PNG or JPEG for its box. Raises BadValue."""
    if len(content) > limits.image:
        raise BadValue("documents.image-too-large", f"it has {len(content):,} bytes")
    kind = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    if kind is None:
        vector = content.lstrip()[:5].lower().startswith(_VECTOR)
        what = "a drawing (SVG, EMF, WMF)" if vector else "not a picture"
        raise BadValue("documents.image-format", f"it is {what}; use PNG or JPEG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            return _read(content, kind, box, alt, limits)
    except _DAMAGE as error:
        raise BadValue("documents.image-unreadable", "it is damaged") from error


def _read(content: bytes, kind: str, box: Box, alt: str, limits: Limits) -> Image:
    try:
        opened = Pillow.open(BytesIO(content), formats=(kind,))
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise BadValue("documents.image-too-large", "it has too many pixels") from error
    with opened as image:
        if image.width * image.height > limits.pixels:
            size = f"{image.width:,} x {image.height:,} pixels"
            raise BadValue("documents.image-too-large", f"it has {size}")
        upright = ImageOps.exif_transpose(image)
        dpi = _dpi(image)
        natural = tuple(round(side / dpi * _EMU_PER_INCH) for side in upright.size)
        width, height = _size(natural[0], natural[1], box)
        if box.fit == "cover" and box.width and box.height:
            upright = _cropped(upright, box.width / box.height)
        upright.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
        data = _encoded(upright, as_jpeg=kind == "JPEG")
    return Image(
        digest=hashlib.sha256(data).hexdigest(),
        media_type="image/jpeg" if kind == "JPEG" else "image/png",
        content=data,
        width=width,
        height=height,
        alt=alt,
    )


def _size(width: int, height: int, box: Box) -> tuple[int, int]:
    ratio = width / height
    if box.width is None and box.height is None:
        return width, height
    if box.width is None or box.height is None:
        if box.width is not None:
            return box.width, round(box.width / ratio)
        return round((box.height or 0) * ratio), box.height or 0
    if box.fit != "contain":
        return box.width, box.height
    scale = min(box.width / width, box.height / height)
    return round(width * scale), round(height * scale)


def _cropped(image: Pillow.Image, ratio: float) -> Pillow.Image:
    """The middle of a picture, as wide to its height as `ratio` says."""
    width = min(image.width, max(1, round(image.height * ratio)))
    height = min(image.height, max(1, round(image.width / ratio)))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _encoded(image: Pillow.Image, *, as_jpeg: bool) -> bytes:
    buffer = BytesIO()
    if as_jpeg:
        _bare(image.convert("L" if image.mode == "L" else "RGB")).save(buffer, "JPEG", quality=88)
    else:
        opaque = image.mode in {"1", "L", "RGB", "P"} and "transparency" not in image.info
        _bare(image.convert("RGB" if opaque else "RGBA")).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _bare(image: Pillow.Image) -> Pillow.Image:
    """Pixels only: no EXIF, comments, profiles or text chunks."""
    image.info = {}
    return image


def _dpi(image: Pillow.Image) -> float:
    found = image.info.get("dpi", (0, 0))
    try:
        dpi = float(found[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        dpi = 0
    return dpi if 20 <= dpi <= 2_400 else _USUAL_DPI  # noqa: PLR2004
