"""What is wrong with one row of data for a template, and what to do where it has nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.errors import Invalid


class MissingPolicy(StrEnum):
    ERROR = "error"
    BLANK = "blank"
    KEEP = "keep"  # the tag stays in the document as it is written in the template


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    field: str  # its name; items of a list as items[2].name, counted from 1
    code: str
    message: str
    value: str = ""  # the beginning of what the row has


def _told(problem: RowProblem) -> str:
    """A sentence that names the field, once."""
    message = f"{problem.message.rstrip('.')}."
    return message if f"“{problem.field}”" in message else f"{problem.field}: {message}"


class RowInvalid(Invalid):
    """Facts: `problems`, everything wrong with the row: field, code, message, value."""

    code = "documents.row-invalid"

    def __init__(self, problems: Iterable[RowProblem]) -> None:
        self.problems = tuple(problems)
        told = " ".join(map(_told, self.problems[:3]))
        more = f" (and {len(self.problems) - 3} more)" if len(self.problems) > 3 else ""  # noqa: PLR2004
        super().__init__(
            f"{told}{more}",
            problems=[
                {
                    "field": problem.field,
                    "code": problem.code,
                    "message": problem.message,
                    "value": problem.value,
                }
                for problem in self.problems
            ],
        )


class DocumentTooLarge(Invalid):
    """The row makes more rounds of loops, or more text, than a document may have."""

    code = "documents.document-too-large"
