"""The shell script on a small checkout of its own: what it makes, repairs and refuses."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "atelier"
PROGRAM = """
import os, sys
print(os.environ["ATELIER_HOME"], sys.argv[1:], sys.prefix)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path with spaces, no packages to install, and a command that tells what it was given."""
    folder = tmp_path_factory.mktemp("a path with spaces") / "checkout"
    package = folder / "src" / "entrypoints" / "cli"
    package.mkdir(parents=True)
    for init in (package.parent / "__init__.py", package / "__init__.py"):
        init.touch()
    (package / "__main__.py").write_text(PROGRAM)
    for lock in ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock"):
        (folder / lock).touch()
    shutil.copy(SCRIPT, folder / "atelier")
    return folder


def run(
    script: Path, *arguments: str, cwd: Path | None = None, **environment: str
) -> "subprocess.CompletedProcess[str]":
    given = {
        "PATH": os.environ["PATH"],
        "ATELIER_PYTHON": sys.executable,
        "ATELIER_SYSTEM_PACKAGES": "no",
    } | environment
    return subprocess.run(
        [str(script), *arguments], cwd=cwd, env=given, capture_output=True, text=True, check=False
    )


def test_it_sets_up_once_and_then_just_runs(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv", ignore_errors=True)

    first = run(checkout / "atelier", "demo", "--json")
    second = run(checkout / "atelier", "x y", cwd=Path("/"))

    assert first.stdout.split(" [")[0] == str(checkout)
    assert "['demo', '--json']" in first.stdout
    assert str(checkout / ".venv") in first.stdout
    assert "installing packages from requirements.lock" in first.stderr
    assert ("['x y']" in second.stdout, second.stderr) == (True, "")


def test_several_at_once_wait_for_one_set_up(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv", ignore_errors=True)

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: run(checkout / "atelier"), range(3)))

    assert [each.returncode for each in done] == [0, 0, 0]
    assert sum("making .venv" in each.stderr for each in done) == 1


def test_a_set_up_that_was_interrupted_is_made_again(checkout: Path) -> None:
    run(checkout / "atelier")
    (checkout / ".venv" / "half-written").touch()
    (checkout / ".venv" / ".incomplete").touch()
    (checkout / ".venv" / ".stamp").unlink(missing_ok=True)
    (checkout / ".venv" / ".stamp-dev").unlink(missing_ok=True)

    repaired = run(checkout / "atelier")

    assert repaired.returncode == 0
    assert "making .venv" in repaired.stderr
    assert not (checkout / ".venv" / "half-written").exists()


def test_a_python_that_has_gone_is_replaced(checkout: Path) -> None:
    run(checkout / "atelier")
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python")

    assert run(checkout / "atelier").returncode == 0


def test_a_changed_lock_installs_again_and_tests_bring_their_tools(checkout: Path) -> None:
    run(checkout / "atelier")
    (checkout / "requirements.lock").write_text("# changed\n")

    changed = run(checkout / "atelier")
    tests = run(checkout / "atelier", "test")
    after = run(checkout / "atelier")

    assert "from requirements.lock" in changed.stderr
    assert "from requirements-dev.lock" in tests.stderr
    assert after.stderr == ""


def test_a_link_stands_for_the_checkout_and_no_module_of_the_folder_we_are_in_is_taken(
    checkout: Path, tmp_path: Path
) -> None:
    link = tmp_path / "bin" / "atelier"
    link.parent.mkdir()
    link.symlink_to(os.path.relpath(checkout / "atelier", link.parent.resolve()))
    evil = tmp_path / "entrypoints"
    evil.mkdir()
    (evil / "__init__.py").write_text("raise SystemExit('evil')")

    done = run(link, cwd=tmp_path)

    assert (done.returncode, str(checkout) in done.stdout) == (0, True)


def test_an_old_python_is_refused_by_name(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv", ignore_errors=True)

    refused = run(checkout / "atelier", ATELIER_PYTHON="/bin/false")

    assert refused.returncode == 1
    assert "ATELIER_PYTHON=/bin/false is no Python 3.11 or newer" in refused.stderr


def test_nothing_to_build_on_is_told(checkout: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkout / ".venv", ignore_errors=True)
    for tool in ("sh", "dirname", "cat", "cksum", "readlink"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)

    refused = run(checkout / "atelier", PATH=str(tmp_path), ATELIER_PYTHON="")

    assert refused.returncode == 1
    assert "needs Python 3.11 or newer" in refused.stderr
