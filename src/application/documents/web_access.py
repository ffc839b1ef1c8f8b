"""Whether the web addresses that data names are followed."""

from dataclasses import dataclass

from domain.documents.web_pictures import UrlsOfInstallation
from domain.identity.access import WorkspaceId
from domain.identity.ports import Workspaces


@dataclass(frozen=True, slots=True)
class WebAccess:
    """The installation and the workspace must both allow it; neither does unless it says so."""

    installation: UrlsOfInstallation
    workspaces: Workspaces

    async def allowed(self, workspace_id: WorkspaceId) -> bool:
        if not self.installation.allowed:
            return False
        return (await self.workspaces.get(workspace_id)).allow_urls
