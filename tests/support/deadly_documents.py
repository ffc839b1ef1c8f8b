"""A documents child in which certain rows kill it, as a defect of a native library would."""

import os
import signal
from collections.abc import Mapping
from typing import Any

from adapters.docx.filler import Filler
from adapters.runtime.child import Methods
from entrypoints.children import documents

DEADLY = "tests/support/deadly_documents"
TARGET = "deadly_documents:methods"
KILLER = "this name kills"
DEFECTIVE = "this name meets a defect"


def methods(settings: Mapping[str, object]) -> Methods:
    tail = Filler.tail

    def dying(filler: Filler, row: Mapping[str, Any]) -> Any:
        if KILLER in row.values():
            os.kill(os.getpid(), signal.SIGKILL)
        if DEFECTIVE in row.values():
            raise LookupError(f"nothing for {DEFECTIVE}")
        return tail(filler, row)

    Filler.tail = dying  # type: ignore[method-assign,assignment]
    return documents.methods(settings)
