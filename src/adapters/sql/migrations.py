"""Bring a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def migrate(project: Path, url: str, revision: str = "head") -> None:
    """`url` is for a role that may become `atelier_owner`; `project` holds `migrations/`."""
    config = Config(toml_file=project / "pyproject.toml")
    config.attributes["url"] = url
    command.upgrade(config, revision)
