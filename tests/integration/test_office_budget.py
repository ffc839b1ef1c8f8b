"""LibreOffice gives up before those who wait for it do; no LibreOffice is needed for that."""

import time
from pathlib import Path

from adapters.libreoffice.office import LibreOffice, OfficeLimits
from domain.documents.effort import OFFICE_BATCH, office_seconds
from domain.documents.layout.failures import PdfNotDrawn


def test_documents_that_hang_are_tried_again_only_as_long_as_is_planned(tmp_path: Path) -> None:
    program = tmp_path / "soffice"
    program.write_text('#!/bin/sh\necho >> "$HOME/../starts"\nexec sleep 60\n')
    program.chmod(0o755)
    limits = OfficeLimits(start_seconds=0.4, document_seconds=0.1, retries=2)
    office = LibreOffice(program=program, scratch=tmp_path, limits=limits)

    began = time.monotonic()
    made = office.pdfs([b"PK"] * 6)
    took = time.monotonic() - began
    office.close()

    assert all(isinstance(each, PdfNotDrawn) for each in made)
    assert 1 < len((tmp_path / "starts").read_text().splitlines()) <= 1 + limits.retries
    assert took < 10  # six second tries of a minute would be there otherwise


def test_a_shard_waits_for_all_that_libreoffice_may_take() -> None:
    limits = OfficeLimits()
    alone = limits.start_seconds + limits.document_seconds
    batch = limits.start_seconds + OFFICE_BATCH * limits.document_seconds

    assert office_seconds(4 * OFFICE_BATCH) == 4 * (batch + limits.retries * alone)
