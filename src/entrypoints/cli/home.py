"""Where this copy of Atelier lies: migrations, tools and shipped files are found from there."""

import os
from pathlib import Path

from domain.kernel.errors import Invalid


class NotACheckout(Invalid):
    code = "cli.not-a-checkout"


def home() -> Path:
    """The folder with `pyproject.toml` and `migrations/`: ATELIER_HOME, else above this file."""
    given = os.environ.get("ATELIER_HOME")
    folder = Path(given) if given else Path(__file__).resolve().parents[3]
    if not (folder / "migrations").is_dir():
        raise NotACheckout(f"{folder} holds no migrations; name Atelier's folder in ATELIER_HOME.")
    return folder
