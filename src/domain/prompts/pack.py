"""Prompt packs: the words models are asked with, in versions that never change."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.kernel.errors import Invalid, NotFound

_BLANK: Final = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")


class PackNotFound(NotFound):
    code = "prompts.pack-not-found"


class PromptNotFound(NotFound):
    """Facts: `pack`, `prompt`."""

    code = "prompts.prompt-not-found"


class PromptIncomplete(Invalid):
    """A prompt names a value nobody gave, or was given one it does not name; facts: `names`."""

    code = "prompts.prompt-incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPack:
    """`prompts` by name, with blanks like `{{ language }}`; `version` as in semantic versioning."""

    name: str
    version: str
    prompts: Mapping[str, str]

    @property
    def checksum(self) -> str:
        """SHA-256 of everything in it, in hex."""
        digest = hashlib.sha256(f"{self.name}\0{self.version}".encode())
        for name in sorted(self.prompts):
            digest.update(f"\0{name}\0{self.prompts[name]}".encode())
        return digest.hexdigest()

    def render(self, prompt: str, values: Mapping[str, str]) -> str:
        """The prompt with its blanks filled; values are never read for blanks themselves.

        Raises PromptNotFound, PromptIncomplete.
        """
        text = self.prompts.get(prompt)
        if text is None:
            raise PromptNotFound(
                f"The pack {self.name} has no prompt {prompt}.", pack=self.name, prompt=prompt
            )
        wanted = set(_BLANK.findall(text))
        if wanted != set(values):
            raise PromptIncomplete(
                f"The prompt {prompt} and the values given for it do not fit.",
                names=sorted(wanted ^ set(values)),
            )
        return _BLANK.sub(lambda found: values[found[1]], text)
