"""Sheets read inside a child process, as workers read them."""

from collections.abc import Mapping
from typing import Any

from adapters.runtime.child import Call, Methods
from adapters.sheets.opening import open_sheet


def methods(settings: Mapping[str, Any]) -> Methods:
    return {"read": read}


def read(call: Call) -> dict[str, Any]:
    sheet = open_sheet(call.scratch / call.read(str))
    return {
        "columns": sheet.summary.columns,
        "rows": sum(1 for _ in sheet.rows()),
    }
