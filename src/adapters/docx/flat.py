"""The short way for templates without loops, choices and pictures: constant bytes and values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.docx.archive import DEFLATED
from adapters.docx.deflating import Deflate, checksum_by
from adapters.docx.fieldvalues import FieldPlan, Row, Turn
from adapters.docx.presegmented import END, constant_block, stored
from adapters.docx.program import TextHole
from adapters.docx.render import escape, escape_code
from adapters.docx.template import PartProgram
from adapters.docx.zipping import Packed
from domain.documents.bindings import Bindings
from domain.documents.rows import DocumentTooLarge

_TYPICAL: Final = b"Typical value"  # as long as most values are
_MEMORY: Final = 2_048  # texts remembered a value
_WORTH: Final = 1.1  # how much larger a document may get for being made several times faster


@dataclass(slots=True)
class _FlatPart:
    """Constant bytes at even places of `segments`, room for values at odd ones."""

    name: bytes
    segments: list[bytes]
    slots: list[int]  # which value stands in each room
    blocks: list[bytes]

    def plain(self, values: Sequence[bytes]) -> bytes:
        segments = self.segments[:]
        segments[1::2] = [values[slot] for slot in self.slots]
        return b"".join(segments)

    def assembled(self, values: Sequence[bytes]) -> bytes:
        blocks = self.blocks[:]
        blocks[1:-2:2] = [values[slot] for slot in self.slots]
        return b"".join(blocks)


class _Slot:
    """One value of a row, and the bytes of its latest texts: many rows say the same."""

    __slots__ = ("code", "known", "plan", "raw")

    def __init__(self, plan: FieldPlan, code: str) -> None:
        self.plan, self.code, self.raw = plan, code, plan.raw
        self.known: dict[str, tuple[bytes, bytes]] = {}


class FlatWriter:
    """Writes the changing members of one document."""

    def __init__(
        self,
        parts: Sequence[PartProgram],
        plans: Sequence[FieldPlan],
        deflate: Deflate,
        *,
        presegment: bool,
        constant: int,
        largest: int,
    ) -> None:
        self._largest = largest
        self._slots: list[_Slot] = []
        self._known: dict[tuple[object, ...], int] = {}
        self._by_number = {plan.n: plan for plan in plans}
        self._parts = [self._part(part) for part in parts]
        self._deflate, self._checksum = deflate, checksum_by()
        self._presegmented = presegment and self._is_worth_it(constant)

    def members(self, row: Row, turn: Turn) -> list[Packed]:
        """What is wrong with the row is in `turn`."""
        values, blocks = [], []
        for slot in self._slots:
            raw = slot.raw(row)
            # only texts are remembered: 1, 1.0 and True are one key and three values
            known = slot.known.get(raw) if type(raw) is str else None
            value, block = known or self._write(slot, raw, row, turn)
            values.append(value)
            blocks.append(block)
        return self._packed(values, blocks)

    def members_of(self, bindings: Bindings) -> list[Packed]:
        """The same bytes of values already found and formatted."""
        values = [_escaped(bindings[slot.plan.n], slot.code) for slot in self._slots]
        return self._packed(values, [stored(value) for value in values])

    def _packed(self, values: list[bytes], blocks: list[bytes]) -> list[Packed]:
        checksum, members = self._checksum, []
        for part in self._parts:
            content = part.plain(values)
            if len(content) > self._largest:
                raise DocumentTooLarge("The values of this row are too long for one document.")
            data = part.assembled(blocks) if self._presegmented else self._deflate(content)
            members.append(Packed(part.name, DEFLATED, checksum(content), len(content), data))
        return members

    def _write(self, slot: _Slot, raw: object, row: Row, turn: Turn) -> tuple[bytes, bytes]:
        value = _escaped(slot.plan.value(row, turn), slot.code)
        made = (value, stored(value))
        if isinstance(raw, str) and not turn.problems:
            if len(slot.known) >= _MEMORY:
                slot.known.clear()
            slot.known[raw] = made
        return made

    def _part(self, part: PartProgram) -> _FlatPart:
        segments, slots = [b""], []
        for step in part.program:
            if isinstance(step, TextHole):
                slots.append(self._slot(step))
                segments += [b"", b""]
            elif isinstance(step, bytes):
                segments[-1] += step
        blocks = [constant_block(segment) for segment in segments]
        return _FlatPart(part.name.encode(), segments, slots, [*blocks, stored(b""), END])

    def _slot(self, hole: TextHole) -> int:
        plan = self._by_number[hole.n]
        key = (*plan.key(), hole.code)
        if key not in self._known:
            self._known[key] = len(self._slots)
            self._slots.append(_Slot(plan, hole.code))
        return self._known[key]

    def _is_worth_it(self, constant: int) -> bool:
        """Whether the document stays about as small; judged with values of a typical length."""
        values = [_TYPICAL] * len(self._slots)
        blocks = [stored(value) for value in values]
        deflated = sum(len(self._deflate(part.plain(values))) for part in self._parts)
        assembled = sum(len(part.assembled(blocks)) for part in self._parts)
        return constant + assembled <= _WORTH * (constant + deflated)


def _escaped(value: object, code: str) -> bytes:
    text = value if isinstance(value, str) else ""
    return escape_code(text, code) if code else escape(text)
