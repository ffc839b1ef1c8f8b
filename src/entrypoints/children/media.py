"""The inside of a media child; what a method needs is loaded when it is called."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.runtime.child import Call, Methods


def methods(settings: Mapping[str, object]) -> Methods:
    for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when numpy is loaded
        os.environ[library] = "1"
    return {
        "probe": probe,
        "listen": listen,
        "look": look,
        "grab": grab,
        "cut": cut,
        "captions": captions,
    }


def probe(call: Call) -> Any:
    from adapters.media.messages import ProbeCall
    from adapters.media.probing import probe as probed

    asked = call.read(ProbeCall)
    return probed(
        Path(asked.source), language=asked.language, track=asked.track, limit_ms=asked.limit_ms
    )


def listen(call: Call) -> Any:
    from adapters.media.listening import listen as listened
    from adapters.media.messages import ListenCall

    asked = call.read(ListenCall)
    return listened(Path(asked.source), asked, call.scratch, call.emit)


def look(call: Call) -> Any:
    from adapters.media.looking import look as looked
    from adapters.media.messages import LookCall

    asked = call.read(LookCall)
    return looked(Path(asked.source), asked, call.emit)


def grab(call: Call) -> Any:
    from adapters.media.grabbing import grab as grabbed
    from adapters.media.messages import GrabCall

    asked = call.read(GrabCall)
    return grabbed(Path(asked.source), asked, call.scratch)


def cut(call: Call) -> Any:
    from adapters.media.cutting import cut as cut_out
    from adapters.media.messages import CutCall

    asked = call.read(CutCall)
    return cut_out(Path(asked.source), asked, call.scratch / asked.target)


def captions(call: Call) -> Any:
    from adapters.media.captions import captions as read
    from adapters.media.messages import CaptionsCall

    asked = call.read(CaptionsCall)
    return read(Path(asked.source), asked)
