"""What a recogniser heard, with times in milliseconds from the start of what it was given."""

from dataclasses import dataclass

from domain.ai.use import AiUse


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWord:
    start_ms: int
    end_ms: int
    text: str  # without spaces around it
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSegment:
    """`words` is empty where the engine knows no word times.

    The three measures are the engine's own doubts; None where it has none.
    """

    start_ms: int
    end_ms: int
    text: str
    words: tuple[HeardWord, ...] = ()
    no_speech: float | None = None  # probability that nobody speaks here
    log_probability: float | None = None  # mean, of its tokens
    compression: float | None = None  # of its text; high where the engine repeats itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """`language` as ISO 639-1, with the engine's certainty from 0 to 1 where it tells.

    `speech` is where the engine itself heard somebody, as (start, end), finer than a shard knows;
    empty where it does not tell.
    """

    segments: tuple[HeardSegment, ...]
    language: str | None
    certainty: float | None
    use: AiUse
    speech: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriberTraits:
    """`languages` None: any. `word_times`: words come with times of their own.

    `longest_ms` and `most_bytes` bound one request.
    """

    engine: str
    model: str
    word_times: bool
    languages: frozenset[str] | None
    longest_ms: int
    most_bytes: int | None = None
