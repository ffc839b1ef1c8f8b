"""The older drawing language: pictures and text boxes of `w:pict` and `w:object`."""

from collections.abc import Callable
from typing import Final

from adapters.docx.layout.context import Inlines, Part, TableLayer
from adapters.docx.layout.names import R, V, W, child, local, points
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.nodes import Block, Box, Drawing, Picture, Place, Wrap
from domain.documents.layout.styles import Border, TextStyle

_SHAPES: Final = frozenset(V + name for name in ("shape", "rect", "roundrect", "oval", "line"))
_WATERMARK: Final = "PowerPlusWaterMarkObject"
_NAMED: Final = {
    "white": "FFFFFF", "black": "000000", "red": "FF0000", "blue": "0000FF", "green": "008000",
    "yellow": "FFFF00", "silver": "C0C0C0", "gray": "808080",
}  # fmt: skip
_FRAMES: Final = {"margin": "margin", "page": "page", "text": "column", "char": "column"}
FindMedia = Callable[[Part, str], str | None]


def vml_drawings(part: Part, element: Element, style: TextStyle, media: FindMedia) -> Inlines:
    """The pictures and boxes in an element; what we cannot draw is reported."""
    found: Inlines = []
    for shape in element.iter(*_SHAPES):
        if any(above.tag in _SHAPES for above in shape.iterancestors() if above is not element):
            continue
        content = _content(part, shape, media)
        if content is not None:
            found.append(_placed(shape, content, style))
    for group in element.iterchildren(V + "group"):
        part.report("drawing.group", "grouped shapes lose their places", _HIGH)
        del group
    return found


_HIGH: Final = Fidelity.NEEDS_HIGH_FIDELITY


def _content(part: Part, shape: Element, media: FindMedia) -> Picture | Box | None:
    css = _css(shape)
    width, height = _length(css, "width"), _length(css, "height")
    image = child(shape, V + "imagedata")
    if image is not None:
        name = media(part, image.get(R + "id") or image.get(R + "pict") or "")
        return (
            Box(width=width, height=height)
            if name is None
            else Picture(media=name, width=width, height=height)
        )
    if child(shape, V + "textpath") is not None or _WATERMARK in (shape.get("id") or ""):
        part.report("drawing.word-art", "letters set along a shape are left out", _HIGH)
        return None
    content = child(shape, V + "textbox", W + "txbxContent")
    if content is None and not _visible(shape):
        return None
    blocks: tuple[Block, ...] = ()
    if content is not None:
        with part.inside(layer=TableLayer(), fields=[], in_cell=True) as shallow:
            blocks = part.read_blocks(part, content) if shallow else ()
    if local(shape) == "shape" and content is None:
        part.report("drawing.shape", "the shape is drawn as a rectangle", _HIGH)
    return Box(
        width=width,
        height=height,
        blocks=blocks,
        fill=_fill(shape),
        border=_border(shape),
        padding=_insets(child(shape, V + "textbox")),
        grows="mso-fit-shape-to-text:t" in (_textbox_style(shape)),
        rounded=local(shape) == "roundrect",
        ellipse=local(shape) == "oval",
    )


def _visible(shape: Element) -> bool:
    return _border(shape) is not None or bool(_fill(shape))


def _placed(shape: Element, content: Picture | Box, style: TextStyle) -> Drawing:
    css = _css(shape)
    if css.get("position") != "absolute":
        return Drawing(content=content, style=style)
    wrap = next((e.get("type") for e in shape if local(e) == "wrap"), None)
    behind = css.get("z-index", "0").startswith("-")
    kinds = {"square": Wrap.SQUARE, "tight": Wrap.SQUARE, "topAndBottom": Wrap.TOP_BOTTOM}
    return Drawing(
        content=content,
        style=style,
        wrap=kinds.get(wrap or "", Wrap.BEHIND if behind else Wrap.FRONT),
        x=_place(css, "horizontal", "margin-left", "column"),
        y=_place(css, "vertical", "margin-top", "paragraph"),
        distance=(0.0, 9.0, 0.0, 9.0),
    )


def _place(css: dict[str, str], axis: str, offset: str, default: str) -> Place:
    frame = css.get(f"mso-position-{axis}-relative", "")
    frame = "paragraph" if axis == "vertical" and frame == "text" else _FRAMES.get(frame, default)
    align = {
        "left": "start", "top": "start", "center": "center", "right": "end", "bottom": "end",
    }.get(css.get(f"mso-position-{axis}", ""), "")  # fmt: skip
    return Place(frame=frame, offset=_length(css, offset), align=align)


def _css(shape: Element) -> dict[str, str]:
    pairs = (entry.partition(":") for entry in (shape.get("style") or "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def _length(css: dict[str, str], name: str) -> float:
    return points(css.get(name), 1) or 0.0


def _textbox_style(shape: Element) -> str:
    box = child(shape, V + "textbox")
    return "" if box is None else (box.get("style") or "").replace(" ", "")


def _fill(shape: Element) -> str:
    if (shape.get("filled") or "t") in {"f", "false"} or shape.get("fillcolor") is None:
        return ""
    return _color(shape.get("fillcolor"))


def _border(shape: Element) -> Border | None:
    if (shape.get("stroked") or "t") in {"f", "false"} or child(shape, V + "imagedata") is not None:
        return None
    width = points(shape.get("strokeweight"), 1) or 0.75
    return Border(width=width, color=_color(shape.get("strokecolor")) or "000000")


def _color(text: str | None) -> str:
    name = (text or "").split(" ")[0].lstrip("#").lower()
    if name in _NAMED:
        return _NAMED[name]
    if len(name) == 3:  # noqa: PLR2004  the short form of a colour
        name = "".join(letter * 2 for letter in name)
    if len(name) == 6 and all(letter in "0123456789abcdef" for letter in name):  # noqa: PLR2004
        return name.upper()
    return ""


def _insets(box: Element | None) -> tuple[float, float, float, float]:
    said = [] if box is None else (box.get("inset") or "").split(",")
    default = (7.2, 3.6, 7.2, 3.6)
    left, top, right, bottom = (
        default[at]
        if at >= len(said) or not said[at].strip()
        else points(said[at].strip(), 12_700) or 0.0
        for at in range(4)
    )
    return (top, right, bottom, left)
