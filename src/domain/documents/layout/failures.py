"""What can go wrong when a document is drawn."""

from domain.kernel.errors import Invalid, Unavailable


class PdfNotDrawn(Invalid):
    """The engine gave up on this document; facts: `engine`, `reason`."""

    code = "documents.pdf-not-drawn"


class OfficeMissing(Unavailable):
    """LibreOffice was asked for and is not here."""

    code = "documents.libreoffice-missing"


def not_drawn(engine: str, reason: str) -> PdfNotDrawn:
    """`reason` is the engine's own first line; it never holds the row's text."""
    return PdfNotDrawn(
        f"{engine} could not draw this document ({reason[:200]}). "
        "Choose another PDF engine, or simplify the page.",
        engine=engine.lower(),
        reason=reason[:200],
    )
