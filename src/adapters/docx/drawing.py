"""A picture in a line of text, as Word writes it."""

from xml.sax.saxutils import quoteattr

from adapters.docx.wordml import DRAWING, PICTURE, WP, R
from domain.documents.bindings import Image


def inline_picture(picture: Image, relationship: str, number: int) -> bytes:
    """A w:drawing to stand in a run; `number` must differ over the whole document."""
    size = f'cx="{picture.width}" cy="{picture.height}"'
    alt = quoteattr(_plain(picture.alt))
    return (
        f'<w:drawing><wp:inline xmlns:wp="{WP}" distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent {size}/><wp:docPr id="{number}" name="Picture {number}" descr={alt}/>'
        f'<wp:cNvGraphicFramePr><a:graphicFrameLocks xmlns:a="{DRAWING}" noChangeAspect="1"/>'
        f'</wp:cNvGraphicFramePr><a:graphic xmlns:a="{DRAWING}">'
        f'<a:graphicData uri="{PICTURE}"><pic:pic xmlns:pic="{PICTURE}">'
        f'<pic:nvPicPr><pic:cNvPr id="{number}" name="Picture {number}"/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip xmlns:r="{R}" r:embed="{relationship}"/>'
        f"<a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm>'
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
        f"</a:graphicData></a:graphic></wp:inline></w:drawing>"
    ).encode()


def _plain(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())
