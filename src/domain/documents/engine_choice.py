"""Which engine draws a PDF, and what a reader should know about that choice."""

from dataclasses import dataclass

from domain.documents.layout.findings import Fidelity
from domain.documents.run_options import PdfEngineChoice
from domain.kernel.errors import Conflict


class EngineNotInstalled(Conflict):
    """Facts: `engine`."""

    code = "documents.engine-not-installed"


@dataclass(frozen=True, slots=True)
class ChosenEngine:
    engine: PdfEngineChoice  # never AUTO
    warning: str = ""


def choose_engine(
    wanted: PdfEngineChoice,
    fidelity: Fidelity,
    *,
    office: bool,
    usual: PdfEngineChoice = PdfEngineChoice.AUTO,
) -> ChosenEngine:
    """Typst where it is exact; else LibreOffice, if `office` says it is here; else WeasyPrint.

    `usual` is what the installation takes for AUTO. Raises EngineNotInstalled.
    """
    if wanted is PdfEngineChoice.AUTO:
        wanted = usual
    if wanted is PdfEngineChoice.LIBREOFFICE and not office:
        raise EngineNotInstalled(
            "LibreOffice is not installed here; choose another engine, or auto.", engine=wanted
        )
    if wanted is not PdfEngineChoice.AUTO:
        return ChosenEngine(wanted)
    if fidelity is Fidelity.EXACT:
        return ChosenEngine(PdfEngineChoice.TYPST)
    if office:
        return ChosenEngine(PdfEngineChoice.LIBREOFFICE)
    return ChosenEngine(
        PdfEngineChoice.WEASYPRINT,
        "The PDF may differ from what Word shows (see the template's findings); "
        "LibreOffice, which draws it closer, is not installed here.",
    )
