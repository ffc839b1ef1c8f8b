"""However a parent ends, its children end with it."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

PARENT = """
import asyncio, sys
from pathlib import Path
from adapters.runtime.children import Children
from adapters.runtime.limits import ChildKind

async def main():
    kinds = [ChildKind(name="test", target="child_methods:methods", processes=2)]
    async with Children(kinds, Path(sys.argv[1])) as children:
        async with children.lease("test") as idle, children.lease("test") as busy:
            print(await idle.call("pid"), await busy.call("pid"), flush=True)
            if sys.argv[2] == "stay":
                await busy.call("sleep", 60.0)

asyncio.run(main())
"""


def a_parent(folder: Path, *, stay: bool, user: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), str(folder), "stay" if stay else "go"],
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.defpath},
        cwd=folder,
    )


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def reachable(*, user: int) -> bool:
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import adapters"], user=user, cwd="/", check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def first_line(parent: subprocess.Popen[str]) -> list[int]:
    assert parent.stdout is not None
    return [int(pid) for pid in parent.stdout.readline().split()]


def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with a_parent(tmp_path, stay=True) as parent:
        pids = first_line(parent)
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)

        parent.send_signal(signal.SIGKILL)
        parent.wait()

        deadline = time.monotonic() + 10
        while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert not any(alive(pid) for pid in pids)


def test_the_next_process_removes_the_scratch_of_a_killed_one(tmp_path: Path) -> None:
    with a_parent(tmp_path, stay=True) as parent:
        first_line(parent)
        parent.kill()
        parent.wait()
    left = set(tmp_path.iterdir())
    assert left

    with a_parent(tmp_path, stay=False) as parent:
        first_line(parent)
        assert parent.wait() == 0

    assert not set(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_children_work_for_a_user_without_powers(tmp_path: Path) -> None:
    nobody = 65534
    if not reachable(user=nobody):
        pytest.skip("this interpreter is in a folder that only root may enter")
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, nobody, nobody)
    for place in (folder, *folder.parents):  # pytest's folders are private
        if place.stat().st_uid == 0 and place.is_relative_to("/tmp") and place != Path("/tmp"):
            place.chmod(0o755)

    with a_parent(folder, stay=False, user=nobody) as parent:
        pids = first_line(parent)
        code = parent.wait()

    assert (len(pids), code) == (2, 0)
