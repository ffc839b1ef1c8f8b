"""Notes: engines that open media in child processes."""

from collections.abc import AsyncIterator
from typing import NewType

from dishka import Provider, Scope, provide

from adapters.media.engine import ChildMediaEngine
from adapters.media.pools import media_kind
from adapters.runtime.children import Children
from domain.artifacts.ports import BlobStore
from domain.notes.ports import MediaEngine
from entrypoints.children import MEDIA
from entrypoints.settings import Settings

MediaChildren = NewType("MediaChildren", Children)
_AT_ONCE = 4  # files open at the same time in one process


class Notes(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    async def media_children(self, settings: Settings) -> AsyncIterator[MediaChildren]:
        """They start when first needed, one for each file."""
        async with Children([media_kind(MEDIA, processes=_AT_ONCE)], settings.scratch_dir) as pool:
            yield MediaChildren(pool)

    @provide(scope=Scope.APP)
    def media_engine(
        self, children: MediaChildren, blobs: BlobStore, settings: Settings
    ) -> MediaEngine:
        return ChildMediaEngine(children, blobs, settings.longest_video_hours * 3_600_000)
