"""Words grouped into sentences of a length one can read, by rules that hold for any language."""

from collections.abc import Iterator, Sequence
from typing import Final

from domain.notes.transcript import Word

LONGEST_MS: Final = 20_000
LONGEST_CHARS: Final = 280
_PAUSE_MS: Final = 2_000  # ends a sentence, whatever it says
_BREATH_MS: Final = 700
_FEW: Final = 3  # words that need company
_CLOSING: Final = "\"'”’»)]}」』）"
_STRONG: Final = "!?。！？…؟।"
_CLAUSE: Final = ",;:、，；：–—"
_TITLES: Final = frozenset(  # a name or a number follows
    (
        *("mr", "mrs", "ms", "dr", "prof", "st", "rev", "gen", "col", "capt", "lt", "sgt", "sen"),
        *("rep", "gov", "hon", "messrs", "vs", "fig", "no", "vol", "ch", "pp", "cf", "al"),
        *("e.g", "i.e", "approx", "ca", "bzw", "z.b", "d.h", "u.a", "nr", "str", "hr", "fr"),
        *("mme", "mlle", "sr", "sra", "srta", "ud", "uds", "núm", "pág"),
    )
)
_ENDING: Final = frozenset(
    ("etc", "inc", "ltd", "co", "corp", "jr", "a.m", "p.m", "u.s", "u.k", "usw", "ecc")
)


def sentences(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """The words again, in order, every one in exactly one sentence."""
    start = 0
    for end in range(1, len(words) + 1):
        if end < len(words) and not _ends(words, start, end):
            continue
        yield from _readable(words[start:end])
        start = end


def _ends(words: Sequence[Word], start: int, end: int) -> bool:
    """Whether a sentence ends before `words[end]`."""
    gap = words[end].start_ms - words[end - 1].end_ms
    if gap >= _PAUSE_MS:
        return True
    if not is_end(words[end - 1].text, words[end].text):
        return False
    return gap >= _BREATH_MS or end - start >= _FEW or _is_wide(words[end - 1].text)


def is_end(word: str, following: str) -> bool:
    """Whether a sentence ends with `word`, if `following` is the next one."""
    bare = word.rstrip(_CLOSING)
    if not bare or (bare[-1] not in _STRONG and bare[-1] != "."):
        return False
    if bare[-1] in "。！？।؟":
        return True
    opening = following.lstrip("\"'“‘«([¿¡-–—")
    begins = not opening[:1].islower()
    if bare[-1] in _STRONG:
        return begins
    stem = bare[:-1].strip("\"'“‘«([").casefold()
    if stem in _TITLES or (len(stem) == 1 and stem.isalpha() and stem != "i"):
        return False
    return begins if stem not in _ENDING else opening[:1].isupper()


def _is_wide(word: str) -> bool:
    return word.rstrip(_CLOSING)[-1:] in {"。", "！", "？"}


def _readable(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Cut what is too long at its best place, again and again."""
    while _too_long(words):
        at = _best_cut(words)
        yield words[:at]
        words = words[at:]
    yield words


def _too_long(words: Sequence[Word]) -> bool:
    if len(words) < 2:  # noqa: PLR2004 - a word is never cut
        return False
    length = words[-1].end_ms - words[0].start_ms
    return length > LONGEST_MS or sum(len(word.text) + 1 for word in words) > LONGEST_CHARS


def _best_cut(words: Sequence[Word]) -> int:
    """After a comma and at a long pause, as late as it may be."""
    best, found, chars = 1, -1.0, 0
    for at in range(1, len(words)):
        chars += len(words[at - 1].text) + 1
        used = max(chars / LONGEST_CHARS, (words[at - 1].end_ms - words[0].start_ms) / LONGEST_MS)
        if used > 1 and at > 1:
            break
        pause = min(words[at].start_ms - words[at - 1].end_ms, 1_000) / 1_000
        clause = 0.6 if words[at - 1].text.rstrip(_CLOSING)[-1:] in _CLAUSE else 0.0
        score = min(used, 0.8) + pause + clause
        if score >= found:
            best, found = at, score
    return best
