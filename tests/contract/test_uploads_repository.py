"""What every `Uploads` does: rows that are locks, and know which bytes a workspace has."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.sql.uploads import SqlUploads
from domain.artifacts.growing import Growth, GrowthPart
from domain.artifacts.keys import upload_key
from domain.artifacts.upload import (
    Upload,
    UploadFacts,
    UploadId,
    UploadLocked,
    UploadNotFound,
    UploadStatus,
)
from domain.identity.access import Actor, PermissionDenied, Role
from tenants import NEW, Tenants

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


def an_upload(actor: Actor, **changes: object) -> Upload:
    upload_id = UploadId(NEW())
    upload = Upload(
        id=upload_id,
        workspace_id=actor.workspace_id,
        created_by=actor.user_id,
        kind="upload",
        key=upload_key(actor.workspace_id, upload_id),
        file_name="talk.mp4",
        media_type="video/mp4",
        length=100,
        sha256=None,
        facts=UploadFacts(sent="filename dGFsaw=="),
        growth=Growth(key="k", total=100, parts=(GrowthPart(number=1, size=5, etag='"e"'),)),
        created_at=NOW,
        expires_at=NOW + timedelta(hours=24),
    )
    return replace(upload, **changes)  # type: ignore[arg-type]


async def added(tenants: Tenants, actor: Actor, **changes: object) -> Upload:
    upload = an_upload(actor, **changes)
    async with tenants.session(actor) as session:
        await SqlUploads(session).add(upload)
        await session.commit()
    return upload


def end_lease(tenants: Tenants, upload: Upload) -> None:
    """What ten seconds without a word would do."""
    tenants.run("UPDATE uploads SET lease_until = now() - interval '1 s' WHERE id = %s", upload.id)


async def claimed(tenants: Tenants, actor: Actor, upload: Upload) -> Upload:
    async with tenants.session(actor) as session:
        found = await SqlUploads(session).claim(actor.workspace_id, upload.id, NEW())
        await session.commit()
        return found


async def test_an_upload_comes_back_whole(tenants: Tenants) -> None:
    ada = tenants.actor()
    upload = await added(tenants, ada)

    async with tenants.session(ada) as session:
        assert await SqlUploads(session).get(ada.workspace_id, upload.id) == upload


async def test_nobody_elsewhere_finds_it_and_a_viewer_cannot_write_it(tenants: Tenants) -> None:
    ada, eve = tenants.actor(), tenants.actor()
    viewer = tenants.actor(Role.VIEWER, workspace=ada.workspace_id)
    upload = await added(tenants, ada)

    async with tenants.session(eve) as session:
        for workspace in (eve.workspace_id, ada.workspace_id):
            with pytest.raises(UploadNotFound):
                await SqlUploads(session).get(workspace, upload.id)
            with pytest.raises(UploadNotFound):
                await SqlUploads(session).claim(workspace, upload.id, NEW())
    async with tenants.session(viewer) as session:
        assert await SqlUploads(session).get(ada.workspace_id, upload.id) == upload
        with pytest.raises(PermissionDenied):
            await SqlUploads(session).add(an_upload(viewer))


async def test_of_many_writers_one_holds_it_and_a_dead_ones_lease_ends(tenants: Tenants) -> None:
    ada = tenants.actor()
    upload = await added(tenants, ada)

    ends = await asyncio.gather(
        *(claimed(tenants, ada, upload) for _ in range(5)), return_exceptions=True
    )
    left = tenants.ask("SELECT lease_until - now() FROM uploads WHERE id = %s", upload.id)
    end_lease(tenants, upload)

    assert sum(isinstance(end, Upload) for end in ends) == 1
    assert sum(isinstance(end, UploadLocked) for end in ends) == 4
    assert isinstance(left, timedelta)
    assert left < timedelta(seconds=10)
    assert await claimed(tenants, ada, upload) == upload


async def test_who_lost_the_lease_to_another_saves_nothing(tenants: Tenants) -> None:
    ada = tenants.actor()
    upload = await added(tenants, ada)
    first, second = NEW(), NEW()
    async with tenants.session(ada) as session:
        uploads = SqlUploads(session)
        await uploads.claim(ada.workspace_id, upload.id, first)
        await session.commit()
        end_lease(tenants, upload)
        await uploads.renew(upload, first)  # late, but nobody else came
        await session.commit()
        end_lease(tenants, upload)
        await uploads.claim(ada.workspace_id, upload.id, second)
        await session.commit()

        grown = upload.grown(replace(upload.growth, size=50), NOW)
        for act in (uploads.save(grown, first, keep=True), uploads.renew(upload, first)):
            with pytest.raises(UploadLocked):
                await act
        await uploads.release(upload, first)
        await uploads.save(grown, second, keep=False)
        await session.commit()
        assert (await uploads.get(ada.workspace_id, upload.id)).received == 50
        await uploads.claim(ada.workspace_id, upload.id, first)


async def test_a_removed_member_cannot_go_on_holding_it(tenants: Tenants) -> None:
    ada = tenants.actor()
    upload, holder = await added(tenants, ada), NEW()
    async with tenants.session(ada) as session:
        await SqlUploads(session).claim(ada.workspace_id, upload.id, holder)
        await session.commit()
        tenants.run("DELETE FROM memberships WHERE user_id = %s", ada.user_id)
        with pytest.raises(UploadLocked):
            await SqlUploads(session).renew(upload, holder)


async def test_what_is_over_is_found_oldest_first_unless_somebody_writes(tenants: Tenants) -> None:
    ada = tenants.actor()
    later = await added(tenants, ada, expires_at=NOW - timedelta(minutes=1))
    first = await added(tenants, ada, expires_at=NOW - timedelta(minutes=2))
    held = await added(tenants, ada, expires_at=NOW - timedelta(minutes=3))
    await added(tenants, ada, expires_at=NOW + timedelta(minutes=1))
    await claimed(tenants, ada, held)

    async with tenants.session(ada) as session:
        found = await SqlUploads(session).expired(ada.workspace_id, NOW, 10)

    assert [upload.id for upload in found] == [first.id, later.id]


async def test_the_same_bytes_are_found_while_somebody_names_them(tenants: Tenants) -> None:
    ada, eve = tenants.actor(), tenants.actor()
    sha256 = NEW().hex * 2
    key = f"{ada.workspace_id}/uploads/{NEW()}/source.bin"
    tenants.run(
        "INSERT INTO blobs (workspace_id, key, size, sha256, refs) VALUES (%s, %s, 7, %s, 1)",
        *(ada.workspace_id, key, sha256),
    )

    async def found(actor: Actor) -> str | None:
        async with tenants.session(actor) as session:
            same = await SqlUploads(session).same_content(actor.workspace_id, sha256)
            return same and same.key

    assert (await found(ada), await found(eve)) == (key, None)
    tenants.run("UPDATE blobs SET refs = 0 WHERE key = %s", key)
    assert await found(ada) is None
    tenants.run("UPDATE blobs SET condemned_at = now() WHERE key = %s", key)
    assert await found(ada) is None


async def test_an_upload_that_was_refused_says_why_until_it_is_removed(tenants: Tenants) -> None:
    ada = tenants.actor()
    upload, holder = await added(tenants, ada), NEW()
    async with tenants.session(ada) as session:
        uploads = SqlUploads(session)
        await uploads.claim(ada.workspace_id, upload.id, holder)
        ended = upload.refused("artifacts.checksum-mismatch", NOW)
        await uploads.save(ended, holder, keep=False)
        await session.commit()

        found = await uploads.get(ada.workspace_id, upload.id)
        await uploads.remove(found)
        await session.commit()

        assert (found.status, found.facts.reason) == (
            UploadStatus.ABORTED,
            "artifacts.checksum-mismatch",
        )
        with pytest.raises(UploadNotFound):
            await uploads.get(ada.workspace_id, upload.id)
