"""What a built wheel holds: our four packages, their data, and nothing of anybody else's."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from entrypoints import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The members of the wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    assert wheel.name == f"atelier-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def test_it_holds_our_four_packages_alone(names: set[str]) -> None:
    folders = {name.split("/")[0] for name in names if ".dist-info/" not in name}

    assert folders == {"domain", "application", "adapters", "entrypoints"}


def test_it_holds_every_file_of_theirs(names: set[str]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "src"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    missing = {name.removeprefix("src/") for name in listed.stdout.splitlines()} - names

    assert not {name for name in missing if (ROOT / "src" / name).exists()}


def test_it_installs_the_command(names: set[str]) -> None:
    assert f"atelier-{__version__}.dist-info/entry_points.txt" in names
