"""A documents child in which certain rows kill it, as a defect of a native library would."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.docx.filler import Filler
from adapters.runtime.child import Methods
from entrypoints.children import documents

DEADLY = "tests/support/deadly_documents"
TARGET = "deadly_documents:methods"
KILLER = "this name kills"
SLOW_ONCE = "this name takes long the first time"
DEFECTIVE = "this name meets a defect"


def methods(settings: Mapping[str, object]) -> Methods:
    tail = Filler.tail

    def dying(filler: Filler, row: Mapping[str, Any]) -> Any:
        if KILLER in row.values():
            os.kill(os.getpid(), signal.SIGKILL)
        if SLOW_ONCE in row.values() and not (been := Path(os.environ["HOME"], "been")).exists():
            been.touch()
            time.sleep(60)
        if DEFECTIVE in row.values():
            raise LookupError(f"nothing for {DEFECTIVE}")
        return tail(filler, row)

    Filler.tail = dying  # type: ignore[method-assign,assignment]
    return documents.methods(settings)
