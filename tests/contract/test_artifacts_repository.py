"""What every `Artifacts` does: rows that name objects, and never lie about them."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from adapters.sql.artifacts import SqlArtifacts
from domain.artifacts.artifact import Artifact, ArtifactId, ArtifactNotFound, ArtifactRemoved
from domain.artifacts.keys import artifact_key, content_key
from domain.artifacts.ports import ArtifactFilter, BlobCondemned, BlobExists
from domain.identity.access import Actor, Role
from domain.kernel.pages import PageRequest
from domain.kernel.retention import RetentionClass
from tenants import NEW, MovableClock, Tenants

CLOCK = MovableClock()


def an_artifact(
    actor: Actor, *, content: bytes = b"x", key: str = "", **changes: object
) -> Artifact:
    defaults = {
        "id": ArtifactId(NEW()),
        "workspace_id": actor.workspace_id,
        "kind": "documents.zip",
        "key": key or artifact_key(actor.workspace_id, NEW(), 1, "letters.zip"),
        "file_name": "Letters.zip",
        "media_type": "application/zip",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "retention": RetentionClass.BULK_ZIP,
        "created_at": CLOCK.now(),
        "created_by": actor.user_id,
    }
    return Artifact(**(defaults | changes))  # type: ignore[arg-type]


async def added(tenants: Tenants, actor: Actor, *artifacts: Artifact) -> None:
    async with tenants.session(actor) as session:
        for artifact in artifacts:
            await SqlArtifacts(session).add(artifact)
        await session.commit()


async def test_a_committed_artifact_comes_back_whole(tenants: Tenants) -> None:
    actor = tenants.actor()
    artifact = an_artifact(actor, job_id=NEW())
    await added(tenants, actor, artifact)

    async with tenants.session(actor) as session:
        found = await SqlArtifacts(session).get(actor.workspace_id, artifact.id)

    assert found is not artifact
    for name in Artifact.__dataclass_fields__:
        assert getattr(found, name) == getattr(artifact, name), name


async def test_an_artifact_of_another_workspace_does_not_exist(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    artifact = an_artifact(actor)
    await added(tenants, actor, artifact)

    for workspace in (stranger.workspace_id, actor.workspace_id):
        async with tenants.session(stranger) as session:
            with pytest.raises(ArtifactNotFound):
                await SqlArtifacts(session).get(workspace, artifact.id)


async def test_a_page_runs_from_new_to_old_and_goes_on_where_it_ended(tenants: Tenants) -> None:
    actor = tenants.actor()
    start = CLOCK.now()
    made = [an_artifact(actor, created_at=start + timedelta(seconds=n // 2)) for n in range(7)]
    await added(tenants, actor, *made)
    expected = sorted(made, key=lambda a: (a.created_at, a.id), reverse=True)

    seen: list[ArtifactId] = []
    request: PageRequest | None = PageRequest(limit=3)
    async with tenants.session(actor) as session:
        while request is not None:
            page = await SqlArtifacts(session).page(
                actor.workspace_id, request, matching=ArtifactFilter()
            )
            seen += [artifact.id for artifact in page.items]
            request = PageRequest(limit=3, after=page.next) if page.next else None

    assert seen == [artifact.id for artifact in expected]


async def test_a_page_can_be_narrowed_to_a_kind_or_a_job(tenants: Tenants) -> None:
    actor, job = tenants.actor(), NEW()
    report = an_artifact(actor, kind="documents.report")
    made = an_artifact(actor, job_id=job)
    await added(tenants, actor, report, made)

    async with tenants.session(actor) as session:

        async def ids(matching: ArtifactFilter) -> list[ArtifactId]:
            page = await SqlArtifacts(session).page(
                actor.workspace_id, PageRequest(), matching=matching
            )
            return [artifact.id for artifact in page.items]

        assert await ids(ArtifactFilter(kind="documents.report")) == [report.id]
        assert await ids(ArtifactFilter(job_id=job)) == [made.id]


async def test_a_removed_artifact_is_gone_for_readers_and_lists(tenants: Tenants) -> None:
    actor = tenants.actor()
    artifact = an_artifact(actor)
    await added(tenants, actor, artifact)
    async with tenants.session(actor) as session:
        (await SqlArtifacts(session).get(actor.workspace_id, artifact.id)).remove(CLOCK.now())
        await session.commit()

    async with tenants.session(actor) as session:
        with pytest.raises(ArtifactRemoved):
            await SqlArtifacts(session).get(actor.workspace_id, artifact.id)
        page = await SqlArtifacts(session).page(
            actor.workspace_id, PageRequest(), matching=ArtifactFilter()
        )
    assert page.items == ()


@pytest.mark.parametrize("column", ["key", "size", "sha256", "file_name", "created_at", "id"])
async def test_an_artifact_is_written_once(tenants: Tenants, column: str) -> None:
    actor = tenants.actor()
    artifact = an_artifact(actor)
    other = an_artifact(actor, content=b"other", file_name="Other.zip")
    other.created_at += timedelta(days=400)
    await added(tenants, actor, artifact, other)
    changed = getattr(replace(other), column)

    with (
        psycopg.connect(tenants.admin_url) as owner,
        pytest.raises(psycopg.errors.RestrictViolation, match="written once"),
    ):
        owner.execute(
            f"UPDATE artifacts SET {column} = %s WHERE id = %s",  # type: ignore[arg-type]
            (NEW() if column == "id" else changed, artifact.id),
        )


async def test_artifacts_share_an_object_that_is_named_by_its_content(tenants: Tenants) -> None:
    actor = tenants.actor()
    sha256 = hashlib.sha256(b"logo").hexdigest()
    key = content_key(actor.workspace_id, sha256)
    await added(tenants, actor, *(an_artifact(actor, content=b"logo", key=key) for _ in range(2)))

    async with tenants.session(actor) as session:
        found = await SqlArtifacts(session).find_content(actor.workspace_id, sha256)
        absent = await SqlArtifacts(session).find_content(actor.workspace_id, "0" * 64)

    assert found is not None
    assert (found.key, found.size, absent) == (key, 4, None)
    assert tenants.ask("SELECT refs FROM blobs WHERE key = %s", key) == 2


async def test_an_object_that_is_being_removed_cannot_be_named_again(tenants: Tenants) -> None:
    actor = tenants.actor()
    sha256 = hashlib.sha256(b"old").hexdigest()
    key = content_key(actor.workspace_id, sha256)
    with psycopg.connect(tenants.admin_url) as owner:
        owner.execute(
            "INSERT INTO blobs (workspace_id, key, size, sha256, condemned_at)"
            " VALUES (%s, %s, 3, %s, now())",
            (actor.workspace_id, key, sha256),
        )

    async with tenants.session(actor) as session:
        repository = SqlArtifacts(session)
        with pytest.raises(BlobCondemned):
            await repository.add(an_artifact(actor, content=b"old", key=key))
        assert await repository.find_content(actor.workspace_id, sha256) is None
        again = content_key(actor.workspace_id, sha256, "second")
        await repository.add(an_artifact(actor, content=b"old", key=again))
        await session.commit()

    assert tenants.ask("SELECT refs FROM blobs WHERE key = %s", again) == 1


async def test_a_key_cannot_stand_for_two_contents(tenants: Tenants) -> None:
    actor = tenants.actor()
    first = an_artifact(actor)
    await added(tenants, actor, first)

    async with tenants.session(actor) as session:
        with pytest.raises(BlobExists):
            await SqlArtifacts(session).add(an_artifact(actor, content=b"other", key=first.key))


async def test_a_key_outside_the_workspace_is_refused_by_the_database(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor()
    key = artifact_key(stranger.workspace_id, NEW(), 1, "theirs.zip")

    async with tenants.session(actor) as session:
        with pytest.raises(DBAPIError, match="ck_blobs_key"):
            await SqlArtifacts(session).add(an_artifact(actor, key=key))
