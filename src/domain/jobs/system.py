"""Who acts when no user asked: the platform itself, for cron, retention and repairs."""

from dataclasses import dataclass

from domain.identity.access import Permission, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemActor:
    """Passed to handlers of system jobs in place of an Actor; None: in no workspace at all.

    It may do anything, and the database still shows it only the tenant rows of its workspace.
    """

    workspace_id: WorkspaceId | None = None

    @property
    def user_id(self) -> None:
        return None

    def may(self, permission: Permission) -> bool:
        return True

    def require(self, permission: Permission) -> None:
        """Nothing is forbidden to it."""
