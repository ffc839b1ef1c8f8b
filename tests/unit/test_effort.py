"""What is filled while the caller waits, and what data is too much for any answer."""

import pytest

from documents import a_template, a_version, an_artifact
from domain.documents.effort import DataTooLarge, is_quick, weigh
from domain.documents.run_options import DocumentFormat, PdfEngineChoice
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from tenants import NEW

ACTOR = Actor(user_id=UserId(NEW()), workspace_id=WorkspaceId(NEW()), role=Role.EDITOR)


def test_data_is_weighed_with_everything_in_its_lists_and_the_files_it_names() -> None:
    data = {"a": 1, "lines": [{"price": 2, "photo": "artifact:7"}, {"price": None}], "b": "text"}

    assert weigh(data) == (5, frozenset({"artifact:7"}))


def test_data_nested_without_end_is_refused() -> None:
    data: dict[str, object] = {}
    inner = data
    for _ in range(30):
        inner["x"] = inner = {}  # type: ignore[assignment]

    with pytest.raises(DataTooLarge):
        weigh(data)


def test_more_values_than_any_document_has_are_refused() -> None:
    with pytest.raises(DataTooLarge):
        weigh({"lines": [0] * 500_001})


@pytest.mark.parametrize(
    ("changes", "format_", "engine", "values", "quick"),
    [
        ({}, DocumentFormat.PDF, PdfEngineChoice.AUTO, 20, True),
        ({"size": 6 << 20}, DocumentFormat.DOCX, PdfEngineChoice.AUTO, 20, False),
        ({"pages": 31}, DocumentFormat.PDF, PdfEngineChoice.AUTO, 20, False),
        ({"pages": 31}, DocumentFormat.DOCX, PdfEngineChoice.AUTO, 20, True),
        ({}, DocumentFormat.DOCX, PdfEngineChoice.AUTO, 5_001, False),
        ({}, DocumentFormat.PDF, PdfEngineChoice.LIBREOFFICE, 20, False),
    ],
)
def test_only_little_work_is_done_while_its_caller_waits(
    changes: dict[str, int],
    format_: DocumentFormat,
    engine: PdfEngineChoice,
    values: int,
    quick: bool,  # noqa: FBT001
) -> None:
    version = a_version(a_template(ACTOR), an_artifact(ACTOR), **changes)

    assert is_quick(version, format_, engine, values) is quick
