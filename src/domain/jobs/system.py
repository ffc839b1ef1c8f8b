"""Who acts when no user asked: the platform itself, for cron, retention and repairs."""

from dataclasses import dataclass

from domain.identity.access import Permission, UserId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemActor:
    """Passed to handlers of system jobs in place of an Actor; None: in no workspace at all.

    It may do anything, and the database still shows it only the tenant rows of its workspace.
    What it enqueues with a `user_id` runs in that person's name, with what they may do by then.
    """

    workspace_id: WorkspaceId | None = None
    user_id: UserId | None = None

    def may(self, permission: Permission) -> bool:
        return True

    def require(self, permission: Permission) -> None:
        """Nothing is forbidden to it."""
