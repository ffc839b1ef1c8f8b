"""A DrawingML shape: its outline, its fill, and the text in it."""

from typing import Final

from adapters.docx.layout.context import Part, TableLayer
from adapters.docx.layout.edges import mixed
from adapters.docx.layout.names import WPS, A, W, child, emu, local, number
from adapters.docx.layout.theme import Theme
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.nodes import Block, Box
from domain.documents.layout.styles import Border, LineKind

_PLAIN: Final = {"rect", "flowChartProcess", "textBox", "snip1Rect", "flowChartAlternateProcess"}
_ROUND: Final = {"roundRect", "flowChartAlternateProcess", "round2SameRect", "round1Rect"}
_OVAL: Final = {"ellipse", "flowChartConnector"}
_LINES: Final = {"line", "straightConnector1"}
_VERTICAL: Final = {"t": "top", "ctr": "center", "b": "bottom"}
_DASHES: Final = {"sysDot": LineKind.DOTTED, "dot": LineKind.DOTTED, "solid": LineKind.SINGLE}
_INSETS: Final = {"tIns": 3.6, "rIns": 7.2, "bIns": 3.6, "lIns": 7.2}


def read_shape(part: Part, element: Element, width: float, height: float) -> Box:
    """The box that stands for a `wps:wsp`."""
    theme = part.document.theme
    properties = child(element, WPS + "spPr")
    form = child(properties, A + "prstGeom")
    name = "" if form is None else form.get("prst") or ""
    _check(part, properties, name)
    style = child(element, WPS + "style")
    border = _outline(properties, style, theme)
    fill = "" if name in _LINES else _fill(properties, style, theme)
    body = child(element, WPS + "bodyPr")
    content = child(element, WPS + "txbx", W + "txbxContent")
    blocks: tuple[Block, ...] = ()
    if content is not None:
        with part.inside(layer=TableLayer(), fields=[], in_cell=True) as shallow:
            blocks = part.read_blocks(part, content) if shallow else ()
    return Box(
        width=width,
        height=height,
        blocks=blocks,
        fill=fill,
        border=border,
        padding=_padding(body),
        vertical=_VERTICAL.get("" if body is None else body.get("anchor") or "", "top"),
        grows=child(body, A + "spAutoFit") is not None,
        rounded=name in _ROUND,
        ellipse=name in _OVAL,
    )


def _check(part: Part, properties: Element | None, name: str) -> None:
    if name not in _PLAIN | _ROUND | _OVAL | _LINES:
        part.report(
            "drawing.shape",
            f"the shape “{name or 'free form'}” is drawn as a rectangle",
            Fidelity.NEEDS_HIGH_FIDELITY,
        )
    form = child(properties, A + "xfrm")
    if form is not None and number(form.get("rot")):
        part.report("drawing.rotation", "the shape is not turned", Fidelity.NEEDS_HIGH_FIDELITY)
    if any(
        child(properties, A + kind) is not None for kind in ("gradFill", "blipFill", "pattFill")
    ):
        part.report("drawing.fill", "the shape's fill is left out")


def _fill(properties: Element | None, style: Element | None, theme: Theme) -> str:
    if child(properties, A + "noFill") is not None:
        return ""
    solid = child(properties, A + "solidFill")
    if solid is not None:
        return drawing_color(solid, theme)
    reference = child(style, A + "fillRef")
    return drawing_color(reference, theme) if _counts(reference) else ""


def _outline(properties: Element | None, style: Element | None, theme: Theme) -> Border | None:
    line = child(properties, A + "ln")
    reference = child(style, A + "lnRef")
    if child(line, A + "noFill") is not None:
        return None
    solid = child(line, A + "solidFill")
    if solid is None and not _counts(reference):
        return None
    color = drawing_color(solid if solid is not None else reference, theme) or "000000"
    width = 0.0 if line is None else emu(line.get("w"))
    dash = child(line, A + "prstDash")
    kind = LineKind.SINGLE
    if dash is not None:
        kind = _DASHES.get(dash.get("val") or "", LineKind.DASHED)
    return Border(kind, width or 0.75, color)


def _counts(reference: Element | None) -> bool:
    return reference is not None and (reference.get("idx") or "0") != "0"


def drawing_color(parent: Element, theme: Theme) -> str:
    """The colour in a fill or line; lightened and darkened as it says."""
    for element in parent:
        name = local(element)
        if name == "srgbClr":
            return _changed(element, (element.get("val") or "000000").upper())
        if name == "schemeClr":
            return _changed(element, theme.color(element.get("val") or "") or "000000")
        if name == "sysClr":
            return (element.get("lastClr") or "000000").upper()
        if name == "prstClr":
            return {"white": "FFFFFF", "black": "000000"}.get(element.get("val") or "", "808080")
    return ""


def _changed(element: Element, color: str) -> str:
    for change in element:
        share = (number(change.get("val")) or 0.0) / 100_000
        if local(change) in {"lumMod", "shade"}:
            color = mixed(color, "000000", share)
        elif local(change) == "lumOff":
            color = mixed("FFFFFF", color, share)
        elif local(change) == "tint":
            color = mixed(color, "FFFFFF", share)
    return color


def _padding(body: Element | None) -> tuple[float, float, float, float]:
    top, right, bottom, left = (
        default if body is None or body.get(name) is None else emu(body.get(name))
        for name, default in _INSETS.items()
    )
    return (top, right, bottom, left)
