"""Uploads nobody goes on with: after a day their bytes, their room and their row are gone."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.sql.retention import SqlRetentionSchedule
from adapters.sql.session import NOBODY, bind, new_session
from adapters.sql.uploads import SqlUploads
from adapters.storage.s3 import S3BlobStore
from adapters.storage.s3_growing import S3GrowingBlobs
from adapters.storage.signed_urls import UrlSigner
from application.artifacts.create_upload import CreateUpload, CreateUploadHandler, UploadLimit
from application.artifacts.digests import Digests
from application.artifacts.finish_upload import UploadFinisher
from application.artifacts.receive_piece import ReceivePiece, ReceivePieceHandler
from archive import Archive, an_archive
from domain.artifacts.upload import Upload, UploadExpired, UploadStatus
from domain.identity.access import Actor
from domain.retention.policy import STANDARD
from s3_server import S3Server
from streams import stream
from tenants import Tenants

TEXT = b"Minutes of the meeting\n" * 1000


@pytest.fixture(params=["local", "s3"])
async def archive(
    request: pytest.FixtureRequest, tenants: Tenants, tmp_path: Path
) -> AsyncIterator[Archive]:
    archive = an_archive(tenants, tmp_path)
    archive.clock.set(datetime.now(UTC))
    if request.param == "local":
        yield archive
        return
    server: S3Server = request.getfixturevalue("s3_server")
    place = server.place(server.new_bucket())
    store = S3BlobStore(place, UrlSigner((b"k" * 32,), archive.clock))
    archive.store, archive.growing = store, S3GrowingBlobs(place)
    yield archive
    await store.close()
    await archive.growing.close()


async def begun(archive: Archive, actor: Actor) -> Upload:
    async with archive.tenants.session(actor) as session:
        handle = archive.made(
            CreateUploadHandler,
            session,
            uploads=SqlUploads(session),
            growing=archive.growing,
            limit=UploadLimit(1 << 30),
        )
        command = CreateUpload(file_name="a.txt", media_type="text/plain", length=len(TEXT))
        upload: Upload = await handle(actor, command)
        return upload


async def sent(archive: Archive, actor: Actor, upload: Upload, start: int, end: int) -> Upload:
    async with archive.tenants.session(actor) as session:
        parts = {
            "uploads": SqlUploads(session),
            "growing": archive.growing,
            "digests": Digests(),
            "shelf": archive.shelf(session),
        }
        finisher = archive.made(UploadFinisher, session, **parts)
        handle = archive.made(ReceivePieceHandler, session, **parts, finisher=finisher)
        piece = ReceivePiece(
            upload_id=upload.id, offset=start, size=end - start, content=stream(TEXT[start:end])
        )
        grown: Upload = await handle(actor, piece)
        return grown


async def left(archive: Archive, actor: Actor) -> tuple[int, int, int]:
    """(rows of uploads, bytes of quota, objects)"""
    workspace = actor.workspace_id
    rows = archive.tenants.ask("SELECT count(*) FROM uploads WHERE workspace_id = %s", workspace)
    used = archive.tenants.ask("SELECT used FROM quota_counters WHERE workspace_id = %s", workspace)
    objects = [key async for key in archive.store.list(f"{workspace}/")]
    assert isinstance(rows, int)
    assert isinstance(used, int)
    return rows, used, len(objects)


async def is_due(archive: Archive, actor: Actor) -> bool:
    async with new_session(archive.tenants.worker) as session:
        bind(session, NOBODY)
        now = archive.clock.now()
        due = await SqlRetentionSchedule(session).with_something_due(STANDARD, now)
        return actor.workspace_id in due


async def test_an_abandoned_upload_goes_a_day_after_its_last_byte(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor()
    upload = await begun(archive, ada)
    archive.clock.move(timedelta(hours=20))
    upload = await sent(archive, ada, upload, 0, 1000)

    archive.clock.move(timedelta(hours=23, minutes=59))
    assert not await is_due(archive, ada)
    await archive.sweep(ada.workspace_id)
    assert (await left(archive, ada))[:2] == (1, len(TEXT))

    archive.clock.move(timedelta(minutes=2))
    assert await is_due(archive, ada)
    with pytest.raises(UploadExpired):
        await sent(archive, ada, upload, 1000, 2000)
    for _ in range(2):
        await archive.sweep(ada.workspace_id)
        assert await left(archive, ada) == (0, 0, 0)
        assert archive.audited(ada, "retention.uploads-removed") == 1
    assert not await is_due(archive, ada)
    assert await archive.store.sweep_unfinished(datetime(2100, 1, 1, tzinfo=UTC)) == 0


async def test_an_upload_that_goes_on_ends_after_a_week_all_the_same(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor()
    upload = await begun(archive, ada)
    for day in range(7):
        archive.clock.move(timedelta(hours=23))
        upload = await sent(archive, ada, upload, day * 10, day * 10 + 10)

    archive.clock.move(timedelta(hours=8))

    with pytest.raises(UploadExpired):
        await sent(archive, ada, upload, 70, 80)


async def test_an_upload_that_became_a_file_leaves_the_file(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor()
    done = await sent(archive, ada, await begun(archive, ada), 0, len(TEXT))
    archive.clock.move(timedelta(hours=25))

    await archive.sweep(ada.workspace_id)

    assert done.status is UploadStatus.COMPLETE
    assert await left(archive, ada) == (0, len(TEXT), 1)


async def test_what_lies_beside_an_upload_under_way_is_no_orphan(
    archive: Archive, tenants: Tenants
) -> None:
    """On S3 the last bytes wait in an object of their own until they make a part."""
    ada = tenants.actor()
    upload = await sent(archive, ada, await begun(archive, ada), 0, 1000)
    archive.clock.move(timedelta(hours=25))
    tenants.run("UPDATE uploads SET expires_at = expires_at + interval '3 days'")

    await archive.sweep_orphans(ada.workspace_id)

    upload = await sent(archive, ada, upload, 1000, len(TEXT))
    assert upload.status is UploadStatus.COMPLETE
