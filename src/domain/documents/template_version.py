"""One uploaded document of a template, as it was checked; it never changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from domain.artifacts.artifact import ArtifactId
from domain.documents.fields import TemplateField
from domain.documents.layout.findings import Fidelity, Finding
from domain.documents.problems import TemplateProblem
from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Conflict, NotFound

TemplateId = NewType("TemplateId", UUID)


class VersionNotFound(NotFound):
    code = "documents.version-not-found"


class PreviewMissing(NotFound):
    code = "documents.preview-missing"


class VersionUnusable(Conflict):
    """Facts: `problems`."""

    code = "documents.version-has-errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntaxes:
    """What counts as a field besides {{ tags }}, chosen when a version is uploaded."""

    merge_fields: bool = True
    content_controls: bool = True
    form_fields: bool = False  # Word's legacy forms are often left over, and meant for people


DEFAULT_SYNTAXES: Final = Syntaxes()


@dataclass(eq=False, kw_only=True)
class TemplateVersion:
    """`sha256` names the bytes of artifact `source_id`; `pages` is how many they take unfilled."""

    workspace_id: WorkspaceId
    template_id: TemplateId
    number: int
    sha256: str
    size: int
    file_name: str
    source_id: ArtifactId
    source_key: str
    syntaxes: Syntaxes
    usable: bool
    problems: tuple[TemplateProblem, ...]
    fidelity: Fidelity
    findings: tuple[Finding, ...]
    pages: int
    preview_id: ArtifactId | None
    note: str = ""
    created_by: UserId
    created_at: datetime

    def errors(self) -> tuple[TemplateProblem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error())

    def require_usable(self) -> None:
        if not self.usable:
            raise VersionUnusable(
                f"Version {self.number} has errors and cannot be filled.", problems=self.errors()
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSet:
    """The fields of one version as they stand; every edit is one more revision."""

    template_id: TemplateId
    number: int
    revision: int
    fields: tuple[TemplateField, ...]
    created_by: UserId
    created_at: datetime
