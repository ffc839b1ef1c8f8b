"""What a process says at its start about the machine it is on."""

import structlog

from adapters.runtime.typefaces.check import drawing_lacks

log = structlog.get_logger()


def tell_what_is_missing() -> None:
    """A line for each system library that drawing PDF lacks, with the package that brings it."""
    for lack in drawing_lacks():
        tell = log.error if lack.severe else log.warning
        tell(f"a system library is missing: install {lack.package}, else {lack.effect}")
