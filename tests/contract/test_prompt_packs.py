"""What every `PromptPacks` does: its prompts can be filled, or it says that there is none."""

from uuid import uuid4

import pytest

from adapters.packs.builtin import BuiltinPacks, builtin_pack
from application.notes.questions import PACK, about_note, about_passage, condensed
from domain.identity.access import WorkspaceId
from domain.notes.styles import STYLES, Style
from domain.notes.transcript import Segment
from domain.prompts.pack import PackNotFound, PromptPack

SEGMENT = Segment(number=7, start_ms=61_000, end_ms=62_000, text="{{ purpose }}", words=())


async def active() -> PromptPack:
    return await BuiltinPacks().active(WorkspaceId(uuid4()), PACK)


@pytest.mark.parametrize("style", STYLES.values(), ids=list(STYLES))
async def test_every_question_of_every_style_can_be_put(style: Style) -> None:
    pack = await active()

    passage = about_passage(pack, [SEGMENT], style, "German")
    note = about_note(pack, ["One."], ["Two."], style, "German")
    short = condensed(pack, ["One."], "German")

    for question in (passage, note, short):
        assert "{{" not in question.instructions
        assert "German" in question.instructions
    assert style.purpose in passage.instructions
    assert str(style.sentences) in note.instructions


async def test_what_is_said_stays_material() -> None:
    question = about_passage(await active(), [SEGMENT], STYLES["brief"], "English")

    assert question.material == "[7] 0:01:01 {{ purpose }}\n"
    assert question.material not in question.instructions


async def test_a_version_is_what_it_is() -> None:
    one, other = await active(), builtin_pack(PACK)

    assert (one.version, one.checksum) == (other.version, other.checksum)
    assert one.version.count(".") == 2


@pytest.mark.parametrize("name", ["nothing", "../packs", "", "notes/", "__pycache__"])
async def test_there_is_no_other_pack(name: str) -> None:
    with pytest.raises(PackNotFound):
        await BuiltinPacks().active(WorkspaceId(uuid4()), name)
