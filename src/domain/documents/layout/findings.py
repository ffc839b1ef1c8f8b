"""What a page engine will not show as the document asks, and the grade that follows from it."""

from dataclasses import dataclass
from enum import StrEnum


class Fidelity(StrEnum):
    EXACT = "exact"
    APPROXIMATE = "approximate"
    NEEDS_HIGH_FIDELITY = "needs_high_fidelity"


@dataclass(frozen=True, slots=True)
class Finding:
    """One feature that is not mapped as it stands.

    `feature` is a stable name like `drawing.chart`; `where` says part and text nearby; `effect`
    what the fast engines will show instead; `severity` is never exact.
    """

    feature: str
    where: str
    effect: str
    severity: Fidelity


@dataclass(frozen=True, slots=True)
class Grade:
    """How close the fast engines come to the document, and why not closer."""

    fidelity: Fidelity
    findings: tuple[Finding, ...]


def grade(findings: tuple[Finding, ...]) -> Grade:
    """The worst finding decides."""
    worst = Fidelity.EXACT
    for finding in findings:
        if finding.severity is Fidelity.NEEDS_HIGH_FIDELITY:
            worst = Fidelity.NEEDS_HIGH_FIDELITY
        elif worst is Fidelity.EXACT:
            worst = Fidelity.APPROXIMATE
    return Grade(worst, findings)
