"""What every `BulkRuns`, `BulkShards` and `BulkRows` does, as the worker uses them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.bulk_rows import SqlBulkRows
from adapters.sql.bulk_runs import SqlBulkRuns
from adapters.sql.bulk_shards import SqlBulkShards
from documents import (
    CLOCK,
    a_result,
    a_shard,
    an_artifact,
    checked_rows,
    stored_run,
)
from domain.documents.bulk_run import (
    BulkRowNotFound,
    BulkRun,
    BulkRunNotFound,
    Correction,
    DocumentExpired,
    RowCounts,
    RowHasNoDocument,
    RowStatus,
    RunPhase,
    RunStatus,
)
from domain.documents.run_options import DocumentFormat, Output, RunOptions
from domain.documents.shards import Settled, Shard, ShardNotFound, Slice
from domain.identity.access import Actor, Role
from domain.jobs.job import JobId
from domain.kernel.pages import PageRequest
from tenants import NEW, Tenants

MOVED = Slice(key="new", offset=7, length=9)


async def a_rendering_run(
    session: AsyncSession, actor: Actor, *, rows: int = 6, invalid: frozenset[int] = frozenset()
) -> tuple[BulkRun, list[Shard]]:
    """Two shards of half the rows each; committed."""
    run = await stored_run(session, actor)
    half = rows // 2
    shards = [
        a_shard(0, 1, half, rows=half - len([n for n in invalid if n <= half])),
        a_shard(1, half + 1, rows, rows=half - len([n for n in invalid if n > half])),
    ]
    await SqlBulkShards(session).plan(run, shards)
    for shard in shards:
        checked = checked_rows(shard.first_row, shard.last_row, shard=shard.number, invalid=invalid)
        await SqlBulkRows(session).take_in(run, checked)
    counts = await SqlBulkRows(session).counts(run)
    run.took_in(counts, shards=2, now=CLOCK.now())
    await session.commit()
    return run, shards


async def settle(
    session: AsyncSession, run: BulkRun, shard: Shard, failed: frozenset[int] = frozenset()
) -> Settled:
    """With an artifact; commits unless it came too late."""
    result = a_result(shard, failed=failed)
    settled = await SqlBulkShards(session).settle(run, shard, result, CLOCK.now())
    if settled is Settled.TOO_LATE:
        await session.rollback()
        await session.refresh(run)
        return settled
    actor = Actor(user_id=run.created_by, workspace_id=run.workspace_id, role=Role.EDITOR)
    artifact = an_artifact(actor)
    await SqlArtifacts(session).add(artifact)
    await SqlBulkShards(session).attach(run, shard, artifact.id)
    await session.commit()
    return settled


async def test_a_committed_run_comes_back_whole(tenants: Tenants) -> None:
    actor = tenants.actor()
    corrections = (Correction(row_number=3, values={"City": "Paris", "Note": None}),)
    options = RunOptions(output=Output.BOTH, mapping={"city": "City"})
    async with tenants.session(actor) as session:
        run = await stored_run(session, actor, corrections=corrections, options=options)
        await session.commit()

    async with tenants.session(actor) as session:
        found = await SqlBulkRuns(session).get(actor.workspace_id, run.id)

    assert found is not run
    for name in BulkRun.__dataclass_fields__:
        assert getattr(found, name) == getattr(run, name), name


async def test_a_run_of_another_workspace_does_not_exist(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    async with tenants.session(actor, worker=True) as session:
        run, _ = await a_rendering_run(session, actor)

    async with tenants.session(stranger) as session:
        with pytest.raises(BulkRunNotFound):
            await SqlBulkRuns(session).get(actor.workspace_id, run.id)
        with pytest.raises(BulkRunNotFound):
            await SqlBulkRuns(session).progress(actor.workspace_id, run.id)
        assert await SqlBulkRows(session).counts(run) == RowCounts()


async def test_runs_are_listed_by_template_and_status(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        first, second = [await stored_run(session, actor) for _ in range(2)]
        second.cancel(CLOCK.now())
        await session.commit()
        runs = SqlBulkRuns(session)

        async def listed(**filters: object) -> list[object]:
            wanted = {"template_id": None, "status": None} | filters
            page = await runs.page(actor.workspace_id, **wanted, request=PageRequest())  # type: ignore[arg-type]
            return [line.id for line in page.items]

        assert await listed() == [second.id, first.id]
        assert await listed(status=RunStatus.CANCELLED) == [second.id]
        assert await listed(template_id=first.template_id) == [first.id]


async def test_rows_are_counted_as_they_were_checked(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, _ = await a_rendering_run(session, actor, invalid=frozenset({2, 5}))

        assert await SqlBulkRows(session).counts(run) == RowCounts(total=6, invalid=2)
        assert (run.phase, run.shards) == (RunPhase.RENDERING, 2)


async def test_the_last_shard_to_settle_is_told_and_the_run_counts_once(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (first, second) = await a_rendering_run(session, actor)

        assert await settle(session, run, second, frozenset({5})) is Settled.GOES_ON
        assert await settle(session, run, second) is Settled.TOO_LATE
        assert await settle(session, run, first) is Settled.LAST

        found = await SqlBulkRuns(session).get(actor.workspace_id, run.id)
        assert found.counts == RowCounts(total=6, ok=5, failed=1)
        assert (found.shards_done, found.phase) == (2, RunPhase.ASSEMBLY)
        progress = await SqlBulkRuns(session).progress(actor.workspace_id, run.id)
        assert progress.eta_seconds == 0


async def test_a_shard_of_a_cancelled_run_comes_too_late(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (shard, _) = await a_rendering_run(session, actor)
        locked = await SqlBulkRuns(session).get(actor.workspace_id, run.id, lock=True)
        locked.cancel(CLOCK.now())
        await session.commit()

        assert await settle(session, run, shard) is Settled.TOO_LATE

        assert await SqlBulkRows(session).counts(run) == RowCounts(total=6)


async def test_a_shard_whose_rows_are_not_waiting_comes_too_late(tenants: Tenants) -> None:
    """Two attempts at one shard can never both count."""
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (shard, _) = await a_rendering_run(session, actor)
        await SqlBulkRows(session).take_in(run, checked_rows(3, 3, shard=1))
        await session.commit()

        assert await settle(session, run, shard) is Settled.TOO_LATE


async def test_taking_rows_in_again_leaves_finished_ones_alone(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (first, second) = await a_rendering_run(session, actor)
        await settle(session, run, first, frozenset({2}))
        await settle(session, run, second)
        rows = SqlBulkRows(session)
        assert await rows.unfinished(run) == (2,)
        assert set(await rows.names_taken(run)) == {f"Letter {n}" for n in (1, 3, 4, 5, 6)}

        run = await SqlBulkRuns(session).get(actor.workspace_id, run.id)
        run.round = 2
        await rows.take_in(run, checked_rows(1, 6, shard=0))

        assert await rows.counts(run) == RowCounts(total=6, ok=5)
        assert (await rows.get(run, 2)).round == 2
        assert (await rows.get(run, 1)).round == 1


async def test_planning_a_shard_again_moves_its_input_only_while_it_waits(
    tenants: Tenants,
) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (first, second) = await a_rendering_run(session, actor)
        await settle(session, run, first)
        moved = [
            a_shard(n, s.first_row, s.last_row, input=MOVED) for n, s in enumerate((first, second))
        ]
        await SqlBulkShards(session).plan(run, moved)

        settled, waiting = [await SqlBulkShards(session).get(run, n) for n in (0, 1)]
        assert (settled.input, waiting.input) == (first.input, MOVED)
        with pytest.raises(ShardNotFound):
            await SqlBulkShards(session).get(run, 7)


async def test_rows_are_listed_by_number_and_status(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (first, _) = await a_rendering_run(session, actor, invalid=frozenset({5}))
        await settle(session, run, first, frozenset({2}))
        rows = SqlBulkRows(session)

        async def numbers(status: RowStatus | None) -> list[int]:
            page = await rows.page(run, status=status, request=PageRequest())
            return [row.row_number for row in page.items]

        assert await numbers(None) == [1, 2, 3, 4, 5, 6]
        assert await numbers(RowStatus.OK) == [1, 3]
        assert await numbers(RowStatus.FAILED) == [2]
        assert await numbers(RowStatus.INVALID) == [5]
        assert await numbers(RowStatus.PENDING) == [4, 6]
        page = await rows.page(run, status=None, request=PageRequest(limit=4))
        assert page.next == (4,)


async def test_a_row_without_a_document_says_why(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (first, _) = await a_rendering_run(session, actor, invalid=frozenset({5}))
        await settle(session, run, first, frozenset({2}))
        rows = SqlBulkRows(session)

        refused = await rows.get(run, 5)
        assert refused.errors == ({"field": "city", "message": "is missing"},)
        for number, status in ((2, "failed"), (4, "pending"), (5, "invalid")):
            with pytest.raises(RowHasNoDocument) as told:
                await rows.document(run, number, None)
            assert told.value.facts["row_status"] == status
        with pytest.raises(RowHasNoDocument):
            await rows.document(run, 1, DocumentFormat.PDF)
        with pytest.raises(BulkRowNotFound):
            await rows.document(run, 99, None)


async def test_a_document_is_a_range_of_its_shard_until_retention_takes_it(
    tenants: Tenants,
) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (first, _) = await a_rendering_run(session, actor)
        await settle(session, run, first)
        rows = SqlBulkRows(session)

        document = await rows.document(run, 3, None)
        assert (document.file_name, document.place.offset, document.place.length) == (
            "Letter 3.docx",
            230,
            70,
        )
        assert (await rows.input(run, 3)).number == 0

    tenants.ask("UPDATE bulk_shards SET artifact_id = NULL RETURNING 1")
    async with tenants.session(actor) as session:
        with pytest.raises(DocumentExpired):
            await SqlBulkRows(session).document(run, 3, None)


async def test_an_archive_takes_shards_of_all_rounds_in_order(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (first, second) = await a_rendering_run(session, actor)
        await settle(session, run, second)
        await settle(session, run, first, frozenset({1, 2, 3}))

        objects = await SqlBulkShards(session).objects(run)

        assert [(each.members, each.members_size, each.size) for each in objects] == [(3, 300, 330)]


async def test_the_report_reads_all_rows_a_page_at_a_time(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        run, (first, _) = await a_rendering_run(session, actor, invalid=frozenset({5}))
        await settle(session, run, first, frozenset({2}))
        rows = SqlBulkRows(session)

        lines, last = await rows.report(run, after=0, limit=4)
        more, end = await rows.report(run, after=last, limit=4)
        nothing, over = await rows.report(run, after=end, limit=4)

    read = [msgspec.json.decode(line) for line in (lines + more).splitlines()]
    assert [(row["n"], row["s"]) for row in read] == [
        (1, "ok"), (2, "failed"), (3, "ok"), (4, "pending"), (5, "invalid"), (6, "pending"),
    ]  # fmt: skip
    assert (read[0]["f"], read[0]["dx"], read[1]["m"]) == ("Letter 1", 70, "no city")
    assert (read[0]["en"], read[4]["en"]) == ("docx", None)
    assert (nothing, over) == (b"", 0)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.OWNER])
async def test_people_read_rows_and_never_write_them(tenants: Tenants, role: Role) -> None:
    owner = tenants.actor(Role.OWNER)
    person = tenants.actor(role, workspace=owner.workspace_id)
    async with tenants.session(owner, worker=True) as session:
        run, (first, _) = await a_rendering_run(session, owner)

    async with tenants.session(person) as session:
        assert (await SqlBulkRows(session).counts(run)).total == 6
        with pytest.raises(Exception, match="permission denied"):
            await SqlBulkRows(session).take_in(run, checked_rows(7, 8))
    async with tenants.session(person) as session:
        with pytest.raises(Exception, match="permission denied"):
            await SqlBulkShards(session).plan(run, [first])


async def test_a_run_that_no_job_works_on_is_ended_and_others_are_not(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor, worker=True) as session:
        dead, alive, unwanted, recent = [await stored_run(session, actor) for _ in range(4)]
        for run, status, cancelled in ((alive, "queued", False), (unwanted, "cancelled", True)):
            run.root_job_id = JobId(NEW())
            tenants.ask(
                "INSERT INTO jobs (id, workspace_id, root_id, kind, queue, subject, payload,"
                " status, cancel_at, finished_at)"
                " VALUES (%s, %s, %s, 'k', 'cpu', %s, '{}', %s, %s, %s) RETURNING 1",
                *(run.root_job_id, actor.workspace_id, run.root_job_id, run.id, status),
                *(2 * [CLOCK.now() if cancelled else None]),
            )
        for run in (dead, alive, unwanted):
            run.updated_at = datetime.now(UTC) - timedelta(minutes=3)
        recent.updated_at = datetime.now(UTC)
        await session.commit()

        ended = await SqlBulkRuns(session).end_stalled(timedelta(minutes=2))
        await session.commit()

        found = [await SqlBulkRuns(session).get(actor.workspace_id, run.id) for run in
                 (dead, alive, unwanted, recent)]  # fmt: skip
    assert ended >= 2  # with those that other tests left behind
    assert [run.status for run in found] == ["failed", "queued", "cancelled", "queued"]
    assert found[0].error is not None
    assert found[0].error.code == "documents.run-gave-up"
