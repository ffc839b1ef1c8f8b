"""Where prompt packs come from."""

from abc import abstractmethod
from typing import Protocol

from domain.identity.access import WorkspaceId
from domain.prompts.pack import PromptPack


class PromptPacks(Protocol):
    @abstractmethod
    async def active(self, workspace_id: WorkspaceId, name: str) -> PromptPack:
        """The version that is in use there. Raises PackNotFound."""
