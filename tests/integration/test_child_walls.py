"""A child sees, reads, writes and reaches nothing but what it was given."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.runtime.children import Children
from adapters.runtime.failures import ChildFailed
from adapters.runtime.limits import ChildKind

SHARED = "/" + "tmp"
KIND = ChildKind(name="test", target="child_methods:methods")


@pytest.fixture(scope="module")
async def children(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Children]:
    kinds = [KIND, replace(KIND, name="walled", unix_sockets=True)]
    async with Children(kinds, tmp_path_factory.mktemp("children")) as children:
        yield children


async def test_a_child_sees_no_environment_of_ours(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATELIER_SECRET", "canary")
    async with children.lease("test") as child:
        await child.close()
        environment = await child.call("environment", returns=dict[str, str])

    assert "canary" not in str(environment)
    assert set(environment) <= {
        *("PATH", "LANG", "LC_CTYPE", "HOME", "TMPDIR", "TZ"),
        *("PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"),
    }


async def test_a_child_cannot_write_outside_its_scratch(children: Children, tmp_path: Path) -> None:
    async with children.lease("test") as child:
        if (await child.isolation()).files != "landlock":
            pytest.skip("this kernel has no Landlock")
        for target in (tmp_path / "evil", child.scratch.parent / "evil", Path("../evil")):
            with pytest.raises(ChildFailed) as refused:
                await child.call("write", (str(target), 1))
            assert "PermissionError" in refused.value.__notes__[0]

    assert not (tmp_path / "evil").exists()


async def test_a_child_cannot_read_what_is_not_its_business(
    children: Children, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text("canary")
    async with children.lease("test") as child:
        if (await child.isolation()).files != "landlock":
            pytest.skip("this kernel has no Landlock")
        for secret in (str(tmp_path / "key.pem"), f"/proc/{os.getpid()}/environ"):
            with pytest.raises(ChildFailed) as refused:
                await child.call("read", secret)
            assert "PermissionError" in refused.value.__notes__[0]


async def test_a_child_reads_the_file_of_its_lease_and_the_next_one_does_not(
    children: Children, tmp_path: Path
) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.write_text("talk")
    other.write_text("canary")
    async with children.lease("test", readable=(mine,)) as child:
        first = await child.call("pid", returns=int)
        if (await child.isolation()).files != "landlock":
            pytest.skip("this kernel has no Landlock")
        assert await child.call("read", str(mine)) == b"talk"
        for refused, target in (("read", str(other)), ("write", (str(mine), 1))):
            with pytest.raises(ChildFailed):
                await child.call(refused, target)
    async with children.lease("test") as child:
        assert await child.call("pid", returns=int) != first
        with pytest.raises(ChildFailed):
            await child.call("read", str(mine))


@pytest.mark.parametrize("kind", ["test", "walled"])
async def test_a_child_reaches_no_listener(children: Children, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.1)
        async with children.lease(kind) as child:
            if (await child.isolation()).network == "open":
                pytest.skip("this system lets no process cut its network")
            outcome = await child.call("connect", ("inet", canary.getsockname()))
        with pytest.raises(TimeoutError):
            canary.accept()

    assert outcome != "connected"


async def test_a_child_reaches_no_unix_socket(children: Children, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as canary:
        canary.bind(str(tmp_path / "s"))
        canary.listen()
        canary.settimeout(0.1)
        outcome = await children.call("test", "connect", ("unix", str(tmp_path / "s")))
        with pytest.raises(TimeoutError):
            canary.accept()

    assert outcome == "PermissionError"


async def test_a_child_says_how_well_it_is_walled_off(children: Children) -> None:
    async with children.lease("test") as child:
        walls = await child.isolation()

    assert walls.network in {"namespace", "filter", "open"}
    assert walls.files in {"landlock", "open"}


FILTERED = """
import socket
from adapters.runtime import kernel_walls
assert kernel_walls.drop_powers() and kernel_walls.refuse_sockets(unix_sockets=True)
socket.socket(socket.AF_UNIX).close()
socket.socketpair()[0].close()
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
    try:
        socket.socket(family, socket.SOCK_RAW if family == socket.AF_NETLINK else 1)
    except PermissionError:
        print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is the Linux kernel's")
def test_the_filter_alone_cuts_the_network_where_no_namespace_is_to_be_had() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", FILTERED],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["refused"] * 3


@contextmanager
def scratch_elsewhere() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        yield scratch


async def test_a_child_that_may_make_sockets_cannot_remove_those_of_others() -> None:
    """It may remove files where it makes them, so that folder is one of its own."""
    with tempfile.NamedTemporaryFile(dir=SHARED) as others, scratch_elsewhere() as scratch:
        kinds = [replace(KIND, name="walled", unix_sockets=True)]
        async with Children(kinds, Path(scratch)) as children, children.lease("walled") as child:
            if (await child.isolation()).files != "landlock" or sys.prefix.startswith(SHARED):
                pytest.skip("this kernel has no such walls, or the project itself lies there")
            with pytest.raises(ChildFailed) as refused:
                await child.call("unlink", others.name)

        assert "FileNotFoundError" in refused.value.__notes__[0]
        others.flush()
