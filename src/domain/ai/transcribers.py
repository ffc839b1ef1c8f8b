"""Which engine listens: the one that was asked for, or the best there is for a language."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.ai.ports import Transcriber
from domain.kernel.errors import Invalid

AUTO = "auto"


class UnknownTranscriber(Invalid):
    """Facts: `engine`, `engines`."""

    code = "ai.unknown-transcriber"


class LanguageUnsupported(Invalid):
    """No engine here understands it, and none is asked to guess; facts: `language`, `engines`."""

    code = "notes.language-unsupported"


@dataclass(frozen=True, slots=True)
class Transcribers:
    """The engines of this installation by name, the best first."""

    engines: Mapping[str, Transcriber]

    def choose(self, name: str = AUTO, language: str | None = None) -> Transcriber:
        """Raises UnknownTranscriber, LanguageUnsupported."""
        if name != AUTO and name not in self.engines:
            raise UnknownTranscriber(
                f"There is no engine {name!r} here.", engine=name, engines=[*self.engines]
            )
        asked = [*self.engines.values()] if name == AUTO else [self.engines[name]]
        for engine in asked:
            known = engine.traits.languages
            if language is None or known is None or language in known:
                return engine
        names = [engine.traits.engine for engine in asked]
        raise LanguageUnsupported(
            f"No engine here understands the language {language!r}; "
            "set ATELIER_WHISPER_MODEL or ATELIER_OPENAI_BASE_URL, or bring captions.",
            language=language,
            engines=names,
        )
