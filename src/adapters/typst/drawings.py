"""Pictures and boxes, as Typst code: in the line, or placed on the page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.typst.code import color, pt, string
from adapters.typst.places import Place
from domain.documents.layout.arranged import Flow
from domain.documents.layout.floating import from_left, from_top
from domain.documents.layout.nodes import Box, Drawing, Picture
from domain.documents.layout.styles import Border, LineKind

_ALIGN = {"start": "left", "center": "center", "end": "right"}
_ROUNDING = 6.0


@dataclass(slots=True)
class Drawings:
    """`paths` leads from media parts to files below the root; parts without one stay blank."""

    paths: Mapping[str, str]
    write_flow: Callable[[Flow], str]

    def inline(self, drawing: Drawing, extra: float) -> str:
        """In the line; `extra` is the room that the line's spacing leaves below."""
        below = f"inset: (bottom: {pt(extra)}), baseline: {pt(extra)}, " if extra else ""
        return f"box({below}{self.content(drawing.content)})"

    def content(self, content: Picture | Box) -> str:
        return self._picture(content) if isinstance(content, Picture) else self._box(content)

    def _picture(self, picture: Picture) -> str:
        path = self.paths.get(picture.media)
        size = f"width: {pt(picture.width)}, height: {pt(picture.height)}"
        if path is None:
            return f"block({size})"
        if any(picture.crop):
            code = self._cropped(picture, path)
        else:
            alt = f", alt: {string(picture.description)}" if picture.description else ""
            code = f'image({string(path)}, {size}, fit: "stretch"{alt})'
        if picture.rotation:
            code = f"rotate({picture.rotation:g}deg, reflow: true, {code})"
        return code

    def _cropped(self, picture: Picture, path: str) -> str:
        left, top, right, bottom = picture.crop
        width = picture.width / max(1 - left - right, 0.01)
        height = picture.height / max(1 - top - bottom, 0.01)
        image = f'image({string(path)}, width: {pt(width)}, height: {pt(height)}, fit: "stretch")'
        return (
            f"block(width: {pt(picture.width)}, height: {pt(picture.height)}, clip: true, "
            f"place(dx: {pt(-width * left)}, dy: {pt(-height * top)}, {image}))"
        )

    def _box(self, box: Box) -> str:
        if box.height < 1 and box.border:  # a line drawn across
            return f"line(length: {pt(box.width)}, stroke: {stroke(box.border)})"
        if box.width < 1 and box.border:
            return f"line(angle: 90deg, length: {pt(box.height)}, stroke: {stroke(box.border)})"
        height = "auto" if box.grows else pt(box.height)
        top, right, bottom, left = box.padding
        settings = [f"width: {pt(box.width)}", f"height: {height}"]
        if box.fill:
            settings.append(f"fill: {color(box.fill)}")
        if box.border:
            settings.append(f"stroke: {stroke(box.border)}")
        if box.rounded:
            settings.append(f"radius: {pt(_ROUNDING)}")
        settings.append(
            f"inset: (top: {pt(top)}, right: {pt(right)}, bottom: {pt(bottom)}, left: {pt(left)})"
        )
        flow = box.blocks
        body = self.write_flow(flow) if isinstance(flow, Flow) else ""
        if box.vertical != "top":
            where = {"center": "horizon", "bottom": "bottom"}[box.vertical]
            body = f"#align({where})[{body}]"
        shape = "ellipse" if box.ellipse else "block"
        return f"{shape}({', '.join(settings)})[{body}]"

    # ---- anchored

    def placed(self, drawing: Drawing, place: Place) -> str:
        """A statement that draws at a fixed place and takes no room."""
        column = place.page.text_width if place.width is None else place.width
        y, dy = _down(drawing, place)
        dx = from_left(drawing, place.page, column)
        where = f"{y} + left" if y else "left"
        return f"place({where}, dx: {pt(dx)}, dy: {pt(dy)}, {self.content(drawing.content)})"

    def above(self, drawing: Drawing, place: Place) -> str:
        """Text keeps above and below it: it stands in the flow, before its paragraph."""
        align = _ALIGN.get(drawing.x.align, "left")
        offset = drawing.x.offset if align == "left" else 0.0
        if drawing.x.frame == "page" and align == "left":
            offset -= place.page.left
        top, _, bottom, _ = drawing.distance
        return (
            f"block(above: 0pt, width: 100%, inset: (top: {pt(max(drawing.y.offset, 0.0) + top)}, "
            f"bottom: {pt(bottom)}), align({align}, pad(left: {pt(offset)}, "
            f"{self.content(drawing.content)})))"
        )


def _down(drawing: Drawing, place: Place) -> tuple[str, float]:
    """An alignment in the region, and the way down from there; "" where the paragraph stands."""
    if drawing.y.frame == "paragraph" or place.region == "inner":
        return "", drawing.y.offset
    page, start = place.page, from_top(drawing, place.page)
    if place.region == "header":
        return "top", start - page.header
    if place.region == "footer":
        return "bottom", start + drawing.content.height - (page.height - page.footer)
    return "top", start - page.top


def stroke(border: Border) -> str:
    """The stroke of one edge; a double line is drawn by whoever owns the edge."""
    paint = color(border.color)
    if border.kind is LineKind.DOTTED:
        return f'(thickness: {pt(border.width)}, paint: {paint}, dash: "dotted")'
    if border.kind is LineKind.DASHED:
        return f'(thickness: {pt(border.width)}, paint: {paint}, dash: "dashed")'
    return f"{pt(border.width)} + {paint}"
