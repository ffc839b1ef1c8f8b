"""Pictures, text boxes and shapes, in the line or anchored beside the text."""

from typing import Final

from adapters.docx.layout.context import Inlines, Part
from adapters.docx.layout.names import PIC, WP, WPS, A, R, child, emu, local, number
from adapters.docx.layout.shapes import read_shape
from adapters.docx.layout.vml import vml_drawings
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.nodes import Box, Drawing, Picture, Place, Wrap
from domain.documents.layout.styles import TextStyle

_SHOWN: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".jfif")
_WRAPS: Final = {
    "wrapSquare": Wrap.SQUARE, "wrapTight": Wrap.SQUARE, "wrapThrough": Wrap.SQUARE,
    "wrapTopAndBottom": Wrap.TOP_BOTTOM,
}  # fmt: skip
_FRAMES: Final = {
    "page": "page", "margin": "margin", "column": "column", "character": "column",
    "paragraph": "paragraph", "line": "paragraph", "leftMargin": "page", "topMargin": "page",
}  # fmt: skip
_ALIGNS: Final = {
    "left": "start", "inside": "start", "top": "start", "center": "center", "right": "end",
    "outside": "end", "bottom": "end",
}  # fmt: skip
_LOST: Final = {
    "chart": ("drawing.chart", "the chart is left blank"),
    "dgm": ("drawing.diagram", "the diagram is left blank"),
    "wpg": ("drawing.group", "grouped shapes are left blank"),
    "wpc": ("drawing.canvas", "the drawing canvas is left blank"),
}


def read_drawing(part: Part, element: Element, style: TextStyle) -> Inlines:
    """What a `w:drawing` shows: nothing when hidden, an empty box when we cannot draw it."""
    found: Inlines = []
    for frame in element:
        if local(frame) not in {"inline", "anchor"}:
            continue
        properties = child(frame, WP + "docPr")
        if properties is not None and properties.get("hidden") in {"1", "true"}:
            continue
        content = _content(part, frame)
        if content is None:
            continue
        if local(frame) == "inline":
            found.append(Drawing(content=content, style=style))
        else:
            found.append(_anchored(part, frame, content, style))
    return found


def _content(part: Part, frame: Element) -> Picture | Box | None:
    extent = child(frame, WP + "extent")
    width, height = (0.0, 0.0) if extent is None else (emu(extent.get("cx")), emu(extent.get("cy")))
    data = child(frame, A + "graphic", A + "graphicData")
    inner = None if data is None else next(iter(data.iterchildren("{*}*")), None)
    if inner is None:
        return None
    if inner.tag == PIC + "pic":
        properties = child(frame, WP + "docPr")
        description = "" if properties is None else properties.get("descr") or ""
        return _picture(part, inner, width, height, description)
    if inner.tag == WPS + "wsp":
        return read_shape(part, inner, width, height)
    kind = (data.get("uri") or "").rpartition("/")[2]
    feature, effect = _LOST.get(
        {"chart": "chart", "diagram": "dgm", "wordprocessingGroup": "wpg"}.get(kind, "wpc"),
        _LOST["wpc"],
    )
    part.report(feature, effect, Fidelity.NEEDS_HIGH_FIDELITY)
    return Box(width=width, height=height)


def _picture(
    part: Part, element: Element, width: float, height: float, description: str
) -> Picture | Box:
    fill = child(element, PIC + "blipFill")
    blip = child(fill, A + "blip")
    media = None if blip is None else media_part(part, blip.get(R + "embed") or "")
    if media is None:
        return Box(width=width, height=height)
    _warn_effects(part, blip)
    form = child(element, PIC + "spPr", A + "xfrm")
    rotation = 0.0 if form is None else (number(form.get("rot")) or 0.0) / 60_000
    flipped = form is not None and "1" in {form.get("flipH"), form.get("flipV")}
    if flipped:
        part.report("picture.flip", "the picture is not mirrored")
    if rotation % 180 == 90:  # noqa: PLR2004  the extent is that of the picture lying on its side
        width, height = height, width
    return Picture(
        media=media,
        width=width,
        height=height,
        crop=_crop(child(fill, A + "srcRect")),
        rotation=rotation,
        description=description,
    )


def media_part(part: Part, relation_id: str) -> str | None:
    """The picture behind a relation, when we can draw its format."""
    relation = part.document.package.relations(part.name).get(relation_id)
    if relation is None or relation.external:
        part.report(
            "picture.external",
            "a linked picture is never fetched and stays blank",
            Fidelity.NEEDS_HIGH_FIDELITY,
        )
        return None
    if not relation.target.lower().endswith(_SHOWN):
        kind = relation.target.rpartition(".")[2].upper()
        part.report(
            "picture.format",
            f"the {kind} picture stays blank",
            Fidelity.NEEDS_HIGH_FIDELITY,
        )
        return None
    if not part.document.package.has(relation.target):
        part.report("picture.missing", "the file lacks this picture; it stays blank")
        return None
    part.document.media.setdefault(relation.target)
    return relation.target


def _warn_effects(part: Part, blip: Element) -> None:
    effects = {"duotone", "grayscl", "biLevel", "lum", "clrChange", "alphaModFix"}
    if any(local(effect) in effects for effect in blip):
        part.report("picture.effect", "the picture keeps its own colours")


def _crop(rectangle: Element | None) -> tuple[float, float, float, float]:
    if rectangle is None:
        return (0.0, 0.0, 0.0, 0.0)
    left, top, right, bottom = (
        min(max((number(rectangle.get(side)) or 0.0) / 100_000, 0.0), 0.99) for side in "ltrb"
    )
    return (left, top, right, bottom)


def _anchored(part: Part, frame: Element, content: Picture | Box, style: TextStyle) -> Drawing:
    wrap = next((_WRAPS[name] for e in frame if (name := local(e)) in _WRAPS), None)
    if wrap is None:
        wrap = Wrap.BEHIND if frame.get("behindDoc") in {"1", "true"} else Wrap.FRONT
    top, right, bottom, left = (emu(frame.get(f"dist{side}")) for side in "TRBL")
    return Drawing(
        content=content,
        style=style,
        wrap=wrap,
        x=_place(part, child(frame, WP + "positionH"), "column"),
        y=_place(part, child(frame, WP + "positionV"), "paragraph"),
        distance=(top, right, bottom, left),
    )


def _place(part: Part, element: Element | None, default: str) -> Place:
    if element is None:
        return Place(frame=default)
    said = element.get("relativeFrom") or default
    if said not in _FRAMES:
        part.report("drawing.place", f"a place counted from “{said}” is counted from the margin")
    frame = _FRAMES.get(said, "margin")
    align = child(element, WP + "align")
    if align is not None:
        return Place(frame=frame, align=_ALIGNS.get((align.text or "").strip(), "start"))
    offset = child(element, WP + "posOffset")
    return Place(frame=frame, offset=0.0 if offset is None else emu((offset.text or "").strip()))


def read_picture(part: Part, element: Element, style: TextStyle) -> Inlines:
    """A `w:pict` of the older drawing language."""
    return vml_drawings(part, element, style, media_part)


def read_object(part: Part, element: Element, style: TextStyle) -> Inlines:
    """An embedded object shows its picture."""
    found = vml_drawings(part, element, style, media_part)
    if not found:
        part.report(
            "drawing.object", "the embedded object is left out", Fidelity.NEEDS_HIGH_FIDELITY
        )
    return found
