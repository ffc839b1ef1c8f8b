"""Whisper inside a child, by faster-whisper: words with times, the language by a vote."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from adapters.local_ai.messages import HearAnswer
from domain.ai.speech import HeardSegment, HeardWord
from domain.notes.language_vote import Election, elect, points_to_ask
from domain.notes.media import Span
from domain.notes.writing import is_unspaced, join_words

_RATE: Final = 16_000
# Wide enough that the model keeps the connection of a sentence.
_DETECTION: Final = {"min_silence_duration_ms": 500, "speech_pad_ms": 400}


class Whisper:
    def __init__(self, model: str, threads: int) -> None:
        from faster_whisper import WhisperModel

        self._model: Any = WhisperModel(
            model, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )

    def hear(
        self, sound: Any, speech: Sequence[tuple[int, int]], language: str | None
    ) -> HearAnswer:
        if not self._model.model.is_multilingual:
            elected = Election(language="en", certainty=1.0)
        elif language is not None:
            elected = Election(language=language, certainty=1.0)
        else:
            elected = self._vote(sound, speech)
        found, _ = self._model.transcribe(
            sound,
            language=elected.language,
            beam_size=1,
            word_timestamps=True,
            vad_filter=True,
            vad_parameters=_DETECTION,
            condition_on_previous_text=False,  # what it invents once does not come again
        )
        return HearAnswer(
            segments=tuple(_segment(each) for each in found),  # the work happens here
            language=elected.language,
            certainty=elected.certainty,
            speech=(),
            audio_ms=len(sound) * 1_000 // _RATE,
        )

    def _vote(self, sound: Any, speech: Sequence[tuple[int, int]]) -> Election:
        import numpy as np

        spans = [Span(start_ms=a * 1_000 // _RATE, end_ms=b * 1_000 // _RATE) for a, b in speech]
        ballots = []
        for stretch in points_to_ask(spans):
            parts = [sound[s.start_ms * 16 : s.end_ms * 16] for s in stretch]
            _, _, votes = self._model.detect_language(np.concatenate(parts))
            ballots.append(dict(votes))
        return elect(ballots) or Election(language="en", certainty=0.0)


def _segment(each: Any) -> HeardSegment:
    words = tuple(words_of((word.word, word) for word in each.words or ()))
    return HeardSegment(
        start_ms=round(each.start * 1_000),
        end_ms=round(each.end * 1_000),
        text=join_words(word.text for word in words) if words else each.text.strip(),
        words=words,
        no_speech=float(each.no_speech_prob),
        log_probability=float(each.avg_logprob),
        compression=float(each.compression_ratio),
    )


def words_of(pieces: Iterable[tuple[str, Any]]) -> list[HeardWord]:
    """A piece without a space before it goes on with the word before it, but where nothing is
    written with spaces.
    """
    groups: list[list[tuple[str, Any]]] = []
    for text, piece in pieces:
        bare = text.strip()
        if not bare:
            continue
        if groups and not text[0].isspace() and not is_unspaced(bare):
            groups[-1].append((bare, piece))
        else:
            groups.append([(bare, piece)])
    return [
        HeardWord(
            start_ms=round(group[0][1].start * 1_000),
            end_ms=round(group[-1][1].end * 1_000),
            text="".join(text for text, _ in group),
            probability=min(float(piece.probability) for _, piece in group),
        )
        for group in groups
    ]
