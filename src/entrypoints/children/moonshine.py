"""Moonshine inside a child: short windows cut where nobody speaks, one line of text each."""

from collections.abc import Sequence
from typing import Any, Final

from adapters.local_ai.messages import HearAnswer
from domain.ai.speech import HeardSegment

_RATE: Final = 16_000
# It attends to all of a window at once: longer ones cost more and lose words.
_WINDOW: Final = 15 * _RATE
# Its own detector would cut at ten seconds, inside words; ours has cut at pauses already.
_OPTIONS: Final = {"vad_threshold": "0"}


class Moonshine:
    def __init__(self) -> None:
        from moonshine_voice import ModelArch, Transcriber, get_model_path

        self._engine: Any = Transcriber(
            str(get_model_path("tiny-en")), ModelArch.TINY, options=_OPTIONS
        )

    def hear(
        self, sound: Any, speech: Sequence[tuple[int, int]], language: str | None
    ) -> HearAnswer:
        segments = []
        for start, end in windows(speech):
            answer = self._engine.transcribe_without_streaming(sound[start:end].tolist(), _RATE)
            text = " ".join(line.text.strip() for line in answer.lines).strip()
            if text:
                segments.append(
                    HeardSegment(
                        start_ms=start * 1_000 // _RATE, end_ms=end * 1_000 // _RATE, text=text
                    )
                )
        return HearAnswer(tuple(segments), "en", None, (), len(sound) * 1_000 // _RATE)


def windows(speech: Sequence[tuple[int, int]], longest: int = _WINDOW) -> list[tuple[int, int]]:
    """Neighbouring stretches of speech taken together as long as they fit one window."""
    found: list[tuple[int, int]] = []
    for start, end in speech:
        if found and end - found[-1][0] <= longest:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
