"""One transcript of what was heard in shards that follow each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from domain.ai.speech import Heard, HeardSegment
from domain.notes.hallucinations import what_was_said
from domain.notes.language_vote import language_of
from domain.notes.media import Span
from domain.notes.sentences import sentences
from domain.notes.transcript import Origin, Segment, Transcript, Word
from domain.notes.word_times import spread, straight
from domain.notes.writing import join_words, plain

_TOUCHING_MS: Final = 80  # speech so near to a seam goes on beyond it
_TWICE_MS: Final = 400  # one word needs that long; two in that time are one heard twice


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardShard:
    """`span` and `speech` on the note's clock; times in `heard` count from the shard's start."""

    number: int
    span: Span
    speech: tuple[Span, ...]
    heard: Heard

    @property
    def speech_ms(self) -> int:
        return sum(span.length_ms for span in self.speech)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidWord:
    """A word with what a segment needs to know of it."""

    word: Word
    shard: int = 0
    language: str | None = None
    speaker: str | None = None


def stitch(shards: Iterable[HeardShard]) -> Transcript:
    """In order of time, numbered from 1; sentences go on over seams.

    A shard may be missing: what stands on both sides of the hole is not joined.
    """
    ordered = sorted(shards, key=lambda shard: shard.number)
    said: list[SaidWord] = []
    before: HeardShard | None = None
    for shard in ordered:
        words = _words(shard)
        if before is not None and said and _goes_on(before, shard):
            words = _once(said, words)
        said += words
        before = shard
    elected = language_of((shard.speech_ms, shard.heard) for shard in ordered)
    use = ordered[0].heard.use if ordered else None
    return Transcript(
        segments=segments_of(said),
        language=elected.language if elected and said else None,
        origin=Origin.RECOGNISED,
        engine=use.engine if use else "",
        model=use.model if use else "",
        word_times=any(not each.word.estimated for each in said),
    )


def segments_of(said: Sequence[SaidWord]) -> tuple[Segment, ...]:
    """Sentences of each run in one language by one speaker without a missing shard in it."""
    found: list[Segment] = []
    for run in _runs(said):
        at = 0
        for words in sentences([each.word for each in run]):
            first = run[at]
            at += len(words)
            found.append(
                Segment(
                    number=len(found) + 1,
                    start_ms=words[0].start_ms,
                    end_ms=words[-1].end_ms,
                    text=join_words(word.text for word in words),
                    words=tuple(words),
                    shard=first.shard,
                    speaker=first.speaker,
                    language=first.language,
                )
            )
    return tuple(found)


def _runs(said: Sequence[SaidWord]) -> Iterator[list[SaidWord]]:
    for _, same in groupby(said, key=lambda each: (each.language, each.speaker)):
        run: list[SaidWord] = []
        for each in same:
            if run and each.shard > run[-1].shard + 1 and _far(run[-1], each):
                yield run
                run = []
            run.append(each)
        if run:
            yield run


def _far(before: SaidWord, after: SaidWord) -> bool:
    return after.word.start_ms - before.word.end_ms > 1_000  # noqa: PLR2004 - a shard is longer


def _words(shard: HeardShard) -> list[SaidWord]:
    start = shard.span.start_ms
    detected = tuple(
        Span(start_ms=start + begin, end_ms=start + end) for begin, end in shard.heard.speech
    )
    local = tuple(_moved(span, -start) for span in shard.speech or detected)
    heard = what_was_said(shard.heard, local)
    words: list[Word] = []
    for segment in sorted(heard.segments, key=lambda each: each.start_ms):
        words += _of_segment(segment, start, detected or shard.speech, shard.span)
    return [
        SaidWord(word=word, shard=shard.number, language=heard.language)
        for word in straight(words, shard.span)
    ]


def _of_segment(
    segment: HeardSegment, start: int, speech: Sequence[Span], within: Span
) -> Sequence[Word]:
    if segment.words:
        return [
            Word(
                start_ms=start + word.start_ms,
                end_ms=start + word.end_ms,
                text=word.text,
                probability=word.probability,
            )
            for word in segment.words
            if word.text
        ]
    begin = max(start + segment.start_ms, within.start_ms)
    end = max(min(start + segment.end_ms, within.end_ms), begin + 1)
    return spread(segment.text, Span(start_ms=begin, end_ms=end), speech)


def _moved(span: Span, by: int) -> Span:
    return replace(span, start_ms=span.start_ms + by, end_ms=span.end_ms + by)


def _goes_on(before: HeardShard, after: HeardShard) -> bool:
    """The cut fell into speech, so one word may have been heard on both sides of it."""
    if after.number != before.number + 1 or not before.speech or not after.speech:
        return False
    left = before.span.end_ms - before.speech[-1].end_ms
    right = after.speech[0].start_ms - after.span.start_ms
    return left <= _TOUCHING_MS and right <= _TOUCHING_MS


def _once(said: Sequence[SaidWord], words: list[SaidWord]) -> list[SaidWord]:
    """Without the first word where it is the last one before the seam, heard a second time."""
    if not words:
        return words
    last, first = said[-1].word, words[0].word
    twice = plain(last.text) == plain(first.text) and first.end_ms - last.start_ms <= _TWICE_MS
    return words[1:] if twice else words
