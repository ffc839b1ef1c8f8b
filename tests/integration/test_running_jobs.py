"""A job from the caller's transaction to its end, on the real engine."""

import asyncio

import pytest
import structlog

from adapters.runtime.failures import failure_of
from adapters.runtime.frames import Failed
from application.jobs import attempt
from domain.identity.access import Actor, Permission
from domain.jobs.outcome import Retry
from domain.jobs.system import SystemActor
from domain.kernel.errors import Invalid, Unavailable
from tenants import Tenants
from workshop import NEW, Hurry, Play, Stage, Workshop


class Wrong(Invalid):
    code = "test.wrong"


async def test_a_job_runs_as_its_actor_with_the_role_of_now(
    workshop: Workshop, tenants: Tenants
) -> None:
    actor, seen = tenants.actor(), list[Actor | SystemActor]()

    async def look(stage: Stage) -> None:
        seen.append(stage.actor)

    job = await workshop.enqueue(actor, workshop.part(look))
    workshop.do(
        "UPDATE memberships SET role = 'admin' WHERE user_id = %s AND workspace_id = %s",
        actor.user_id,
        actor.workspace_id,
    )
    await workshop.drain()

    assert [each.may(Permission.MEMBERS_ADMIN) for each in seen] == [True]
    assert workshop.job(job)["status"] == "success"
    assert workshop.events(job) == ["queued", "processing", "success"]


async def test_enqueueing_twice_is_the_same_job_and_one_ring(
    workshop: Workshop, tenants: Tenants
) -> None:
    actor, subject = tenants.actor(), NEW()

    first = await workshop.enqueue(actor, subject=subject)
    second = await workshop.enqueue(actor, subject=subject)
    rerun = await workshop.enqueue(actor, subject=subject, version=2)

    assert first == second != rerun
    assert [ring for ring in workshop.bell.rung if ring[1] == first] == [("io", first, 0)]


async def test_a_removed_members_job_fails(workshop: Workshop, tenants: Tenants) -> None:
    actor = tenants.actor()
    tenants.actor(workspace=actor.workspace_id)
    job = await workshop.enqueue(actor)
    workshop.do("DELETE FROM memberships WHERE user_id = %s", actor.user_id)

    await workshop.drain()

    assert workshop.job(job)["error"]["code"] == "identity.not-a-member"
    assert workshop.job(job)["attempt"] == 1


async def test_the_platform_runs_jobs_that_belong_to_nobody(workshop: Workshop) -> None:
    seen: list[Actor | SystemActor] = []

    async def look(stage: Stage) -> None:
        seen.append(stage.actor)

    job = await workshop.enqueue(SystemActor(), workshop.part(look))
    await workshop.drain()

    assert seen == [SystemActor()]
    assert workshop.job(job)["status"] == "success"


async def test_an_outage_is_retried_and_a_refusal_is_final(
    workshop: Workshop, tenants: Tenants
) -> None:
    actor = tenants.actor()

    async def flaky(stage: Stage) -> None:
        if stage.run.attempt < 2:
            raise Unavailable("The provider is down.")

    async def refusing(stage: Stage) -> None:
        raise Wrong("Row 3 lacks a name.", row=3)

    retried = await workshop.enqueue(actor, workshop.part(flaky))
    refused = await workshop.enqueue(actor, workshop.part(refusing))
    await workshop.drain()

    assert workshop.job(retried)["status"] == "success"
    assert workshop.events(retried) == ["queued", "processing"] * 3 + ["success"]
    assert workshop.job(refused)["error"] == {
        "code": "test.wrong",
        "message": "Row 3 lacks a name.",
        "facts": {"row": 3},
    }


async def test_a_surprise_is_tried_four_times_and_its_text_stays_inside(
    workshop: Workshop, tenants: Tenants
) -> None:
    async def broken(stage: Stage) -> None:
        raise ValueError("the secret is 42")

    job = await workshop.enqueue(tenants.actor(), workshop.part(broken))
    attempts = await workshop.drain()

    assert attempts == 4
    assert workshop.job(job)["status"] == "failed"
    assert workshop.job(job)["error"]["facts"] == {"type": "ValueError"}
    assert "42" not in str(workshop.job(job)["error"])


async def test_an_attempt_that_takes_too_long_is_stopped(
    workshop: Workshop, tenants: Tenants
) -> None:
    stopped = asyncio.Event()

    async def endless(stage: Stage) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    command = Hurry(part=workshop.part(endless).part)
    job = await workshop.enqueue(tenants.actor(), command)
    await workshop.drain()

    assert stopped.is_set()
    assert workshop.job(job)["error"]["code"] == "jobs.timed-out"


async def test_a_handler_may_ask_for_another_turn_free_of_charge(
    workshop: Workshop, tenants: Tenants
) -> None:
    turns: list[int] = []

    async def patient(stage: Stage) -> None:
        turns.append(stage.run.attempt)
        if len(turns) < 6:
            raise Retry(0.0, charge=False)

    job = await workshop.enqueue(tenants.actor(), workshop.part(patient))
    await workshop.drain()

    assert turns == [0] * 6
    assert workshop.job(job)["status"] == "success"


async def test_a_step_happens_once_and_later_attempts_get_its_result(
    workshop: Workshop, tenants: Tenants
) -> None:
    results: list[object] = []

    async def stepping(stage: Stage) -> None:
        async def effect() -> dict[str, int]:
            await stage.write("a")
            return {"n": 7}

        results.append(await stage.run.step("a", effect))
        if len(results) < 3:
            raise Unavailable("Later.")

    job = await workshop.enqueue(tenants.actor(), workshop.part(stepping))
    await workshop.drain()

    assert results == [{"n": 7}] * 3
    assert workshop.ask("SELECT count(*) FROM ledger WHERE job_id = %s", job) == 1


async def test_a_chain_of_jobs_is_one_run_with_one_gap_free_story(
    workshop: Workshop, tenants: Tenants
) -> None:
    actor = tenants.actor()

    async def second(stage: Stage) -> None:
        await stage.run.progress(50, {"rows": 10})

    async def first(stage: Stage) -> None:
        for shard in range(3):
            await stage.jobs.enqueue(
                stage.actor, more, subject=stage.run.id, shard=shard, root_id=stage.run.root_id
            )
        await stage.uow.commit()

    more = workshop.part(second)
    root = await workshop.enqueue(actor, workshop.part(first))
    await workshop.drain()

    assert workshop.ask("SELECT count(*) FROM jobs WHERE root_id = %s", root) == 4
    numbers = workshop.ask(
        "SELECT array_agg(run_seq ORDER BY run_seq) FROM job_events WHERE root_id = %s", root
    )
    assert numbers == list(range(1, 1 + 3 + 3 * 4))


async def test_progress_never_goes_back_and_joins_an_open_transaction(
    workshop: Workshop, tenants: Tenants
) -> None:
    async def working(stage: Stage) -> None:
        await stage.run.progress(40)
        await stage.run.progress(20, {"step": "later"})
        await stage.write("x")
        await stage.run.progress(90)
        assert workshop.job(stage.run.id)["progress"] == 40
        await stage.uow.commit()
        assert workshop.job(stage.run.id)["progress"] == 90

    job = await workshop.enqueue(tenants.actor(), workshop.part(working))
    await workshop.drain()

    assert workshop.job(job)["status"] == "success", workshop.job(job)["error"]
    assert workshop.job(job)["progress"] == 100
    assert workshop.events(job) == ["queued", "processing", *["progress"] * 3, "success"]


async def test_a_commit_without_the_lease_is_refused_and_leaves_no_trace(
    workshop: Workshop, tenants: Tenants
) -> None:
    async def robbed(stage: Stage) -> None:
        workshop.do(
            "UPDATE jobs SET status = 'queued', lease_until = NULL WHERE id = %s", stage.run.id
        )
        await stage.write("mine")
        await stage.uow.commit()

    job = await workshop.enqueue(tenants.actor(), workshop.part(robbed))
    async with workshop.engine() as engine:
        await engine.runner.start_due()
        await engine.runner.wait()

    assert workshop.ask("SELECT count(*) FROM ledger WHERE job_id = %s", job) == 0
    assert workshop.job(job)["status"] == "queued"
    workshop.do("DELETE FROM jobs WHERE id = %s", job)


async def test_a_failed_run_does_not_commit_what_it_began(
    workshop: Workshop, tenants: Tenants
) -> None:
    async def half(stage: Stage) -> None:
        await stage.write("half")
        raise Wrong("No.")

    job = await workshop.enqueue(tenants.actor(), workshop.part(half))
    await workshop.drain()

    assert workshop.ask("SELECT count(*) FROM ledger WHERE job_id = %s", job) == 0


async def test_a_cancellation_nobody_asked_for_is_a_failure_and_not_a_way_round_for_ever(
    workshop: Workshop, tenants: Tenants
) -> None:
    turns: list[int] = []

    async def stray(stage: Stage) -> None:
        turns.append(stage.run.attempt)
        future = asyncio.get_running_loop().create_future()
        future.cancel()  # as a library's own task group or pool may do
        await future

    job = await workshop.enqueue(tenants.actor(), workshop.part(stray))
    async with asyncio.timeout(30):
        await workshop.drain()

    assert turns == [0, 1, 2, 3]
    assert workshop.job(job)["status"] == "failed"
    assert workshop.job(job)["error"]["code"] == "jobs.interrupted"


async def test_a_defect_found_in_a_child_is_in_the_log_as_its_message_says(
    workshop: Workshop, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(stage: Stage) -> None:
        raise failure_of(Failed(reason="error", trace="KeyError"), file_bytes=1, frame_bytes=1)

    job = await workshop.enqueue(tenants.actor(), workshop.part(broken))
    kept = structlog.testing.LogCapture()  # a logger once used keeps the processors it had
    monkeypatch.setattr(attempt, "log", structlog.wrap_logger(None, processors=[kept]))
    await workshop.drain()

    assert "it has been logged" in workshop.job(job)["error"]["message"]
    (line,) = [each for each in kept.entries if each["event"] == "handler failed"]
    assert line["exc_info"].trace == "KeyError"


async def test_a_job_past_its_deadline_fails_unrun(workshop: Workshop, tenants: Tenants) -> None:
    job = await workshop.enqueue(tenants.actor())
    workshop.do("UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = %s", job)

    async with workshop.engine() as engine:
        assert await engine.runner.start_due() == 0
        await engine.board.reap()

    assert workshop.job(job)["error"]["code"] == "jobs.expired"


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'other'",
        "actor_id = NULL",
        "fence = fence + 1",
        "status = 'success', finished_at = now()",
    ],
)
async def test_the_database_refuses_what_no_engine_may_do(
    workshop: Workshop, tenants: Tenants, change: str
) -> None:
    job = await workshop.enqueue(tenants.actor(), Play())

    with pytest.raises(Exception, match=r"CONTEXT|never changes|fence grows|illegal"):
        workshop.do(f"UPDATE jobs SET {change} WHERE id = %s", job)
