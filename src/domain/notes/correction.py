"""Times for the words of a corrected line."""

from dataclasses import replace
from difflib import SequenceMatcher

from domain.notes.transcript import Segment, Word
from domain.notes.writing import plain, split_words


def corrected_words(text: str, segment: Segment) -> tuple[Word, ...]:
    """Words that were there keep their times; the others share the room between them by length."""
    old, new = segment.words, split_words(text)
    matcher = SequenceMatcher(
        None, [plain(word.text) for word in old], list(map(plain, new)), autojunk=False
    )
    words: list[Word] = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            pairs = zip(old[i1:i2], new[j1:j2], strict=True)
            words += [_renamed(word, text) for word, text in pairs]
        elif j2 > j1:
            start = old[i1].start_ms if i2 > i1 else _end(words, segment)
            end = old[i2 - 1].end_ms if i2 > i1 else _next(old, i1, segment)
            words += _shared(new[j1:j2], start, max(start, end))
    return tuple(words)


def _renamed(word: Word, text: str) -> Word:
    return replace(word, text=text)


def _shared(words: list[str], start: int, end: int) -> list[Word]:
    total, at = sum(len(word) + 1 for word in words), 0
    shared = []
    for word in words:
        first = start + (end - start) * at // total
        at += len(word) + 1
        last = start + (end - start) * at // total
        shared.append(Word(start_ms=first, end_ms=last, text=word, estimated=True))
    return shared


def _end(words: list[Word], segment: Segment) -> int:
    return words[-1].end_ms if words else segment.start_ms


def _next(old: tuple[Word, ...], index: int, segment: Segment) -> int:
    return old[index].start_ms if index < len(old) else segment.end_ms
