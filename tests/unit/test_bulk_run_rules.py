"""Bulk runs: what may follow what, and what counts as success."""

import pytest

from documents import CLOCK, a_run, a_template
from domain.artifacts.artifact import ArtifactId
from domain.documents.bulk_run import (
    BulkRun,
    Correction,
    NoDocuments,
    NothingToRetry,
    RowCounts,
    RunAlreadyFinished,
    RunError,
    RunNotFinished,
    RunPhase,
    RunStatus,
    TooManyCorrections,
)
from domain.documents.run_options import Output, RunOptions, SheetSource
from domain.documents.shards import RunProgress
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from domain.jobs.job import JobId
from tenants import NEW

ACTOR = Actor(user_id=UserId(NEW()), workspace_id=WorkspaceId(NEW()), role=Role.EDITOR)
NOW = CLOCK.now()


def a_new_run(**options: object) -> BulkRun:
    return a_run(a_template(ACTOR), ACTOR, options=RunOptions(**options))  # type: ignore[arg-type]


def a_finished_run(counts: RowCounts) -> BulkRun:
    run = a_new_run()
    run.started(JobId(NEW()), NOW)
    run.took_in(RowCounts(total=counts.total, invalid=counts.invalid), shards=1, now=NOW)
    run.rows_ok, run.rows_failed = counts.ok, counts.failed
    run.finish(NOW)
    return run


def test_partial_success_is_success() -> None:
    run = a_finished_run(RowCounts(total=3, ok=1, invalid=1, failed=1))

    assert (run.status, run.phase, run.error) == (RunStatus.SUCCESS, RunPhase.DONE, None)


def test_a_run_without_a_single_document_failed_and_says_why() -> None:
    run = a_finished_run(RowCounts(total=2, invalid=2))

    assert run.status is RunStatus.FAILED
    assert run.error is not None
    assert run.error.code == "documents.no-row-succeeded"
    with pytest.raises(NoDocuments):
        run.require_documents()


def test_a_dry_run_succeeds_without_documents() -> None:
    run = a_new_run(dry_run=True)
    run.took_in(RowCounts(total=5, invalid=2), shards=0, now=NOW)
    assert run.phase is RunPhase.ASSEMBLY
    run.finish(NOW)

    assert run.status is RunStatus.SUCCESS


def test_what_is_over_is_over() -> None:
    run = a_finished_run(RowCounts(total=1, ok=1))

    acts = (
        lambda: run.cancel(NOW),
        lambda: run.finish(NOW),
        lambda: run.fail(RunError(code="x", message="y"), NOW),
        lambda: run.took_in(RowCounts(), shards=1, now=NOW),
    )
    for act in acts:
        with pytest.raises(RunAlreadyFinished):
            act()


def test_a_retry_begins_a_new_round_and_forgets_the_end_of_the_last() -> None:
    run = a_finished_run(RowCounts(total=3, ok=1, failed=2))
    sheet = SheetSource(artifact_id=ArtifactId(NEW()), file_name="corrected.csv")

    run.retry(NOW, sheet=sheet)

    assert (run.round, run.status, run.phase) == (2, RunStatus.QUEUED, RunPhase.INTAKE)
    assert (run.finished_at, run.root_job_id, run.sheet) == (None, None, sheet)


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_a_run_that_was_stopped_can_be_resumed(end: str) -> None:
    run = a_new_run()
    if end == "cancel":
        run.cancel(NOW)
    else:
        run.fail(RunError(code="documents.sheet-empty", message="Nothing in it."), NOW)

    run.retry(NOW)

    assert (run.round, run.error) == (2, None)


def test_there_is_nothing_to_retry_while_a_run_goes_on_or_when_all_is_done() -> None:
    with pytest.raises(RunNotFinished):
        a_new_run().retry(NOW)
    with pytest.raises(NothingToRetry):
        a_finished_run(RowCounts(total=2, ok=2)).retry(NOW)


def test_later_corrections_win_cell_by_cell() -> None:
    run = a_new_run()
    run.correct((Correction(row_number=7, values={"City": "Paris", "Zip": "1"}),))
    run.correct(
        (
            Correction(row_number=2, values={"City": "Rome"}),
            Correction(row_number=7, values={"Zip": None}),
        )
    )

    assert run.corrections == (
        Correction(row_number=2, values={"City": "Rome"}),
        Correction(row_number=7, values={"City": "Paris", "Zip": None}),
    )


def test_a_request_corrects_a_thousand_rows_at_most() -> None:
    many = tuple(Correction(row_number=n, values={}) for n in range(1, 1_002))

    with pytest.raises(TooManyCorrections):
        a_new_run().correct(many)


def test_rate_and_eta_follow_from_what_is_rendered() -> None:
    counts = RowCounts(total=1_000, ok=300, invalid=100, failed=100)
    progress = RunProgress(counts=counts, shards=10, shards_done=4, seconds=4.0)
    nothing = RunProgress(counts=RowCounts(), shards=0, shards_done=0, seconds=0.0)

    assert (progress.rows_per_second, progress.eta_seconds) == (100.0, 5.0)
    assert (nothing.rows_per_second, nothing.eta_seconds) == (0.0, None)


def test_pdf_shards_are_small_because_pdf_is_slow() -> None:
    assert [output.shard_rows() for output in Output] == [1_000, 100, 100]
