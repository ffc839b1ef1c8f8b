"""Retention on a moved clock: what is over goes, object and row, and nothing else does."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.exc import ProgrammingError

from adapters.sql.retention import SqlRetentionSchedule
from adapters.sql.session import NOBODY, bind, new_session
from adapters.storage.local import LocalBlobStore
from application.retention.edit_holds import ReleaseHold, ReleaseHoldHandler
from archive import Archive, an_archive, days
from domain.artifacts.artifact import ArtifactNotFound, ArtifactRemoved
from domain.artifacts.ports import StoreUnavailable
from domain.identity.access import Actor, Role, WorkspaceId
from domain.kernel.retention import RetentionClass
from domain.retention.hold import AlreadyHeld, LegalHold
from domain.retention.policy import STANDARD, BadRetention
from domain.usage.quota import BYTES_STORED
from tenants import NEW, Tenants

GONE, KEPT = (False, False, False), (True, True, True)


@pytest.fixture
def archive(tenants: Tenants, tmp_path: Path) -> Archive:
    return an_archive(tenants, tmp_path)


@pytest.mark.parametrize("kind", RetentionClass)
async def test_day_n_minus_one_is_kept_and_day_n_is_gone_in_every_workspace(
    archive: Archive, tenants: Tenants, kind: RetentionClass
) -> None:
    ada, bob = tenants.actor(), tenants.actor(Role.ADMIN)
    await archive.keep_for(bob, kind, STANDARD[kind] + 10)
    files = {one: await archive.keep(one, kind) for one in (ada, bob)}

    async def after(number: int) -> list[tuple[bool, bool, bool]]:
        archive.clock.set(files[ada].created_at + days(number))
        for one in files:
            await archive.sweep(one.workspace_id)
        return [await archive.is_there(artifact) for artifact in files.values()]

    assert await after(STANDARD[kind] - 1) == [KEPT, KEPT]
    assert await after(STANDARD[kind]) == [GONE, KEPT]
    assert await after(STANDARD[kind] + 9) == [GONE, KEPT]
    assert await after(STANDARD[kind] + 10) == [GONE, GONE]


async def test_a_second_sweep_does_nothing(archive: Archive, tenants: Tenants) -> None:
    ada = tenants.actor()
    old = await archive.keep(ada, RetentionClass.BULK_ZIP)
    archive.clock.move(days(7))
    young = await archive.keep(ada, RetentionClass.BULK_ZIP)

    for _ in range(2):
        await archive.sweep(ada.workspace_id)
        assert [await archive.is_there(a) for a in (old, young)] == [GONE, KEPT]
        assert archive.audited(ada, "retention.removed") == 1


async def test_what_goes_frees_its_share_of_the_quota(archive: Archive, tenants: Tenants) -> None:
    ada = tenants.actor()
    await archive.keep(ada, RetentionClass.RAW_INPUT, b"x" * 1000)
    await archive.keep(ada, RetentionClass.ARTIFACT, b"x" * 300)
    archive.clock.move(days(30))

    await archive.sweep(ada.workspace_id)

    async with tenants.session(ada) as session:
        use = await archive.quotas(session).use(ada.workspace_id, BYTES_STORED)
    assert use.used == 300


async def test_more_than_a_batch_goes_in_one_sweep_and_a_shared_object_with_its_last_user(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor()
    first = await archive.keep(ada, RetentionClass.BULK_ZIP)
    archive.do(
        "INSERT INTO artifacts (id, workspace_id, kind, key, file_name, media_type, size, sha256,"
        " retention, created_at) SELECT gen_random_uuid(), workspace_id, kind, key, file_name,"
        " media_type, size, sha256, retention, created_at FROM artifacts,"
        " generate_series(1, 1100) WHERE id = %s",
        first.id,
    )
    archive.clock.move(days(6))
    last = await archive.keep(ada, RetentionClass.BULK_ZIP, key=first.key)
    archive.clock.move(days(1))

    await archive.sweep(ada.workspace_id)
    left = tenants.ask("SELECT count(*) FROM artifacts WHERE key = %s", first.key)
    assert (left, await archive.is_there(last)) == (1, KEPT)

    archive.clock.move(days(6))
    await archive.sweep(ada.workspace_id)
    assert await archive.is_there(last) == GONE


@pytest.mark.parametrize("whole", [True, False], ids=["workspace", "object"])
async def test_a_legal_hold_keeps_what_it_covers_until_it_is_released(
    archive: Archive, tenants: Tenants, *, whole: bool
) -> None:
    ada = tenants.actor(Role.ADMIN)
    held, other = [await archive.keep(ada, RetentionClass.ARTIFACT) for _ in range(2)]
    hold = await archive.hold(ada, None if whole else held)
    with pytest.raises(AlreadyHeld):
        await archive.hold(ada, None if whole else held)
    archive.clock.move(days(5000))

    await archive.sweep(ada.workspace_id)
    assert await archive.is_there(held) == KEPT
    assert await archive.is_there(other) == (KEPT if whole else GONE)

    async with tenants.session(ada) as session:
        release = archive.made(ReleaseHoldHandler, session)
        await release(ada, ReleaseHold(hold_id=hold.id))
    await archive.sweep(ada.workspace_id)
    assert await archive.is_there(held) == GONE


async def test_a_hold_and_a_removal_never_both_win(archive: Archive, tenants: Tenants) -> None:
    ada = tenants.actor(Role.ADMIN)
    outcomes = set()
    for _ in range(6):
        artifact = await archive.keep(ada, RetentionClass.BULK_ZIP)
        archive.clock.move(days(7))
        held, _ = await asyncio.gather(
            archive.hold(ada, artifact), archive.sweep(ada.workspace_id), return_exceptions=True
        )
        assert isinstance(held, LegalHold | ArtifactRemoved | ArtifactNotFound)
        outcomes.add((isinstance(held, LegalHold), await archive.is_there(artifact)))

    assert outcomes <= {(False, GONE), (True, KEPT)}


class BreakingStore(LocalBlobStore):
    """Refuses the first deletions."""

    failures = 3

    async def delete(self, key: str) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("broken on purpose")
        await super().delete(key)


async def test_a_sweep_that_breaks_off_is_finished_by_the_next(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor()
    files = [await archive.keep(ada, RetentionClass.BULK_ZIP) for _ in range(20)]
    archive.clock.move(days(7))
    broken = BreakingStore(archive.store._objects.parent, archive.store._signer)
    archive.store = broken

    with pytest.raises(StoreUnavailable):
        await archive.sweep(ada.workspace_id)
    readable = tenants.ask(
        "SELECT count(*) FROM artifacts WHERE workspace_id = %s AND removed_at IS NULL",
        ada.workspace_id,
    )
    assert readable == 0
    assert (await archive.is_there(files[0]))[1:] == (True, True)

    broken.failures = 0
    await archive.sweep(ada.workspace_id)
    assert {await archive.is_there(artifact) for artifact in files} == {GONE}


async def test_the_report_says_what_the_sweep_then_removes_and_changes_nothing(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor(Role.ADMIN)
    old = [await archive.keep(ada, RetentionClass.RAW_INPUT, bytes(n)) for n in range(1, 15)]
    held = await archive.keep(ada, RetentionClass.RAW_INPUT)
    await archive.hold(ada, held)
    archive.clock.move(days(29))
    young = await archive.keep(ada, RetentionClass.RAW_INPUT)
    archive.clock.move(days(1))

    [line] = [
        line for line in await archive.report(ada)
        if (line.what, line.kind) == ("artifacts", RetentionClass.RAW_INPUT)
    ]  # fmt: skip

    assert (line.days, line.due.count, line.due.held) == (30, 14, 1)
    assert line.due.size == sum(range(1, 15))
    assert line.due.oldest == old[0].created_at
    assert [sample.id for sample in line.due.samples] == [str(a.id) for a in old[:10]]
    assert {await archive.is_there(artifact) for artifact in (*old, held, young)} == {KEPT}
    await archive.sweep(ada.workspace_id)
    assert {await archive.is_there(artifact) for artifact in old} == {GONE}
    assert {await archive.is_there(artifact) for artifact in (held, young)} == {KEPT}


async def test_the_report_answers_for_other_numbers_too(archive: Archive, tenants: Tenants) -> None:
    ada = tenants.actor(Role.ADMIN)
    await archive.keep(ada, RetentionClass.ARTIFACT)
    archive.clock.move(days(10))

    async def count(**supposed: int) -> int:
        lines = await archive.report(ada, **supposed)
        return sum(line.due.count for line in lines)

    assert [await count(), await count(artifact=10), await count(artifact=11)] == [0, 1, 0]
    with pytest.raises(BadRetention):
        await count(artifact=0)


async def test_what_has_no_class_stays_until_its_workspace_is_deleted_for_a_month(
    archive: Archive, tenants: Tenants
) -> None:
    ada = tenants.actor(Role.ADMIN)
    template = await archive.keep(ada, None)
    young = await archive.keep(ada, RetentionClass.ARTIFACT)
    archive.clock.move(days(9000))
    await archive.sweep(ada.workspace_id)
    assert await archive.is_there(template) == KEPT
    young = await archive.keep(ada, RetentionClass.ARTIFACT)

    now = archive.clock.now()
    archive.do("UPDATE workspaces SET deleted_at = %s WHERE id = %s", now, ada.workspace_id)
    archive.clock.move(days(30) - timedelta(seconds=1))
    await archive.sweep(ada.workspace_id)
    assert [await archive.is_there(a) for a in (template, young)] == [KEPT, KEPT]

    archive.clock.move(timedelta(seconds=1))
    await archive.sweep(ada.workspace_id)
    assert [await archive.is_there(a) for a in (template, young)] == [GONE, GONE]


async def test_only_workspaces_with_something_due_are_swept(
    archive: Archive, tenants: Tenants
) -> None:
    due, idle, held, removed, longer = [tenants.actor(Role.ADMIN) for _ in range(5)]
    for one in (due, held, longer):
        await archive.keep(one, RetentionClass.BULK_ZIP)
    await archive.hold(held)
    await archive.keep_for(longer, RetentionClass.BULK_ZIP, 8)
    archive.clock.move(days(7))
    await archive.keep(idle, RetentionClass.BULK_ZIP)
    by_hand = await archive.keep(removed, RetentionClass.BULK_ZIP)
    archive.do("UPDATE artifacts SET removed_at = now() WHERE id = %s", by_hand.id)
    mine = [one.workspace_id for one in (due, idle, held, removed, longer)]

    async def found() -> Sequence[WorkspaceId]:
        async with new_session(tenants.worker) as session:
            bind(session, NOBODY)
            schedule = SqlRetentionSchedule(session)
            everyone = await schedule.all()
            assert set(mine) <= set(everyone)
            some = await schedule.with_something_due(STANDARD, archive.clock.now())
            return [each for each in some if each in mine]

    assert set(await found()) == {due.workspace_id, removed.workspace_id}
    for one in (due, removed):
        await archive.sweep(one.workspace_id)
    assert await found() == []


async def test_the_api_cannot_ask_for_everyones_workspaces(
    archive: Archive, tenants: Tenants
) -> None:
    async with tenants.session(tenants.actor(Role.OWNER)) as session:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await SqlRetentionSchedule(session).all()


def a_run(archive: Archive, actor: Actor, shards: int = 0) -> list[UUID]:
    jobs = [NEW() for _ in range(shards + 1)]
    archive.do(
        "INSERT INTO jobs (id, workspace_id, root_id, kind, queue, subject, shard, payload)"
        " SELECT id, %s, %s, 'k', 'io', %s, n, '{}'"
        " FROM unnest(%s::uuid[]) WITH ORDINALITY AS given (id, n)",
        *(actor.workspace_id, jobs[0], jobs[0], jobs),
    )
    return jobs


def end_jobs(archive: Archive, *jobs: UUID) -> None:
    archive.do(
        "UPDATE jobs SET status = 'cancelled', finished_at = %s WHERE id = ANY(%s)",
        archive.clock.now(),
        list(jobs),
    )


async def test_finished_runs_go_with_their_events_and_others_stay(
    archive: Archive, tenants: Tenants
) -> None:
    archive.clock.set(datetime.now(UTC) + timedelta(minutes=1))
    ada = tenants.actor(Role.ADMIN)
    done, half, held = [a_run(archive, ada, shards=n) for n in (600, 2, 0)]
    end_jobs(archive, *done, *half[:2], *held)
    archive.do(
        "INSERT INTO legal_holds (id, workspace_id, subject, reason, created_by, created_at)"
        " VALUES (%s, %s, %s, 'r', %s, now())",
        *(NEW(), ada.workspace_id, held[0], ada.user_id),
    )

    def counts() -> list[object]:
        return [
            tenants.ask(f"SELECT count(*) FROM {table} WHERE root_id = %s", run[0])
            for run in (done, half, held)
            for table in ("jobs", "job_events")
        ]

    archive.clock.move(days(15) - timedelta(seconds=1))
    await archive.sweep(ada.workspace_id)
    assert counts() == [601, 1202, 3, 5, 1, 2]
    archive.clock.move(timedelta(seconds=1))
    [line] = [line for line in await archive.report(ada) if line.what == "jobs"]
    assert (line.due.count, line.due.held) == (1, 1)
    await archive.sweep(ada.workspace_id)
    assert counts() == [0, 0, 3, 5, 1, 2]
    end_jobs(archive, half[2])
    archive.clock.move(days(15))
    await archive.sweep(ada.workspace_id)
    assert counts() == [0, 0, 0, 0, 1, 2]
