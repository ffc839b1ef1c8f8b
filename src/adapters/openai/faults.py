"""What the SDK raises, as what it means: try again, or do not."""

from dataclasses import replace
from typing import Final

import openai

from domain.ai.ports import EngineFailed, EngineRefused
from domain.ai.use import AiUse, Outcome

_AGAIN: Final = frozenset({408, 409, 425, 429})
_OUT_OF_MONEY: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_LONGEST_WAIT_S: Final = 300.0


def fault(error: openai.OpenAIError, use: AiUse) -> EngineFailed | EngineRefused:
    """An answer was counted as failed; where none came, nobody knows what it took."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, replace(use, outcome=Outcome.FAILED))
    unknown = replace(use, outcome=Outcome.UNKNOWN)
    if isinstance(error, openai.APITimeoutError):
        return EngineFailed("The engine did not answer in time.", unknown)
    if isinstance(error, openai.APIConnectionError):
        return EngineFailed("The engine cannot be reached, or broke off.", unknown)
    return EngineFailed("The engine's answer cannot be read.", replace(use, outcome=Outcome.FAILED))


def _of_status(error: openai.APIStatusError, use: AiUse) -> EngineFailed | EngineRefused:
    status = error.status_code
    passing = status in _AGAIN or status >= 500  # noqa: PLR2004
    if passing and error.code not in _OUT_OF_MONEY:
        return EngineFailed(
            f"The engine cannot work just now ({status}).",
            use,
            status=status,
            retry_after=_wait(error),
        )
    return EngineRefused(f"The engine refuses this request ({status}).", use, status=status)


def _wait(error: openai.APIStatusError) -> float | None:
    """Seconds, where it says so."""
    named = error.response.headers.get("retry-after", "")
    try:
        seconds = float(named)
    except ValueError:
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S)
