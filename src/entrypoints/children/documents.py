"""The inside of a documents child; what a method needs is loaded when it is first called."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from adapters.runtime.child import Call, Methods


def methods(settings: Mapping[str, object]) -> Methods:
    """`settings` may name LibreOffice's program as `office`."""
    program = settings.get("office")
    desk = _Desk(Path(str(program)) if program else None)
    return {
        "knows": desk.of_template("knows"),
        "inspect": desk.of_template("inspect"),
        "annotate": desk.of_template("annotate"),
        "fill": desk.of_template("fill"),
        "preview": desk.of_template("preview"),
        "render": desk.of_shard("render"),
        "inspect_sheet": _of_sheet("inspect_sheet"),
        "take_in": _of_sheet("take_in"),
        "report": _of_sheet("report"),
    }


class _Desk:
    """Engines share the templates that are compiled already."""

    def __init__(self, office: Path | None) -> None:
        self._office = office

    @cached_property
    def bench(self) -> Any:
        from entrypoints.children.workbench import Workbench

        return Workbench()

    def of_template(self, name: str) -> Callable[[Call], Any]:
        def method(call: Call) -> Any:
            from entrypoints.children.templates import TemplateWork

            return getattr(TemplateWork(self.bench, self._office), name)(call)

        return method

    def of_shard(self, name: str) -> Callable[[Call], Any]:
        def method(call: Call) -> Any:
            from entrypoints.children.shards import ShardWork

            return getattr(ShardWork(self.bench, self._office), name)(call)

        return method


def _of_sheet(name: str) -> Callable[[Call], Any]:
    def method(call: Call) -> Any:
        from entrypoints.children import sheets

        return getattr(sheets, name)(call)

    return method
