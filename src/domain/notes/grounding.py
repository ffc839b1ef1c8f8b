"""Finds a proposed quote in the words that were said, and takes its times from them.

What a model says about time is never read. A quote that cannot be found is not published; one
that nearly can is published as it was said.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from domain.notes.alignment import align
from domain.notes.highlight import Grounding, Highlight, Match, Proposal, Rejection
from domain.notes.transcript import Segment, Word
from domain.notes.writing import join_words, plain, split_words

ENOUGH: Final = 0.9  # similarity of a quote to what was said
FEWEST_WORDS: Final = 3
FEWEST_LETTERS: Final = 6
MOST_WORDS: Final = 120
LONGEST_MS: Final = 90_000
_LEAD_MS: Final = 300  # of the pause before and after, that a highlight may take along
_SLACK: Final = 0.15  # how much longer than the quote a place may be
_REACH: Final = 6  # words, besides
_SHARED: Final = 0.5  # of a quote's words that a place must have to be looked at closely
_BUCKET: Final = 4  # words by which places are told apart before they are looked at
_TRIED: Final = 3  # likely places that are looked at
_MOST_PLACES: Final = 2_000  # of a quote's rarest word
_MOST_VOTES: Final = 100  # places of each word


@dataclass(frozen=True, slots=True)
class _Said:
    """One word where it stands; `key` is what hearings are compared by."""

    key: str
    word: Word
    segment: int  # index in the transcript
    index: int  # in its segment


@dataclass(frozen=True, slots=True)
class _Place:
    """`start` and `end` are indexes of words; `named`: it lies where the proposal says."""

    start: int
    end: int
    similarity: float
    named: bool


class Grounder:
    """Over one transcript; asked for each proposal in turn. `duration_ms` bounds every time."""

    def __init__(self, segments: Sequence[Segment], duration_ms: int) -> None:
        self._segments: Final = tuple(segments)
        self._duration: Final = duration_ms
        self._at: Final = {segment.number: at for at, segment in enumerate(self._segments)}
        self._said: Final = tuple(_said(self._segments))
        self._first: Final = _first_words(self._said, len(self._segments))
        self._dense: Final = [at for at, each in enumerate(self._said) if each.key]
        self._keys: Final = [self._said[at].key for at in self._dense]
        self._places: Final = _places(self._keys)

    def ground(self, proposal: Proposal, number: int) -> Highlight | Rejection:
        """The highlight it becomes, with its number; or why it becomes none."""
        quote = [key for key in map(plain, split_words(proposal.quote)) if key]
        if len(quote) < FEWEST_WORDS or sum(map(len, quote)) < FEWEST_LETTERS:
            return Rejection.TOO_SHORT
        if len(quote) > MOST_WORDS:
            return Rejection.TOO_LONG
        named = {self._at[each] for each in proposal.segments if each in self._at}
        exact = self._exactly(quote, named)
        found = exact if exact and exact.named else self._closely(quote, named)
        if exact and (found is None or not found.named):
            found = exact
        if found is None:
            return Rejection.NOT_SAID if named else Rejection.NO_SEGMENT
        said = self._said[found.start : found.end]
        match = Match.EXACT if found.similarity == 1.0 else Match.CLOSE
        match = match if found.named else Match.REPAIRED
        similarity = found.similarity
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
        end = last.word.end_ms + self._pause_after(last)
        end = min(max(end, start + 1), self._duration)  # a word of captions may take no time
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

    def _exactly(self, quote: list[str], named: set[int]) -> _Place | None:
        """Word for word: where it was named, or as near to that as it was said."""
        rarest = min(range(len(quote)), key=lambda at: len(self._places.get(quote[at], ())))
        target = self._target(named)
        best: tuple[tuple[int, int], _Place] | None = None
        for at in _around(self._places.get(quote[rarest], []), target, _MOST_PLACES):
            start = at - rarest
            if start < 0 or self._keys[start : start + len(quote)] != quote:
                continue
            place = self._place(start, start + len(quote), 1.0, named)
            worth = (not place.named, abs(start - target))
            if best is None or worth < best[0]:
                best = (worth, place)
        return None if best is None else best[1]

    def _closely(self, quote: list[str], named: set[int]) -> _Place | None:
        """The place most like the quote, if it differs in nothing that matters."""
        found: list[_Place] = []
        for start in self._likely(quote, self._target(named)):
            slack = round(len(quote) * _SLACK) + _REACH
            first = max(start - slack, 0)
            aligned = align(quote, self._keys[first : start + len(quote) + slack])
            if aligned is not None and aligned.similarity >= ENOUGH:
                begin, end = first + aligned.start, first + aligned.end
                found.append(self._place(begin, end, aligned.similarity, named))
                if found[-1].named or not named:
                    break
        return max(found, key=lambda each: (each.named, each.similarity), default=None)

    def _likely(self, quote: list[str], target: int) -> list[int]:
        """Where the quote would begin if most of its words stood where they do."""
        votes: Counter[int] = Counter()
        telling = 0  # words that are not everywhere; of those that are, only near places vote
        for offset, key in enumerate(quote):
            places = self._places.get(key, [])
            telling += 0 < len(places) <= _MOST_VOTES
            near = _around(places, target + offset, _MOST_VOTES)
            seen = {(at - offset) // _BUCKET for at in near}
            votes.update(seen | {each + 1 for each in seen})
        enough = max(telling * _SHARED, 1)
        likely = [each for each, count in votes.items() if count >= enough]
        likely.sort(key=lambda each: (-votes[each], abs(each * _BUCKET - target)))
        return [each * _BUCKET for each in likely[:_TRIED]]

    def _target(self, named: set[int]) -> int:
        """The first word of what was named, counted among those with letters."""
        if not named:
            return 0
        return bisect_left(self._dense, self._first[min(named)])

    def _place(self, start: int, end: int, similarity: float, named: set[int]) -> _Place:
        first, last = self._dense[start], self._dense[end - 1] + 1
        inside = any(each.segment in named for each in self._said[first:last])
        return _Place(first, last, similarity, inside)

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
    return list(accumulate(counts))


def _places(keys: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for at, key in enumerate(keys):
        places.setdefault(key, []).append(at)
    return places


def _around(places: list[int], target: int, most: int) -> list[int]:
    """The places nearest to the target, at most about so many."""
    if len(places) <= most:
        return places
    middle = bisect_left(places, target)
    return places[max(middle - most // 2, 0) : middle + most // 2]
