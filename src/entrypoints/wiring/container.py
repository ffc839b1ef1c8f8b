"""The object graph of every process: one provider a context, added here."""

from dishka import AsyncContainer, Provider, make_async_container

from entrypoints.settings import Settings
from entrypoints.wiring.ai import Ai
from entrypoints.wiring.documents import Documents
from entrypoints.wiring.files import Files
from entrypoints.wiring.identity import Identity
from entrypoints.wiring.jobs import Jobs
from entrypoints.wiring.notes import Notes
from entrypoints.wiring.platform import Platform

PROVIDERS = (Platform, Identity, Files, Jobs, Ai, Documents, Notes)


def build_container(settings: Settings, *extra: Provider) -> AsyncContainer:
    """`extra` adds to the graph, or overrides what it has: the process's own, and tests'."""
    own = (provider() for provider in PROVIDERS)
    return make_async_container(*own, *extra, context={Settings: settings})
