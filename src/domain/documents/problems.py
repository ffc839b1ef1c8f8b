"""What is wrong with a template: where, what, and what to do, all at once."""

from collections.abc import Sized
from dataclasses import dataclass
from enum import StrEnum

from domain.documents.marks import Place
from domain.kernel.errors import Invalid


class Severity(StrEnum):
    ERROR = "error"  # the template cannot be filled
    WARNING = "warning"  # it can, and this will look odd or was made harmless


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateProblem:
    code: str
    message: str
    hint: str = ""
    tag: str = ""  # as written
    place: Place | None = None
    severity: Severity = Severity.ERROR

    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


class TemplateHasErrors(Invalid):
    """Facts: `problems`, every error of the template."""

    code = "documents.template-has-errors"


def counted(errors: Sized) -> str:
    return "an error" if len(errors) == 1 else f"{len(errors)} errors"
