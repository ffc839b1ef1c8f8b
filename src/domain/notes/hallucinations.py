"""What an engine wrote although nobody said it: left out, by the engine's doubts and by the sound.

An engine that is given silence or music writes what such a place often held in its training:
thanks for watching, credits of subtitles, one phrase over and over.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from domain.ai.speech import Heard, HeardSegment, HeardWord
from domain.notes.media import Span
from domain.notes.writing import join_words, plain, split_words

_NO_SPEECH: Final = 0.6
_LOG_PROBABILITY: Final = -1.0
_COMPRESSION: Final = 2.4
_REACH_MS: Final = 300  # a detector starts late and ends early by about that
_WORD_REACH_MS: Final = 1_000  # so do engines, with words
_FASTEST: Final = 9.0  # words a second of speech
_LETTERS: Final = 40.0  # and letters
_LOOPS: Final = 4  # the same words so often in a row are a loop
_LOOP_WORDS: Final = 12  # of at least this many words in all
_MOST_WORDS: Final = 12  # of one turn of a loop
_MUSIC: Final = re.compile(
    r"[\s\W]*(?:[♪♫♬🎵🎶]|[\[(*]\s*(?:[^\])*]{0,40})\s*[\])*])(?:[^\w]|[♪♫♬🎵🎶])*", re.UNICODE
)
_STOCK: Final = frozenset(
    plain(phrase)
    for phrase in (
        *("you", "thank you", "thanks", "bye", "okay", "so", "thank you very much"),
        *("thanks for watching", "thank you for watching", "thank you so much for watching"),
        *("please subscribe", "subscribe", "please subscribe to my channel", "see you next time"),
        *(
            "like and subscribe",
            "see you in the next video",
            "subtitles by the amara org community",
        ),
        *("transcription by castingwords", "untertitel der amara org community", "vielen dank"),
        *("untertitel im auftrag des zdf für funk 2017", "vielen dank fürs zuschauen", "tschüss"),
        *("sous titres réalisés par la communauté d amara org", "merci d avoir regardé"),
        *("sous titrage st 501", "sous titrage société radio canada", "merci"),
        *("subtítulos realizados por la comunidad de amara org", "gracias por ver el video"),
        *("legendas pela comunidade amara org", "sottotitoli creati dalla comunità amara org"),
        *("sottotitoli e revisione a cura di qtss", "ondertiteld door de amara org gemeenschap"),
        *("ご視聴ありがとうございました", "チャンネル登録お願いします", "字幕由amaraorg社区提供"),
        *("请不吝点赞订阅转发打赏支持明镜与点点栏目", "시청해주셔서 감사합니다", "구독과 좋아요"),
        *("продолжение следует", "субтитры сделал dimatorzok", "спасибо за просмотр"),
    )
)


def what_was_said(heard: Heard, speech: Sequence[Span]) -> Heard:
    """`heard` without what nobody said; `speech` has the same clock as its times."""
    kept = []
    for segment in heard.segments:
        within = _trimmed(_unlooped(segment), speech)
        if within is not None and not _is_invented(within, speech):
            kept.append(within)
    return replace(heard, segments=tuple(kept))


def _is_invented(segment: HeardSegment, speech: Sequence[Span]) -> bool:
    if not plain(segment.text) or _MUSIC.fullmatch(segment.text):
        return True
    no_speech = 0.0 if segment.no_speech is None else segment.no_speech
    log_probability = 0.0 if segment.log_probability is None else segment.log_probability
    if no_speech > _NO_SPEECH and log_probability < _LOG_PROBABILITY:
        return True
    if _compression(segment) > _COMPRESSION and log_probability < _LOG_PROBABILITY / 2:
        return True
    spoken = _spoken_ms(segment.start_ms, segment.end_ms, speech, _REACH_MS)
    if spoken <= 0 or _too_fast(segment, spoken):
        return True
    if plain(segment.text) in _STOCK:
        bare = _spoken_ms(segment.start_ms, segment.end_ms, speech, 0)
        length = max(segment.end_ms - segment.start_ms, 1)
        return no_speech > _NO_SPEECH / 2 or bare < min(length / 2, 1_000)
    return False


def _too_fast(segment: HeardSegment, spoken_ms: int) -> bool:
    seconds = (spoken_ms + 500) / 1_000
    words = segment.text.split()
    return len(words) > _FASTEST * seconds or len(segment.text) > _LETTERS * seconds


def _compression(segment: HeardSegment) -> float:
    if segment.compression is not None:
        return segment.compression
    content = segment.text.encode()
    return len(content) / len(zlib.compress(content))


def _spoken_ms(start: int, end: int, speech: Sequence[Span], reach: int) -> int:
    return sum(
        max(min(end, span.end_ms + reach) - max(start, span.start_ms - reach), 0) for span in speech
    )


def _trimmed(segment: HeardSegment, speech: Sequence[Span]) -> HeardSegment | None:
    """Without words that stand where nobody speaks; None where none is left."""
    if not segment.words:
        return segment
    words = tuple(
        word
        for word in segment.words
        if _spoken_ms(word.start_ms, max(word.end_ms, word.start_ms + 1), speech, _WORD_REACH_MS)
    )
    if len(words) == len(segment.words):
        return segment
    return _of_words(segment, words) if words else None


def _of_words(segment: HeardSegment, words: tuple[HeardWord, ...]) -> HeardSegment:
    return replace(
        segment,
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        text=join_words(word.text for word in words),
        words=words,
    )


def _unlooped(segment: HeardSegment) -> HeardSegment:
    """One turn of what an engine that got stuck wrote over and over."""
    texts = [word.text for word in segment.words] or split_words(segment.text)
    keys = [plain(text) for text in texts]
    kept: list[int] = []
    at = 0
    while at < len(keys):
        length, turns = _loop(keys, at)
        kept += range(at, at + length)
        at += length * turns
    if len(kept) == len(texts):
        return segment
    if segment.words:
        return _of_words(segment, tuple(segment.words[each] for each in kept))
    return replace(segment, text=join_words(texts[each] for each in kept))


def _loop(keys: Sequence[str], at: int) -> tuple[int, int]:
    """How many words from `at` on come again at once, and how often; (1, 1): they do not."""
    for length in range(1, _MOST_WORDS + 1):
        turn, turns = keys[at : at + length], 1
        while keys[at + turns * length : at + (turns + 1) * length] == turn:
            turns += 1
        if turns >= _LOOPS and turns * length >= _LOOP_WORDS:
            return length, turns
    return 1, 1
