"""Which language model answers, if any."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.ai.ports import LanguageModel
from domain.kernel.errors import Invalid

AUTO: Final = "auto"
LOCAL: Final = "local"  # no model: rules and extraction


class UnknownModel(Invalid):
    """Facts: `engine`, `engines`."""

    code = "ai.unknown-model"


@dataclass(frozen=True, slots=True)
class LanguageModels:
    """The models of this installation by name, the best first; there may be none."""

    engines: Mapping[str, LanguageModel]

    def choose(self, name: str = AUTO) -> LanguageModel | None:
        """None: work without one. Raises UnknownModel."""
        if name == LOCAL or (name == AUTO and not self.engines):
            return None
        if name == AUTO:
            return next(iter(self.engines.values()))
        try:
            return self.engines[name]
        except KeyError:
            raise UnknownModel(
                f"There is no language model {name!r} here.",
                engine=name,
                engines=[LOCAL, *self.engines],
            ) from None
