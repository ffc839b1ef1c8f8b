"""Tools the benchmarks compare with, installed at exact versions for the run, outside of git."""

import os
import subprocess
import sys
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
