"""A template: a name for a document, and which of its versions is in use."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from domain.documents.template_version import TemplateId, TemplateVersion
from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed

MAX_NAME: Final = 200
MAX_DESCRIPTION: Final = 2_000


class TemplateNotFound(NotFound):
    code = "documents.template-not-found"


class TemplateChanged(PreconditionFailed):
    code = "documents.template-changed"


class FieldsChanged(PreconditionFailed):
    code = "documents.fields-changed"


class TemplateNameInvalid(Invalid):
    code = "documents.template-name-invalid"


class VersionHasErrors(Conflict):
    """Facts: `number`, `problems`."""

    code = "documents.version-has-errors"


class TemplateArchived(Conflict):
    code = "documents.template-archived"


class NoActiveVersion(Conflict):
    code = "documents.no-active-version"


class TemplateInUse(Conflict):
    code = "documents.template-in-use"


@dataclass(eq=False, kw_only=True)
class Template:
    """`active_number` is None while every version so far is a draft with errors."""

    id: TemplateId
    workspace_id: WorkspaceId
    name: str
    description: str = ""
    active_number: int | None = None
    latest_number: int = 1
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    version: int = 1

    def __post_init__(self) -> None:
        self.name = _name(self.name)
        self.description = _description(self.description)

    def expect(self, version: int) -> None:
        """Raises TemplateChanged unless the caller read the newest state."""
        if self.version != version:
            raise TemplateChanged(
                "This template changed since you read it; read it again.", version=self.version
            )

    def describe(self, now: datetime, *, name: str | None, description: str | None) -> None:
        """Change what people call it; None leaves it."""
        if name is not None:
            self.name = _name(name)
        if description is not None:
            self.description = _description(description)
        self.updated_at = now

    def next_number(self, now: datetime) -> int:
        """Claim the number of a new version; versions of one template count without gaps."""
        self.require_in_use()
        self.latest_number += 1
        self.updated_at = now
        return self.latest_number

    def activate(self, version: TemplateVersion, now: datetime) -> None:
        """Use this version from now on, whether newer or older than the one in use."""
        self.require_in_use()
        if not version.usable:
            raise VersionHasErrors(
                f"Version {version.number} has errors and cannot be filled; "
                "correct the document and upload it as a new version.",
                number=version.number,
                problems=version.errors(),
            )
        self.active_number, self.updated_at = version.number, now

    def archive(self, now: datetime) -> None:
        """Take it out of the lists; what was made with it stays."""
        if self.archived_at is None:
            self.archived_at = self.updated_at = now

    def restore(self, now: datetime) -> None:
        self.archived_at, self.updated_at = None, now

    def version_to_use(self, wanted: int | None = None) -> int:
        """The wanted version, else the active one."""
        self.require_in_use()
        number = wanted or self.active_number
        if number is None:
            raise NoActiveVersion("No version of this template is active; activate one first.")
        return number

    def require_in_use(self) -> None:
        if self.archived_at is not None:
            raise TemplateArchived("This template is archived; restore it first.")


class TemplateLine(NamedTuple):
    """A template as lists show it; a tuple, because pages of them are made by the thousand."""

    id: TemplateId
    name: str
    description: str
    active_number: int | None
    latest_number: int
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not 0 < len(name) <= MAX_NAME:
        raise TemplateNameInvalid(f"A template's name has 1 to {MAX_NAME} characters.")
    return name


def _description(given: str) -> str:
    if len(given) > MAX_DESCRIPTION:
        raise TemplateNameInvalid(f"A description has at most {MAX_DESCRIPTION} characters.")
    return given
