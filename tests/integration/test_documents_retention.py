"""Bulk runs, with the names in their rows, grow old like what they made; templates stay."""

from pathlib import Path

import pytest

from adapters.sql.bulk_rows import SqlBulkRows
from archive import Archive, an_archive, days
from documents import checked_rows, stored_run
from domain.documents.bulk_run import BulkRun, RunError
from domain.identity.access import Actor, Role
from domain.kernel.retention import RetentionClass
from domain.retention.policy import AFTERLIFE, STANDARD
from tenants import Tenants

AGE = STANDARD[RetentionClass.ARTIFACT]


@pytest.fixture
def archive(tenants: Tenants, tmp_path: Path) -> Archive:
    return an_archive(tenants, tmp_path)


async def finished(archive: Archive, tenants: Tenants, actor: Actor) -> BulkRun:
    """A run that is over, with two rows that name people."""
    now = archive.clock.now()
    async with tenants.session(actor, worker=True) as session:
        run = await stored_run(session, actor, created_at=now, updated_at=now)
        await SqlBulkRows(session).take_in(run, checked_rows(1, 2))
        run.fail(RunError(code="documents.test", message="over"), now)
        await session.commit()
    return run


def left(tenants: Tenants, run: BulkRun) -> tuple[object, object, object]:
    """Rows, runs and templates that are still there."""
    return (
        tenants.ask("SELECT count(*) FROM bulk_rows WHERE bulk_run_id = %s", run.id),
        tenants.ask("SELECT count(*) FROM bulk_runs WHERE id = %s", run.id),
        tenants.ask("SELECT count(*) FROM templates WHERE id = %s", run.template_id),
    )


async def test_a_run_goes_with_its_rows_on_the_day_its_files_do(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor()
    run = await finished(archive, tenants, ada)

    archive.clock.set(run.created_at + days(AGE - 1))
    await archive.sweep(ada.workspace_id)
    assert left(tenants, run) == (2, 1, 1)

    archive.clock.set(run.created_at + days(AGE))
    await archive.sweep(ada.workspace_id)
    assert left(tenants, run) == (0, 0, 1)


async def test_a_run_under_a_hold_stays(archive: Archive, tenants: Tenants) -> None:
    ada = tenants.actor(Role.ADMIN)
    run = await finished(archive, tenants, ada)
    await archive.hold(ada)

    archive.clock.set(run.created_at + days(AGE))
    await archive.sweep(ada.workspace_id)

    assert left(tenants, run) == (2, 1, 1)


async def test_a_deleted_workspace_loses_templates_and_all(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor()
    run = await finished(archive, tenants, ada)
    archive.do(
        "UPDATE workspaces SET deleted_at = %s WHERE id = %s",
        archive.clock.now() - AFTERLIFE,
        ada.workspace_id,
    )
    archive.clock.move(days(1))

    for _ in range(2):  # what names a file goes first, the file with the next look
        await archive.sweep(ada.workspace_id)

    assert left(tenants, run) == (0, 0, 0)
    files = "SELECT count(*) FROM artifacts WHERE workspace_id = %s"
    assert tenants.ask(files, ada.workspace_id) == 0
