"""Finds a proposed quote in the words that were said, and takes its times from them.

What a model says about time is never read. A quote that cannot be found is not published; one
that nearly can is published as it was said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from domain.notes.highlight import Grounding, Highlight, Match, Proposal, Rejection
from domain.notes.transcript import Segment, Word
from domain.notes.writing import join_words, plain, split_words

ENOUGH: Final = 0.9  # similarity of a quote to what was said
FEWEST_WORDS: Final = 3
MOST_WORDS: Final = 120
LONGEST_MS: Final = 90_000
_LEAD_MS: Final = 300  # of the pause before and after, that a highlight may take along
_SLACK: Final = 0.15  # how much longer or shorter than the quote a place may be
_REACH: Final = 2  # segments around the named ones that a quote may run into
_SHARED: Final = 0.5  # of a quote's rarer words that a place must have to be looked at


@dataclass(frozen=True, slots=True)
class _Said:
    """One word where it stands; `key` is what hearings are compared by."""

    key: str
    word: Word
    segment: int  # index in the transcript
    index: int  # in its segment


class Grounder:
    """Over one transcript; asked for each proposal in turn. `duration_ms` bounds every time."""

    def __init__(self, segments: Sequence[Segment], duration_ms: int) -> None:
        self._segments: Final = tuple(segments)
        self._duration: Final = duration_ms
        self._at: Final = {segment.number: at for at, segment in enumerate(self._segments)}
        self._said: Final = tuple(_said(self._segments))
        self._first: Final = _first_words(self._said, len(self._segments))
        self._places: Final = _places(self._said)

    def ground(self, proposal: Proposal, number: int) -> Highlight | Rejection:
        """The highlight it becomes, with its number; or why it becomes none."""
        quote = [key for key in map(plain, split_words(proposal.quote)) if key]
        if len(quote) < FEWEST_WORDS:
            return Rejection.TOO_SHORT
        if len(quote) > MOST_WORDS:
            return Rejection.TOO_LONG
        named = [self._at[each] for each in proposal.segments if each in self._at]
        found = self._near(quote, named) or self._anywhere(quote)
        if found is None:
            return Rejection.NOT_SAID if named else Rejection.NO_SEGMENT
        start, end, similarity = found
        said = self._said[start:end]
        if {each.segment for each in said}.isdisjoint(named):
            match = Match.REPAIRED
        else:
            match = Match.EXACT if similarity == 1.0 else Match.CLOSE
        return self._highlight(proposal, number, said, (match, similarity))

    def _highlight(
        self,
        proposal: Proposal,
        number: int,
        said: Sequence[_Said],
        how: tuple[Match, float],
    ) -> Highlight | Rejection:
        first, last, (match, similarity) = said[0], said[-1], how
        start = max(first.word.start_ms - self._pause_before(first), 0)
        end = min(last.word.end_ms + self._pause_after(last), self._duration)
        end = max(end, start + 1)  # words of captions may take no time
        if end - start > LONGEST_MS or end <= start:
            return Rejection.TOO_LONG
        return Highlight(
            number=number,
            start_ms=start,
            end_ms=end,
            title=proposal.title.strip(),
            quote=join_words(each.word.text for each in said),
            why=proposal.why.strip(),
            segments=tuple(
                self._segments[at].number for at in dict.fromkeys(each.segment for each in said)
            ),
            grounding=Grounding(
                match=match,
                similarity=round(similarity, 3),
                first_word=first.index,
                last_word=last.index,
                estimated=any(each.word.estimated for each in (first, last)),
            ),
        )

    def _near(self, quote: list[str], named: list[int]) -> tuple[int, int, float] | None:
        """In the named segments, or running a little over their edges."""
        if not named:
            return None
        first = self._first[max(min(named) - _REACH, 0)]
        last = self._first[min(max(named) + _REACH + 1, len(self._segments))]
        return _best(quote, [each.key for each in self._said[first:last]], first)

    def _anywhere(self, quote: list[str]) -> tuple[int, int, float] | None:
        """Where the quote's rarest words stand together, if that is one place alone."""
        rare = sorted({key for key in quote if key in self._places}, key=self._rarity)
        if len(rare) < max(_SHARED * len(set(quote)), 1):
            return None
        best: tuple[int, int, float] | None = None
        seen: set[int] = set()
        for at in self._places[rare[0]][:50]:
            window = at - at % len(quote)
            if window in seen:
                continue
            seen.add(window)
            first = max(at - 2 * len(quote), 0)
            keys = [each.key for each in self._said[first : at + 2 * len(quote)]]
            found = _best(quote, keys, first)
            if found is not None and (best is None or found[2] > best[2]):
                best = found
        return best

    def _rarity(self, key: str) -> int:
        return len(self._places[key])

    def _pause_before(self, first: _Said) -> int:
        """Half of the pause before it, at most 0.3 s; nothing where somebody speaks on."""
        position = self._first[first.segment] + first.index
        before = self._said[position - 1].word.end_ms if position else 0
        return min(max(first.word.start_ms - before, 0) // 2, _LEAD_MS)

    def _pause_after(self, last: _Said) -> int:
        position = self._first[last.segment] + last.index + 1
        after = self._said[position].word.start_ms if position < len(self._said) else self._duration
        return min(max(after - last.word.end_ms, 0) // 2, _LEAD_MS)


def grounded(
    proposals: Sequence[Proposal], segments: Sequence[Segment], duration_ms: int, most: int
) -> tuple[tuple[Highlight, ...], tuple[tuple[Proposal, Rejection], ...]]:
    """Highlights in order of time, at most `most` of them, and what was turned down and why.

    Proposals come with the best first. Two that say the same, or most of it, are one.
    """
    grounder = Grounder(segments, duration_ms)
    kept: list[Highlight] = []
    rejected: list[tuple[Proposal, Rejection]] = []
    for proposal in proposals:
        found = grounder.ground(proposal, len(kept) + 1)
        if isinstance(found, Rejection):
            rejected.append((proposal, found))
        elif any(_overlap(found, other) for other in kept):
            rejected.append((proposal, Rejection.REPEATED))
        else:
            kept.append(found)
    best = sorted(kept[:most], key=lambda each: each.start_ms)
    return tuple(_numbered(best)), tuple(rejected)


def _numbered(highlights: Sequence[Highlight]) -> Iterator[Highlight]:
    for number, each in enumerate(highlights, start=1):
        yield replace(each, number=number)


def _overlap(one: Highlight, other: Highlight) -> bool:
    shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
    return shared * 2 > min(one.end_ms - one.start_ms, other.end_ms - other.start_ms)


def _said(segments: Sequence[Segment]) -> Iterator[_Said]:
    """Words without a letter or digit stay in their neighbours' spans and are not compared."""
    for at, segment in enumerate(segments):
        for index, word in enumerate(segment.words):
            yield _Said(plain(word.text), word, at, index)


def _first_words(said: Sequence[_Said], segments: int) -> list[int]:
    """Where each segment's words begin; one more for the end."""
    counts = [0] * (segments + 1)
    for each in said:
        counts[each.segment + 1] += 1
    for at, (before, count) in enumerate(pairwise(counts[:])):
        counts[at + 1] = counts[at] + count if at else before + count
    return counts


def _places(said: Sequence[_Said]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for at, each in enumerate(said):
        if each.key:
            places.setdefault(each.key, []).append(at)
    return places


def _best(quote: list[str], said: list[str], offset: int) -> tuple[int, int, float] | None:
    """The stretch most like the quote: first and last word, and how like; None below ENOUGH."""
    exact = _exactly(quote, said)
    if exact is not None:
        return offset + exact[0], offset + exact[1], 1.0
    matcher = SequenceMatcher(None, said, quote, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return None
    start = max(blocks[0].a - blocks[0].b, 0)
    last = blocks[-1]
    end = min(last.a + last.size + len(quote) - last.b - last.size, len(said))
    stretch = said[start:end]
    if not (1 - _SLACK) * len(quote) <= len(stretch) <= (1 + _SLACK) * len(quote) + 1:
        return None
    similarity = SequenceMatcher(None, " ".join(stretch), " ".join(quote), autojunk=False).ratio()
    return (offset + start, offset + end, similarity) if similarity >= ENOUGH else None


def _exactly(quote: list[str], said: list[str]) -> tuple[int, int] | None:
    """Word for word; words without letters between them are passed over."""
    dense = [at for at, key in enumerate(said) if key]
    keys = [said[at] for at in dense]
    length = len(quote)
    for start in range(len(keys) - length + 1):
        if keys[start] == quote[0] and keys[start : start + length] == quote:
            return dense[start], dense[start + length - 1] + 1
    return None
