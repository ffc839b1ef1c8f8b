"""Which engine draws, and what a process says about what drawing lacks."""

import pytest
import structlog

from adapters.runtime.typefaces import check
from domain.documents.engine_choice import EngineNotInstalled, choose_engine
from domain.documents.layout.findings import Fidelity
from domain.documents.run_options import PdfEngineChoice
from entrypoints.cli.machine import tell_what_is_missing

AUTO, TYPST, OFFICE, HTML = (
    PdfEngineChoice.AUTO,
    PdfEngineChoice.TYPST,
    PdfEngineChoice.LIBREOFFICE,
    PdfEngineChoice.WEASYPRINT,
)


@pytest.mark.parametrize(
    ("wanted", "usual", "fidelity", "office", "chosen"),
    [
        (AUTO, AUTO, Fidelity.EXACT, True, TYPST),
        (AUTO, AUTO, Fidelity.NEEDS_HIGH_FIDELITY, True, OFFICE),
        (AUTO, AUTO, Fidelity.NEEDS_HIGH_FIDELITY, False, HTML),
        (AUTO, OFFICE, Fidelity.EXACT, True, OFFICE),
        (TYPST, OFFICE, Fidelity.EXACT, True, TYPST),
    ],
)
def test_a_request_then_the_installation_then_the_grade_choose_the_engine(
    wanted: PdfEngineChoice,
    usual: PdfEngineChoice,
    fidelity: Fidelity,
    *,
    office: bool,
    chosen: PdfEngineChoice,
) -> None:
    assert choose_engine(wanted, fidelity, office=office, usual=usual).engine is chosen


def test_a_usual_engine_that_is_not_here_is_told() -> None:
    with pytest.raises(EngineNotInstalled):
        choose_engine(AUTO, Fidelity.EXACT, office=False, usual=OFFICE)


def test_missing_libraries_are_told_at_the_start_with_their_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(check, "_loads", lambda library: library != "pango-1.0")

    with structlog.testing.capture_logs() as told:
        tell_what_is_missing()

    assert [line["log_level"] for line in told] == ["error"]
    assert "install libpango-1.0-0" in told[0]["event"]
