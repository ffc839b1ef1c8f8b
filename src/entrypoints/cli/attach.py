"""Join a running `atelier up`: its services are found in the data directory."""

import os

from adapters.embedded.folder import DataFolder, State
from entrypoints.settings import Settings


def attached() -> Settings:
    """Our settings, completed by those of the supervisor that runs on our data directory."""
    settings = Settings.from_environment()
    state = running(settings)
    if state is None:
        return settings
    return Settings.from_environment({**state.environment, **os.environ})


def running(settings: Settings) -> State | None:
    return DataFolder(settings.data_dir).running()
