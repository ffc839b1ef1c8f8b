"""Pages printed in child processes, on files of their scratch folders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.pages.messages import BundleCall, PrintCall
from adapters.runtime.children import Children, Lease
from adapters.runtime.files import read_file, write_file
from adapters.runtime.limits import MIB, ChildKind, Limits
from domain.artifacts.ports import BlobInfo, BlobStore
from domain.notes.ports import NotePrinter
from domain.notes.printing import Printed, PrintOrder

PAGES: Final = "pages"


def page_kind(target: str, processes: int) -> ChildKind:
    """`target` is the module and function that answers."""
    limits = Limits(wall_seconds=300, cpu_seconds=300, memory_bytes=1024 * MIB)
    return ChildKind(name=PAGES, target=target, processes=processes, limits=limits)


@dataclass(frozen=True, slots=True)
class ChildNotePrinter(NotePrinter):
    children: Children
    blobs: BlobStore

    async def print(self, order: PrintOrder) -> Printed:
        async with self.children.lease(PAGES) as child:
            call = PrintCall(
                title=order.title,
                markdown=order.markdown,
                language=order.language or "",
                pictures=dict(await self._fetched(child, order.pictures)),
            )
            await child.call("print", call)
            return Printed(
                html=await self._kept(child, call.html, order.html_key),
                docx=await self._kept(child, call.docx, order.docx_key),
                pdf=await self._kept(child, call.pdf, order.pdf_key),
            )

    async def bundle(self, files: Mapping[str, str], key: str) -> BlobInfo:
        async with self.children.lease(PAGES) as child:
            call = BundleCall(members=await self._fetched(child, files))
            await child.call("bundle", call)
            return await self._kept(child, call.target, key)

    async def _fetched(self, child: Lease, files: Mapping[str, str]) -> list[tuple[str, str]]:
        """Stored objects as files with names of our own."""
        fetched = []
        for number, (name, key) in enumerate(sorted(files.items())):
            fetched.append((name, f"file-{number}"))
            await write_file(child.scratch / f"file-{number}", self.blobs.open(key))
        return fetched

    async def _kept(self, child: Lease, name: str, key: str) -> BlobInfo:
        return await self.blobs.put(key, read_file(child.scratch / name))
