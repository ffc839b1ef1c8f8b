"""What became of each minute of a video, so that nothing is lost in silence."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from domain.notes.media import Span
from domain.notes.transcript import Minute, MinuteState, Segment

_MINUTE: Final = 60_000
_UNHEARD_MS: Final = 5_000  # so much speech without a word is a failure


def minutes(
    duration_ms: int,
    segments: Iterable[Segment],
    speech: Iterable[Span],
    *,
    failed: Sequence[Span] = (),
    summarised: Collection[int] = (),
) -> tuple[Minute, ...]:
    """`failed` are stretches nobody could listen to, `summarised` numbers of segments.

    A minute in which people speak and no word was understood counts as failed, too.
    """
    count = max(-(-duration_ms // _MINUTE), 0)
    spoken, broken = [0] * count, [False] * count
    numbers: list[list[int]] = [[] for _ in range(count)]
    for span in speech:
        for at, length in _shares(span, count):
            spoken[at] += length
    for span in failed:
        for at, _ in _shares(span, count):
            broken[at] = True
    for segment in segments:
        span = Span(start_ms=segment.start_ms, end_ms=max(segment.end_ms, segment.start_ms + 1))
        for at, _ in _shares(span, count):
            numbers[at].append(segment.number)
    done = set(summarised)
    return tuple(
        Minute(
            number=at,
            state=_state(spoken[at], numbers[at], failed=broken[at]),
            speech_ms=spoken[at],
            segments=len(numbers[at]),
            summarised=done.issuperset(numbers[at]),
        )
        for at in range(count)
    )


def _state(speech_ms: int, segments: Sequence[int], *, failed: bool) -> MinuteState:
    if failed or (not segments and speech_ms >= _UNHEARD_MS):
        return MinuteState.FAILED
    return MinuteState.TRANSCRIBED if segments else MinuteState.SILENT


def _shares(span: Span, count: int) -> Iterable[tuple[int, int]]:
    """The minutes a stretch touches, with how much of it lies in each."""
    for at in range(max(span.start_ms, 0) // _MINUTE, count):
        begin, end = max(span.start_ms, at * _MINUTE), min(span.end_ms, (at + 1) * _MINUTE)
        if end <= begin:
            break
        yield at, end - begin
