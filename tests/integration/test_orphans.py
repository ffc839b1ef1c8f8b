"""Objects that nothing knows of go after a day, and never while somebody is about to name them."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.sql.artifacts import SqlArtifacts
from application.artifacts.store_upload import StoreUpload, StoreUploadHandler
from archive import Archive, an_archive
from domain.artifacts.artifact import Artifact
from domain.artifacts.keys import artifact_key, content_key
from domain.identity.access import Actor
from domain.kernel.retention import RetentionClass
from streams import stream, whole
from tenants import NEW, Tenants

CSV = b"name;city\nAda;London\n"


@pytest.fixture
def archive(tenants: Tenants, tmp_path: Path) -> Archive:
    """Files carry the machine's time, so the clock starts there."""
    archive = an_archive(tenants, tmp_path)
    archive.clock.set(datetime.now(UTC))
    return archive


async def upload(archive: Archive, actor: Actor, content: bytes = CSV) -> Artifact:
    async with archive.tenants.session(actor) as session:
        handle = archive.made(
            StoreUploadHandler,
            session,
            shelf=archive.shelf(session),
            artifacts=SqlArtifacts(session),
        )

        def read() -> AsyncIterator[bytes]:
            return stream(content)

        command = StoreUpload(file_name="people.csv", media_type="text/csv", read=read)
        artifact: Artifact = await handle(actor, command)
        return artifact


async def test_an_object_without_a_row_goes_after_a_day_and_others_stay(
    archive: Archive, tenants: Tenants
) -> None:
    ada, bob = tenants.actor(), tenants.actor()
    known = await archive.keep(ada, RetentionClass.ARTIFACT)
    orphans = [artifact_key(ada.workspace_id, NEW(), 1, f"{n}.bin") for n in range(3)]
    elsewhere = artifact_key(bob.workspace_id, NEW(), 1, "a.bin")
    for key in (*orphans, elsewhere):
        await archive.store.put(key, stream(b"lost"))

    archive.clock.move(timedelta(hours=23, minutes=58))
    await archive.sweep_orphans(ada.workspace_id)
    assert [await archive.store.size(key) for key in orphans] == [4, 4, 4]

    archive.clock.move(timedelta(minutes=4))
    for _ in range(2):
        await archive.sweep_orphans(ada.workspace_id)
        assert [await archive.store.size(key) for key in orphans] == [None, None, None]
        assert archive.audited(ada, "retention.orphans-removed") == 1
    assert await archive.is_there(known) == (True, True, True)
    assert await archive.store.size(elsewhere) == 4
    left = tenants.ask("SELECT count(*) FROM blobs WHERE workspace_id = %s", ada.workspace_id)
    assert left == 1


async def test_an_upload_under_way_is_no_orphan(archive: Archive, tenants: Tenants) -> None:
    ada = tenants.actor()
    key = artifact_key(ada.workspace_id, NEW(), 1, "video.mp4")
    await archive.store.put(key, stream(b"first half"))
    archive.do(
        "INSERT INTO uploads (id, workspace_id, created_by, kind, key, file_name, media_type,"
        " created_at, expires_at) VALUES (%s, %s, %s, 'video', %s, 'v', 'video/mp4', now(), now())",
        *(NEW(), ada.workspace_id, ada.user_id, key),
    )
    archive.clock.move(timedelta(hours=25))

    await archive.sweep_orphans(ada.workspace_id)

    assert await archive.store.size(key) == 10


async def test_the_same_bytes_are_stored_once_until_their_last_artifact_goes(
    archive: Archive, tenants: Tenants
) -> None:
    ada, bob = tenants.actor(), tenants.actor()
    first, second, theirs = [await upload(archive, one) for one in (ada, ada, bob)]

    assert first.key == second.key == content_key(ada.workspace_id, first.sha256)
    assert theirs.key != first.key
    archive.do("UPDATE artifacts SET removed_at = now() WHERE id = %s", first.id)
    await archive.sweep(ada.workspace_id)
    assert await archive.is_there(first) == (True, False, True)
    assert await archive.is_there(second) == (True, True, True)


async def test_who_sends_bytes_that_are_just_being_removed_gets_an_object_of_their_own(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor()
    old = await upload(archive, ada)
    archive.do("UPDATE artifacts SET removed_at = now() WHERE id = %s", old.id)
    archive.do("UPDATE blobs SET condemned_at = now() WHERE key = %s", old.key)

    new = await upload(archive, ada)
    await archive.sweep(ada.workspace_id)

    assert new.key.startswith(f"{old.key}.")
    assert await archive.is_there(old) == (False, False, False)
    assert await whole(archive.store.open(new.key)) == CSV


async def test_an_orphan_that_is_sent_again_is_not_swept_from_under_its_new_artifact(
    archive: Archive, tenants: Tenants
) -> None:
    """The object of an upload that failed long ago is found by the next with the same bytes."""
    ada = tenants.actor()
    key = content_key(ada.workspace_id, hashlib.sha256(CSV).hexdigest())
    await archive.store.put(key, stream(CSV))
    archive.clock.move(timedelta(hours=25))

    artifact = await upload(archive, ada)
    await archive.sweep_orphans(ada.workspace_id)

    assert artifact.key == key
    assert await whole(archive.store.open(key)) == CSV


async def test_what_a_dead_process_left_half_written_is_forgotten(archive: Archive) -> None:
    staging = archive.store._staging
    staging.mkdir(parents=True, exist_ok=True)
    old, young = staging / "old", staging / "young"
    for path in (old, young):
        path.write_bytes(b"half")
    day_ago = (archive.clock.now() - timedelta(hours=25)).timestamp()
    os.utime(old, (day_ago, day_ago))

    swept = await archive.store.sweep_unfinished(archive.clock.now() - timedelta(hours=24))

    assert (swept, old.exists(), young.exists()) == (1, False, True)
