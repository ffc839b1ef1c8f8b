"""Runs LibreOffice over batches of documents, each batch in a process of its own.

A server that stays (unoserver) dies after some hundreds of documents and hangs now and then; a
process a batch costs a second of start and forgets everything. What one document breaks is tried
again alone, so that its neighbours are drawn.
"""

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.libreoffice.profile import write_font_settings, write_profile
from adapters.runtime import kernel_walls, process_tree
from adapters.runtime.typefaces.book import SHIPPED
from domain.documents.effort import (
    OFFICE_BATCH,
    OFFICE_DOCUMENT,
    OFFICE_RETRIES,
    OFFICE_START,
)
from domain.documents.layout.failures import PdfNotDrawn, not_drawn

_PROGRAMS: Final = ("soffice", "libreoffice")
_GIB: Final = 1 << 30


def find_office(configured: str | None = None) -> Path | None:
    """The program: the configured one, else the first on the PATH; None when there is none."""
    if configured:
        found = shutil.which(configured)
        return None if found is None else Path(found)
    for program in _PROGRAMS:
        found = shutil.which(program)
        if found is not None:
            return Path(found)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeLimits:
    """`start_seconds` and `document_seconds` of wall time make a batch's limit.

    Together with `retries` they are the time that whoever waits for us counts on.
    """

    start_seconds: float = OFFICE_START
    document_seconds: float = OFFICE_DOCUMENT
    cpu_seconds: int = 300
    address_space_bytes: int = 4 * _GIB
    file_bytes: int = 256 << 20
    batch: int = OFFICE_BATCH  # documents a process
    retries: int = OFFICE_RETRIES  # of a batch's documents, if each takes all of its time
    profile_batches: int = 20  # then the profile is made anew


@dataclass(slots=True, kw_only=True)
class LibreOffice:
    """Everything it writes lies below `scratch`; `close` removes it."""

    program: Path
    scratch: Path | None = None
    limits: OfficeLimits = OfficeLimits()
    _folder: Path = field(init=False)
    _batches: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="office-", dir=self.scratch))

    def pdfs(self, documents: Sequence[bytes]) -> list[bytes | PdfNotDrawn]:
        """One PDF for each DOCX, or the refusal that stands in its place."""
        found: list[bytes | PdfNotDrawn] = []
        for start in range(0, len(documents), self.limits.batch):
            found.extend(self._batch(documents[start : start + self.limits.batch]))
        return found

    def pdf(self, document: bytes) -> bytes:
        """Raises PdfNotDrawn."""
        made = self.pdfs([document])[0]
        if isinstance(made, PdfNotDrawn):
            raise made
        return made

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _batch(self, documents: Sequence[bytes]) -> list[bytes | PdfNotDrawn]:
        made, reason = self._convert(documents)
        missing = [at for at, content in enumerate(made) if content is None]
        found: list[bytes | PdfNotDrawn] = [
            not_drawn("LibreOffice", reason) if content is None else content for content in made
        ]
        if len(documents) > 1:
            last_start = time.monotonic() + (self.limits.retries - 1) * self._seconds(1)
            for at in missing:
                if time.monotonic() > last_start:
                    break  # those that are left keep the batch's reason
                again, why = self._convert([documents[at]])
                found[at] = not_drawn("LibreOffice", why) if again[0] is None else again[0]
        return found

    def _convert(self, documents: Sequence[bytes]) -> tuple[list[bytes | None], str]:
        """What one process made, and why the rest is missing."""
        work = Path(tempfile.mkdtemp(prefix="batch-", dir=self._folder))
        try:
            names = [work / f"{at}.docx" for at in range(len(documents))]
            for name, document in zip(names, documents, strict=True):
                name.write_bytes(document)
            reason = self._run(work, names)
            return [_content(name.with_suffix(".pdf")) for name in names], reason
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _run(self, work: Path, names: list[Path]) -> str:
        command = [
            str(self.program), f"-env:UserInstallation={self._profile().as_uri()}",
            "--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
            "--infilter=MS Word 2007 XML",
            "--convert-to", "pdf:writer_pdf_Export", "--outdir", str(work), *map(str, names),
        ]  # fmt: skip
        seconds = self._seconds(len(names))
        with subprocess.Popen(  # noqa: S603  our own arguments only
            command,
            cwd=work,
            env=self._environment(work),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_Walls(self.limits, os.getpid()),  # noqa: PLW1509  walls stand before it starts
        ) as process:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._forget_profile()
                return f"took longer than {seconds:.0f} seconds"
            finally:
                process_tree.kill(process.pid)
        return "made no file" if code == 0 else f"ended with code {code}"

    def _seconds(self, documents: int) -> float:
        return self.limits.start_seconds + self.limits.document_seconds * documents

    def _profile(self) -> Path:
        folder = self._folder / "profile"
        self._batches += 1
        if self._batches % self.limits.profile_batches == 0:
            self._forget_profile()
        if not folder.exists():
            write_profile(folder)
        return folder

    def _forget_profile(self) -> None:
        shutil.rmtree(self._folder / "profile", ignore_errors=True)

    def _environment(self, work: Path) -> dict[str, str]:
        fonts = self._folder / "fonts.conf"
        if not fonts.exists():
            write_font_settings(fonts, [SHIPPED], self._folder / "font-cache")
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._folder),
            "TMPDIR": str(work),
            "LANG": "C.UTF-8",
            "FONTCONFIG_FILE": str(fonts),
            "SAL_USE_VCLPLUGIN": "svp",
        }


@dataclass(frozen=True, slots=True)
class _Walls:
    """Run in the child before the program: no network, no new powers, bounded resources."""

    limits: OfficeLimits
    parent: int

    def __call__(self) -> None:
        for what, value in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, self.limits.cpu_seconds),
            (resource.RLIMIT_AS, self.limits.address_space_bytes),
            (resource.RLIMIT_FSIZE, self.limits.file_bytes),
        ):
            hard = resource.getrlimit(what)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)  # noqa: PLW2901
            resource.setrlimit(what, (value, value))
        kernel_walls.leave_network()
        kernel_walls.drop_powers()
        kernel_walls.die_with_parent(self.parent)


def _content(file: Path) -> bytes | None:
    try:
        content = file.read_bytes()
    except OSError:
        return None
    return content if content.startswith(b"%PDF-") else None
