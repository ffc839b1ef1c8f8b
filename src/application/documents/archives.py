"""The ZIP of a run: its shards' objects in a row, copied with flat memory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from domain.artifacts.ports import BlobInfo, BlobStore
from domain.documents.archive import Archive, RunSize
from domain.documents.bulk_run import DocumentExpired
from domain.documents.shards import ShardObject


@dataclass(frozen=True, slots=True)
class Archives:
    blobs: BlobStore

    async def build(self, objects: Sequence[ShardObject], key: str) -> BlobInfo:
        """Raises DocumentExpired when retention took a part of it."""
        if any(each.artifact_id is None for each in objects):
            raise DocumentExpired("Documents of this run were removed by retention.")
        return await self.blobs.put(key, self._content(objects))

    async def _content(self, objects: Sequence[ShardObject]) -> AsyncIterator[bytes]:
        archive = Archive(
            [
                RunSize(
                    members=each.members,
                    members_size=each.members_size,
                    directory_size=each.size - each.members_size,
                )
                for each in objects
            ]
        )
        for each in objects:
            async for block in self.blobs.open(each.key, length=each.members_size):
                yield block
        for index, each in enumerate(objects):
            stored = self.blobs.open(each.key, start=each.members_size)
            yield archive.directory(index, b"".join([block async for block in stored]))
        yield archive.end()
