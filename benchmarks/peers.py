"""Tools the benchmarks compare with, installed at exact versions for the run, outside of git."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "atelier-benchmarks"


def python_with(*packages: str) -> Path:
    """A Python of its own that has these packages, `name==version` each."""
    home = CACHE / "-".join(package.replace("==", "_") for package in sorted(packages))
    python = home / "bin/python"
    if not (home / ".complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *packages], check=True)
        (home / ".complete").touch()
    return python


def node_with(*packages: str) -> Path:
    """A folder whose node_modules has these packages, `name@version` each."""
    home = CACHE / "-".join(package.replace("@", "_") for package in sorted(packages))
    if not (home / ".complete").exists():
        home.mkdir(parents=True, exist_ok=True)
        options = ["--no-package-lock", "--no-save", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(["npm", "install", *options, *packages], cwd=home, check=True)
        (home / ".complete").touch()
    return home


@dataclass(frozen=True)
class Office:
    """LibreOffice, and a Python that can talk to it."""

    program: str
    python: str

    @property
    def version(self) -> str:
        """As the program says it."""
        command = [self.program, "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def office() -> Office | None:
    """LibreOffice with its Python bridge; as root on Debian it is installed for the run."""
    found = _office()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        subprocess.run(
            [*install, "libreoffice-writer-nogui", "python3-uno"],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        found = _office()
    return found


def _office() -> Office | None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        return None
    # the bridge belongs to the Python LibreOffice was built for
    for python in (str(Path(program).resolve().with_name("python")), "/usr/bin/python3"):
        if (
            shutil.which(python)
            and not subprocess.run(
                [python, "-c", "import uno"], capture_output=True, check=False
            ).returncode
        ):
            return Office(program, python)
    return None
