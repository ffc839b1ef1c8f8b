"""Parts of a note: what each stage made, so that a later run repeats only what changed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.notes.note import Stage


class PartState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"  # given up; the note goes on without it


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`input` is the SHA-256 of all that went in (material, options, engine, prompts).

    `result` is small and JSON; what is large lies in the store under `key`.
    """

    stage: Stage
    shard: int = 0
    input: str
    state: PartState = PartState.WAITING
    result: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    error: Mapping[str, Any] | None = None
    wall_ms: int = 0
    cpu_ms: int = 0
    done_at: datetime | None = None


class Landed(StrEnum):
    """What the end of a part means for its stage."""

    GOES_ON = "goes-on"
    LAST = "last"  # of its stage: whoever hears this enqueues what comes next
    TOO_LATE = "too-late"  # the note was cancelled or runs anew, or somebody else was first


def digest_of(*material: object) -> str:
    """The SHA-256 of plain values, as `Part.input` wants it; their order matters."""
    plain = json.dumps(material, default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()
