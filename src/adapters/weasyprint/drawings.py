"""Pictures and boxes, as HTML: in the line, floating, or placed on the page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.weasyprint import css
from domain.documents.layout.arranged import Flow
from domain.documents.layout.floating import from_left, from_top, side_of
from domain.documents.layout.nodes import Box, Drawing, Picture
from domain.documents.layout.pages import Page

_ROUNDING = 6.0
_VERTICAL = {"center": "center", "bottom": "flex-end"}


@dataclass(slots=True)
class Drawings:
    """`address` gives the URL of a media part, or None where it cannot be shown."""

    address: Callable[[str], str | None]
    write_flow: Callable[[Flow], str]
    pictures: dict[str, Any] = field(default_factory=dict)  # row pictures by their digest

    def add(self, picture: Any) -> str:
        """Keep a picture of the row; its name."""
        self.pictures[picture.digest] = picture
        return str(picture.digest)

    def inline(self, drawing: Drawing, shift: float, extra: float) -> str:
        """In the line: its foot on the baseline, `extra` below it, `shift` as the paragraph's."""
        box = css.style(
            display="inline-block",
            position="relative",
            top=css.pt(-shift),
            vertical_align=css.pt(-shift - extra),
            padding_bottom=css.pt(extra),
            line_height="0",
            text_indent="0",
        )
        return f"<span{box}>{self.content(drawing.content)}</span>"

    def content(self, content: Picture | Box) -> str:
        return self._picture(content) if isinstance(content, Picture) else self._box(content)

    def _picture(self, picture: Picture) -> str:
        address = self.address(picture.media)
        size = {"width": css.pt(picture.width), "height": css.pt(picture.height)}
        if address is None:
            return f"<span{css.style(display='inline-block', **size)}></span>"
        turn = f"rotate({picture.rotation:g}deg)" if picture.rotation else None
        alt = css.quoted(picture.description)
        if not any(picture.crop):
            return f"<img src={css.quoted(address)} alt={alt}{css.style(**size, transform=turn)}>"
        left, top, right, bottom = picture.crop
        width = picture.width / max(1 - left - right, 0.01)
        height = picture.height / max(1 - top - bottom, 0.01)
        inner = css.style(
            width=css.pt(width),
            height=css.pt(height),
            margin_left=css.pt(-width * left),
            margin_top=css.pt(-height * top),
        )
        outer = css.style(display="inline-block", overflow="hidden", transform=turn, **size)
        return f"<span{outer}><img src={css.quoted(address)} alt={alt}{inner}></span>"

    def _box(self, box: Box) -> str:
        top, right, bottom, left = box.padding
        flat = box.height < 1 or box.width < 1
        size = {"width": css.pt(box.width)}
        size["min_height" if box.grows else "height"] = css.pt(box.height)
        if flat and box.border:
            edge = "border_top" if box.height < 1 else "border_left"
            line = css.style(display="block", **{edge: css.border(box.border)}, **size)
            return f"<span{line}></span>"
        outer = css.style(
            display="flex" if box.vertical != "top" else "block",
            flex_direction="column" if box.vertical != "top" else None,
            justify_content=_VERTICAL.get(box.vertical),
            box_sizing="border-box",
            padding=" ".join(css.pt(side) for side in (top, right, bottom, left)),
            background=css.color(box.fill) if box.fill else None,
            border=css.border(box.border),
            border_radius="50%" if box.ellipse else css.pt(_ROUNDING) if box.rounded else None,
            line_height="normal",
            **size,
        )
        flow = box.blocks
        body = self.write_flow(flow) if isinstance(flow, Flow) else ""
        return f"<div{outer}>{body}</div>"

    # ---- anchored

    def floating(self, drawing: Drawing, page: Page, column: float) -> str:
        """Text runs past it; it comes before the paragraph it belongs to."""
        side = side_of(drawing, page, column)
        top, right, bottom, left = drawing.distance
        start = from_left(drawing, page, column)
        end = start + drawing.content.width
        if side == "left":
            left = start
        else:
            right = column - end
        margin = " ".join(
            css.pt(side) for side in (max(drawing.y.offset, 0.0) + top, right, bottom, left)
        )
        box = css.style(float=side, margin=margin, line_height="0")
        return f"<div{box}>{self.content(drawing.content)}</div>"

    def above(self, drawing: Drawing, page: Page, column: float) -> str:
        """Text keeps above and below it."""
        top, _, bottom, _ = drawing.distance
        box = css.style(
            margin_left=css.pt(from_left(drawing, page, column)),
            padding_top=css.pt(max(drawing.y.offset, 0.0) + top),
            padding_bottom=css.pt(bottom),
            line_height="0",
        )
        return f"<div{box}>{self.content(drawing.content)}</div>"

    def placed(self, drawing: Drawing, page: Page, column: float, top: float | None) -> str:
        """At a fixed place; `top` is the region's distance from the paper's edge.

        None when the place counts from the paragraph, whose wrapper is then the reference.
        """
        if drawing.y.frame == "paragraph" or top is None:
            down = drawing.y.offset
        else:
            down = from_top(drawing, page) - top
        behind = drawing.wrap.value == "behind"
        box = css.style(
            position="absolute",
            left=css.pt(from_left(drawing, page, column)),
            top=css.pt(down),
            z_index="-1" if behind else "1",
            line_height="0",
        )
        return f"<div{box}>{self.content(drawing.content)}</div>"
