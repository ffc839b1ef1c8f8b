"""Words as texts are compared by: without those that say nothing, and by their stems."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from sumy.nlp.stemmers import Stemmer, null_stemmer
from sumy.utils import get_stop_words

from domain.notes.writing import is_unspaced, plain, split_words

_NAMES: Final = {  # of ISO 639-1, as the lists of stop words and the stemmers know them
    "ar": "arabic", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "he": "hebrew", "hu": "hungarian",
    "it": "italian", "ja": "japanese", "ko": "korean", "nb": "norwegian", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sk": "slovak", "sv": "swedish", "th": "thai", "uk": "ukrainian", "zh": "chinese",
}  # fmt: skip
_SPOKEN: Final = frozenset(  # said a lot, and never what a talk is about
    (
        *("um", "uh", "er", "ah", "hmm", "mhm", "okay", "ok", "yeah", "yes", "oh", "hey", "hello"),
        *("gonna", "wanna", "gotta", "going", "know", "think", "really", "actually", "basically"),
        *("kind", "sort", "thing", "things", "lot", "lots", "bit", "right", "let", "lets", "say"),
        *("said", "says", "saying", "get", "gets", "got", "getting", "want", "wants", "like"),
        *("just", "well", "one", "way", "look", "see", "come", "comes", "goes", "went", "make"),
        *("makes", "put", "take", "maybe", "stuff", "guys", "today", "thank", "thanks", "please"),
        *("dont", "didnt", "doesnt", "isnt", "thats", "its", "im", "ive", "were", "youre", "ill"),
        *("theres", "theyre", "whats", "cant", "wont", "first", "second", "also", "every", "much"),
    )
)
_OFTEN: Final = 0.25  # of texts in which a word says nothing, where no list is known
_FEW: Final = 8  # texts of which nothing can be said about how often a word comes
_CLAUSES: Final = re.compile(r"[.,;:!?…。、，！？；：()\[\]\"“”«»]+(?:\s|$)|[。、，！？；：]")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Of one language; what a language lacks is made up for by counting."""

    stop: frozenset[str]
    stemmer: object

    def keys(self, text: str) -> list[str]:
        """Stems of the words that say something; pairs of letters where nothing is spaced."""
        found, wide = [], []
        for piece in split_words(text):
            word = plain(piece)
            if not word:
                continue
            if is_unspaced(word):
                wide.append(word)
            elif word not in self.stop:
                found.append(self.stem(word))
        return found + [one + other for one, other in pairwise(wide)]

    def stem(self, word: str) -> str:
        return str(self.stemmer(word))  # type: ignore[operator]

    def runs(self, text: str) -> Iterator[list[str]]:
        """Words that stand together and all say something, as they are written."""
        for clause in _CLAUSES.split(text):
            run: list[str] = []
            for piece in split_words(clause):
                if self._tells(plain(piece)):
                    run.append(piece.strip(".,;:!?…\"'“”‘’()[]«»"))
                    continue
                if run:
                    yield run
                run = []
            if run:
                yield run

    def _tells(self, word: str) -> bool:
        if not word or word in self.stop or word.isdecimal():
            return False
        return len(word) > 2 or is_unspaced(word)  # noqa: PLR2004


def vocabulary(language: str | None, texts: Sequence[str]) -> Vocabulary:
    """`language` as ISO 639-1; None is taken for English, as most of what is unknown is."""
    known = _known((language or "en").partition("-")[0].lower())
    if known.stop:
        return known
    counts = Counter(word for text in texts for word in {plain(each) for each in text.split()})
    least = max(_OFTEN * len(texts), _FEW / 2)
    often = {word for word, count in counts.items() if count > least}
    return Vocabulary(frozenset(often), known.stemmer)


@cache
def _known(code: str) -> Vocabulary:
    name = _NAMES.get(code, "")
    try:
        stemmer = Stemmer(name)
    except LookupError:
        stemmer = null_stemmer
    try:
        listed = {plain(word) for word in get_stop_words(name)}
    except LookupError:
        listed = set()
    return Vocabulary(frozenset(listed | _SPOKEN if code == "en" else listed), stemmer)
