"""The pictures of a layout as the page engines take them: PNG, JPEG or GIF, of bounded size."""

from io import BytesIO
from typing import Final

from PIL import Image, UnidentifiedImageError

from adapters.docx.package import Package
from domain.documents.layout.findings import Fidelity, Finding
from domain.documents.layout.pages import Layout

_MAGIC: Final = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}
_READ: Final = ("BMP", "TIFF", "WEBP", "PNG", "JPEG", "GIF")
_PIXELS: Final = 40_000_000


def read_media(
    package: Package, layout: Layout, pixels: int = _PIXELS
) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """The pictures by part name, and those that stay blank because nobody can read them."""
    found: dict[str, bytes] = {}
    lost: list[Finding] = []
    for name in layout.media:
        content = _shown(package.archive.read(name), pixels) if name in package.archive else None
        if content is None:
            effect = "the picture cannot be read and stays blank"
            lost.append(Finding("picture.damaged", name, effect, Fidelity.NEEDS_HIGH_FIDELITY))
        else:
            found[name] = content
    return found, tuple(lost)


def picture_format(content: bytes) -> str:
    """png, jpg or gif by its first bytes; "" for anything else."""
    return next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), "")


def _shown(content: bytes, pixels: int) -> bytes | None:
    """The picture itself, or a PNG of it where no engine takes its format; None when broken."""
    try:
        with Image.open(BytesIO(content), formats=_READ) as picture:
            if picture.width * picture.height > pixels:
                return None
            plain = picture_format(content) and picture.mode != "CMYK"
            picture.load()
            if plain:
                return content
            made = BytesIO()
            picture.convert("RGBA" if picture.mode in {"RGBA", "LA", "P"} else "RGB").save(
                made, "PNG"
            )
            return made.getvalue()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
