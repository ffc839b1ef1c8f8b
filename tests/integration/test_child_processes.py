"""Children work, fail in known ways, and take nothing with them."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.runtime.children import Children
from adapters.runtime.failures import (
    ChildCrashed,
    ChildFailed,
    ChildFileTooLarge,
    ChildMessageTooLarge,
    ChildNotStarted,
    ChildOutOfCpu,
    ChildOutOfMemory,
    ChildrenBusy,
    ChildTimedOut,
)
from adapters.runtime.limits import MIB, ChildKind, Limits
from child_methods import TooSilly

KIND = ChildKind(name="test", target="child_methods:methods", limits=Limits(wall_seconds=20))


@pytest.fixture(scope="module")
async def children(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Children]:
    kinds = [
        replace(KIND, settings={"greeting": "Good day"}),
        replace(KIND, name="two", processes=2),
        replace(KIND, name="broken", target="child_methods:broken"),
        replace(KIND, name="missing", target="child_methods:nowhere"),
        replace(KIND, name="brief", limits=Limits(wall_seconds=0.3)),
        replace(KIND, name="small", limits=Limits(frame_bytes=1000, file_bytes=1000)),
        replace(KIND, name="slim", limits=Limits(memory_bytes=200 * MIB)),
        replace(KIND, name="lazy", limits=Limits(cpu_seconds=1)),
        replace(KIND, name="fresh", limits=Limits(recycle_after_calls=2)),
        replace(KIND, name="grown", limits=Limits(recycle_above_bytes=100 * MIB)),
    ]
    async with Children(kinds, tmp_path_factory.mktemp("children")) as children:
        yield children


def gone(pid: int) -> bool:
    """Neither running nor a zombie."""
    return not Path(f"/proc/{pid}").exists()


async def test_a_call_is_answered_with_the_settings_of_its_kind(children: Children) -> None:
    assert await children.call("test", "greet", "Ada", returns=str) == "Good day, Ada"


async def test_a_child_stays_warm_between_calls(children: Children) -> None:
    assert await children.call("test", "pid") == await children.call("test", "pid")


async def test_parts_of_an_answer_arrive_in_order_before_it(children: Children) -> None:
    parts: list[int] = []

    async def each(part: int) -> None:
        parts.append(part)

    async with children.lease("test") as child:
        answer = await child.call("count", 500, each=each, items=int)

    assert (parts, answer) == (list(range(500)), "done")


async def test_large_payloads_cross_both_ways(children: Children) -> None:
    payload = os.urandom(8 * MIB)

    assert await children.call("test", "echo", payload) == payload


async def test_a_refusal_keeps_class_code_message_and_facts(children: Children) -> None:
    before = await children.call("test", "pid")

    with pytest.raises(TooSilly) as refused:
        await children.call("test", "refuse", "This")

    assert refused.value.code == "tests.too-silly"
    assert str(refused.value) == "This is too silly."
    assert refused.value.facts == {"joke": "This", "level": 11}
    assert await children.call("test", "pid") == before


async def test_a_defect_is_told_apart_from_a_refusal_and_shows_no_values(
    children: Children,
) -> None:
    with pytest.raises(ChildFailed) as failed:
        await children.call("test", "break")

    notes = "\n".join(failed.value.__notes__)
    assert "KeyError" in notes
    assert "a secret value" not in notes + str(failed.value)


async def test_an_unknown_method_is_a_defect(children: Children) -> None:
    with pytest.raises(ChildFailed):
        await children.call("test", "nonsense")


@pytest.mark.parametrize(
    ("method", "facts"),
    [
        ("segfault", {"signal": "SIGSEGV"}),
        ("killed", {"signal": "SIGKILL"}),
        ("leave", {"exit_code": 7}),
    ],
)
async def test_a_crash_is_an_error_and_the_next_call_gets_a_new_child(
    children: Children, method: str, facts: dict[str, object]
) -> None:
    before = await children.call("test", "pid")

    with pytest.raises(ChildCrashed) as crashed:
        await children.call("test", method)

    assert (crashed.value.code, crashed.value.facts) == ("runtime.child-crashed", facts)
    assert gone(before)
    assert await children.call("test", "pid") != before


async def test_a_child_killed_while_it_idles_is_replaced(children: Children) -> None:
    before = await children.call("test", "pid")
    os.kill(before, 9)
    await until(lambda: gone(before))
    await asyncio.sleep(0.01)  # the loop takes note

    assert await children.call("test", "greet", "Ada") == "Good day, Ada"


async def test_what_is_not_a_message_ends_the_child(children: Children) -> None:
    with pytest.raises(ChildCrashed):
        await children.call("test", "garbage")


async def test_print_does_not_disturb_the_messages(children: Children) -> None:
    assert await children.call("test", "print") is None


@pytest.mark.parametrize("kind", ["broken", "missing"])
async def test_a_child_that_cannot_start_says_why_in_its_notes(
    children: Children, kind: str
) -> None:
    with pytest.raises(ChildNotStarted) as refused:
        await children.call(kind, "greet", "Ada")

    assert any("Error" in note for note in refused.value.__notes__)


async def test_wall_time_is_limited(children: Children) -> None:
    before = await children.call("brief", "pid")

    with pytest.raises(ChildTimedOut):
        await children.call("brief", "sleep", 30)

    assert gone(before)


async def test_cpu_time_is_limited(children: Children) -> None:
    with pytest.raises(ChildOutOfCpu):
        await children.call("lazy", "spin")


async def test_cpu_time_counts_per_call(children: Children) -> None:
    for _ in range(3):
        with pytest.raises(ChildFailed):
            await children.call("lazy", "nonsense")


async def test_memory_is_limited(children: Children) -> None:
    with pytest.raises(ChildOutOfMemory) as refused:
        await children.call("slim", "hog")

    assert refused.value.facts == {"limit": 200 * MIB}


async def test_file_size_is_limited(children: Children) -> None:
    with pytest.raises(ChildFileTooLarge):
        await children.call("small", "write", ("big", 5000))


async def test_message_size_is_limited_both_ways(children: Children) -> None:
    with pytest.raises(ChildMessageTooLarge):
        await children.call("small", "echo", "x" * 2000)
    with pytest.raises(ChildMessageTooLarge):
        await children.call("small", "large", 2000)

    assert await children.call("small", "echo", "x") == "x"


async def test_cancelling_kills_the_child_and_what_it_started(children: Children) -> None:
    async with children.lease("test") as child:
        pid = await child.call("pid", returns=int)
        grandchild = await child.call("offspring", returns=int)
        call = asyncio.create_task(child.call("sleep", 60.0))
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert gone(pid)
        await until(lambda: not running(grandchild))
        assert await child.call("greet", "Ada") == "Good day, Ada"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens soon, but in another process."""
    for _ in range(1000):
        await asyncio.sleep(0.01)
        if condition():
            return
    pytest.fail("it did not happen")


def running(pid: int) -> bool:
    """Not gone and not waiting to be reaped by init, whose child it is by now."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status != "Z"


async def test_a_failing_consumer_ends_the_call_with_its_own_error(children: Children) -> None:
    async def each(part: int) -> None:
        raise TooSilly("Consumer")

    async with children.lease("test") as child:
        with pytest.raises(TooSilly):
            await child.call("count", 100_000, each=each)

        assert await child.call("greet", "Ada") == "Good day, Ada"


async def test_children_are_replaced_after_so_many_calls(children: Children) -> None:
    pids = [await children.call("fresh", "pid") for _ in range(4)]

    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert gone(pids[0])


async def test_children_that_grew_are_replaced(children: Children) -> None:
    before = await children.call("grown", "pid")
    await children.call("grown", "keep", 150 * MIB)

    assert await children.call("grown", "pid") != before


async def test_work_waits_for_a_free_child_but_not_for_ever(children: Children) -> None:
    async with children.lease("two"), children.lease("two"):
        with pytest.raises(ChildrenBusy):
            async with children.lease("two", patience=0.05):
                pytest.fail("there was no free child")

    async with children.lease("two", patience=0.05) as child:
        assert await child.call("echo", 1) == 1


async def test_a_lease_that_is_cancelled_is_handed_back_empty(children: Children) -> None:
    async def hold(ready: asyncio.Event) -> None:
        async with children.lease("test") as child:
            for number in range(2_000):
                (child.scratch / str(number)).touch()
            ready.set()

    ready = asyncio.Event()
    holder = asyncio.create_task(hold(ready))
    await ready.wait()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder

    async with children.lease("test") as child:
        assert list(child.scratch.iterdir()) == []


async def test_a_child_does_one_call_at_a_time(children: Children) -> None:
    async with children.lease("test") as child:
        await child.call("pid")
        first = asyncio.create_task(child.call("sleep", 0.1))
        await asyncio.sleep(0.02)
        with pytest.raises(RuntimeError):
            await child.call("pid")
        await first


async def test_scratch_is_shared_during_a_lease_and_empty_at_the_next(children: Children) -> None:
    async with children.lease("test") as child:
        (child.scratch / "in.txt").write_bytes(b"in")
        assert await child.call("read", "in.txt") == b"in"
        await child.call("write", ("out.txt", 3))
        assert (child.scratch / "out.txt").read_bytes() == b"xxx"
        (child.scratch / "deep").mkdir()
        (child.scratch / "deep" / "link").symlink_to("/etc")

    async with children.lease("test") as child:
        assert list(child.scratch.iterdir()) == []
