"""The packs that come with the program, as they lie in its folders."""

from functools import cache
from pathlib import Path
from typing import Final

from domain.identity.access import WorkspaceId
from domain.prompts.pack import PackNotFound, PromptPack
from domain.prompts.ports import PromptPacks

_HERE: Final = Path(__file__).parent


class BuiltinPacks(PromptPacks):
    async def active(self, workspace_id: WorkspaceId, name: str) -> PromptPack:
        return builtin_pack(name)


@cache
def builtin_pack(name: str) -> PromptPack:
    """Raises PackNotFound."""
    folder = _HERE / name
    if not name.isidentifier() or not (folder / "VERSION").is_file():
        raise PackNotFound(f"There is no prompt pack {name}.")
    return PromptPack(
        name=name,
        version=(folder / "VERSION").read_text(encoding="utf-8").strip(),
        prompts={
            file.stem: file.read_text(encoding="utf-8").strip()
            for file in sorted(folder.glob("*.md"))
        },
    )
