"""Retention on a moved clock, with the objects in an S3 bucket (R22)."""

from collections.abc import AsyncIterator

import pytest

from adapters.storage.s3 import S3BlobStore
from adapters.storage.s3_growing import S3GrowingBlobs
from adapters.storage.signed_urls import UrlSigner
from archive import Archive, days
from domain.identity.access import Role
from domain.kernel.retention import RetentionClass
from domain.retention.policy import STANDARD
from s3_server import S3Server
from tenants import MovableClock, Tenants

GONE, KEPT = (False, False, False), (True, True, True)


@pytest.fixture
async def archive(tenants: Tenants, s3_server: S3Server) -> AsyncIterator[Archive]:
    clock = MovableClock()
    place = s3_server.place(s3_server.new_bucket())
    store = S3BlobStore(place, UrlSigner((b"k" * 32,), clock))
    yield Archive(tenants, store, S3GrowingBlobs(place), clock)
    await store.close()


@pytest.mark.parametrize("kind", RetentionClass)
async def test_each_class_goes_on_its_day_in_each_workspace_unless_it_is_held(
    archive: Archive, tenants: Tenants, kind: RetentionClass
) -> None:
    ada, bob, eve = (tenants.actor(Role.ADMIN) for _ in range(3))
    await archive.keep_for(bob, kind, STANDARD[kind] + 3)
    files = [await archive.keep(one, kind, b"x" * 1000) for one in (ada, bob, eve)]
    await archive.hold(eve, files[2])

    async def after(number: int) -> list[tuple[bool, bool, bool]]:
        archive.clock.set(files[0].created_at + days(number))
        for one in (ada, bob, eve):
            await archive.sweep(one.workspace_id)
        return [await archive.is_there(file) for file in files]

    assert await after(STANDARD[kind] - 1) == [KEPT, KEPT, KEPT]
    assert await after(STANDARD[kind]) == [GONE, KEPT, KEPT]
    assert await after(STANDARD[kind]) == [GONE, KEPT, KEPT]
    assert [archive.audited(one, "retention.removed") for one in (ada, bob, eve)] == [1, 0, 0]
    assert await after(STANDARD[kind] + 3) == [GONE, GONE, KEPT]
