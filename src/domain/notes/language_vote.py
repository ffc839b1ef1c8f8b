"""Which language is spoken: by several points in the speech, never by how a video begins."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.ai.speech import Heard
from domain.notes.media import Span

POINTS: Final = 3
WINDOW_MS: Final = 30_000
_SURE: Final = 0.8
_SHORT_MS: Final = 20_000  # of speech, in which a language is easily mistaken


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """`certainty` is the share of the votes, from 0 to 1."""

    language: str
    certainty: float


def points_to_ask(
    speech: Sequence[Span], points: int = POINTS, window_ms: int = WINDOW_MS
) -> tuple[tuple[Span, ...], ...]:
    """Stretches of speech, each of at most `window_ms`, spread evenly over all of it.

    Where there is little speech the stretches are shorter rather than fewer, but never under 3 s.
    """
    total = sum(span.length_ms for span in speech)
    if total == 0:
        return ()
    points = max(1, min(points, total // 3_000))
    length = min(window_ms, total // points)
    step = (total - length) / (points - 1) if points > 1 else 0
    return tuple(_stretch(speech, round(step * at), length) for at in range(points))


def _stretch(speech: Sequence[Span], start: int, length: int) -> tuple[Span, ...]:
    """`length` ms of speech from `start` ms of speech on."""
    found = []
    for span in speech:
        begin, take = max(start, 0), min(span.length_ms - max(start, 0), length)
        if take > 0:
            at = span.start_ms + begin
            found.append(Span(start_ms=at, end_ms=at + take))
            length -= take
        start -= span.length_ms
        if length <= 0:
            break
    return tuple(found)


def elect(ballots: Iterable[Mapping[str, float]]) -> Election | None:
    """Each ballot gives languages weights of at most 1 together; None where nobody voted."""
    sums: defaultdict[str, float] = defaultdict(float)
    for ballot in ballots:
        for language, weight in ballot.items():
            sums[language] += weight
    total = sum(sums.values())
    if total <= 0:
        return None
    best = max(sums, key=lambda language: (sums[language], language))
    return Election(language=best, certainty=sums[best] / total)


def language_of(shards: Iterable[tuple[int, Heard]]) -> Election | None:
    """Of a whole recording: each shard, with its milliseconds of speech, votes by its length."""
    return elect(
        {heard.language: speech_ms * (0.5 if heard.certainty is None else heard.certainty)}
        for speech_ms, heard in shards
        if heard.language is not None
    )


def hear_again(speech_ms: int, heard: Heard, whole: str | None) -> bool:
    """Whether a shard took another language than the whole without being sure of it.

    Such a shard is worth a second hearing with the language of the whole given.
    """
    if whole is None or heard.language is None or heard.language == whole:
        return False
    return speech_ms < _SHORT_MS or (heard.certainty is not None and heard.certainty < _SURE)
